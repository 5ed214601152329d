// The calls: added as they come, found by filters, in an order.

import { summarise } from './summary.mjs';

/** The ways to order calls; each gives what is compared. */
const ORDERS = {
  start: (call) => call.started,
  outcome: (call) => call.outcome,
  target: (call) => call.target,
  call: (call) => `${call.api} ${call.place}`,
  answer: (call) => `${call.reason} ${call.status ?? ''}`,
  ms: (call) => call.ended ?? Infinity,
};

/** What filters choose among: fields of a summary. */
export const FIELDS = ['target', 'outcome', 'reason', 'api'];

/** All calls of a page; in a `live` one a session never repeats its name. */
export class Store {
  constructor({ live = false } = {}) {
    this.live = live;
    this.unfinished = new Set();
    this.calls = [];
    this.targets = {};
    this.records = new Map();
    this.open = new Map();
    this.runs = new Map();
    this.nths = new Map();
  }

  /**
   * Takes records in. The record of a call that had not ended is replaced by a later one of it.
   *
   * `reread(at)` gets a record back later, for whoever does not want all of them held in memory.
   * `now` is the epoch at which calls that have not ended were seen.
   */
  add(records, reread, now) {
    records.forEach((record, at) => {
      const name = JSON.stringify([record.target, record.session, record.id]);
      const known = this.open.get(name);
      const call = known ? this.replace(known, record, now) : this.append(record, now);
      this.records.set(call, reread ? () => reread(at) : () => record);
      const going = call.outcome === 'unfinished';
      if (going || this.live) this.open.set(name, call);
      else this.open.delete(name);
      this.unfinished[going ? 'add' : 'delete'](call);
    });
  }

  /** Lets the bars of calls that have not ended reach a moment; whether there are any comes back. */
  grow(now) {
    for (const call of this.unfinished) {
      call.last = Math.max(call.last, now - call.started);
      if (call.phases.length) call.phases.at(-1).to = call.last;
    }
    return this.unfinished.size > 0;
  }

  replace(known, record, now) {
    return Object.assign(known, summarise(record, known.run, now), { nth: known.nth });
  }

  append(record, now) {
    const call = summarise(record, this.runOf(record), now);
    const name = JSON.stringify([call.target, call.run, call.api, call.place]);
    call.nth = (this.nths.get(name) ?? 0) + 1;
    this.nths.set(name, call.nth);
    this.calls.push(call);
    return call;
  }

  /** The run of a record: a seeded session repeats its name, and begins again at 1. */
  runOf({ target, session, id }) {
    const name = JSON.stringify([target, session]);
    const { number, last } = this.runs.get(name) ?? { number: 1, last: -Infinity };
    const again = Number(id) <= last ? number + 1 : number;
    this.runs.set(name, { number: again, last: Number(id) });
    return `${again} ${session}`;
  }

  /** The whole record of a call, as a promise. */
  async record(call) {
    return this.records.get(call)();
  }

  /** How many calls a host runs at once with this API: null for no cap, undefined if unknown. */
  cap(call) {
    if (call.cap !== undefined) return call.cap;
    const limits = this.targets[call.target]?.limits;
    return limits && (Object.hasOwn(limits, call.api) ? limits[call.api] : limits['']);
  }

  /** What a target is called in words. */
  title(target) {
    return this.targets[target]?.title ?? '';
  }

  /**
   * The calls that hold every word and meet every filter, in an order, and for each field how many
   * calls each of its values would leave.
   */
  find({ words, filters, order, down }) {
    const worded = words.length ? this.calls.filter((call) => holds(call, words)) : this.calls;
    const by = ORDERS[order];
    const sign = down ? -1 : 1;
    const calls = worded.filter((call) => FIELDS.every((field) => meets(call, field, filters)));
    calls.sort((a, b) => sign * compared(by(a), by(b)));
    const counts = FIELDS.map((field) => [field, countsOf(field, worded, filters)]);
    return { calls, counts: Object.fromEntries(counts) };
  }

  /** The same call on other targets: to the same place, the n-th time, in the latest run there. */
  peers(call) {
    const found = new Map();
    for (const other of this.calls) if (alike(other, call)) found.set(other.target, other);
    found.delete(call.target);
    return [...found.values()];
  }
}

function alike(a, b) {
  return kind(a.api) === kind(b.api) && a.place === b.place && a.nth === b.nth;
}

/** The API by its subject: `upload` of the uploader layer is an `uploadFile`. */
function kind(api) {
  return api.startsWith('upload') ? 'upload' : api;
}

function holds(call, words) {
  return words.every((word) => call.text.includes(word));
}

function meets(call, field, filters) {
  return !filters[field] || call[field] === filters[field];
}

function countsOf(field, calls, filters) {
  const counts = new Map();
  const others = FIELDS.filter((other) => other !== field);
  for (const call of calls) {
    if (!others.every((other) => meets(call, other, filters))) continue;
    counts.set(call[field], (counts.get(call[field]) ?? 0) + 1);
  }
  return counts;
}

function compared(a, b) {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
