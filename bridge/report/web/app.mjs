// The page: its parts, what is chosen, and what follows from a change.

import { alignedAxis, beginning, clockAxis } from './axis.mjs';
import { Compare } from './compare.mjs';
import { Detail } from './detail.mjs';
import { byId, el } from './dom.mjs';
import { Filters } from './filters.mjs';
import { listen, tell } from './keys.mjs';
import { List, shownOf } from './list.mjs';
import { Overview } from './overview.mjs';
import { Store } from './store.mjs';
import { PHASES } from './phases.mjs';
import { offerThemes } from './theme.mjs';
import { counted } from './words.mjs';

const CLOSER = 0.2;
const EVERY = 400;
const FRAME = 16;
const LONGEST_PRESS = 1000;
const FILTERS = { target: 'all targets', outcome: 'any outcome', reason: 'any reason', api: 'any call' };
const KEYS = [
  ['/', 'search'],
  ['↑ ↓', 'the call before or after'],
  ['Home End', 'the first or last call'],
  ['Page Up, Page Down', 'a screen of calls back or on'],
  ['Enter', 'go to the chosen call'],
  ['← →', 'another tab, on the tabs'],
  ['c', 'mark the chosen call for comparison'],
  ['d', 'compare: the marked calls, or the same call on other targets'],
  ['a', 'align the starts of all calls, or go by the clock'],
  ['z', 'look closer at the chosen call, or at the whole time'],
  ['Escape', 'close what is open, then clear the search'],
  ['?', 'this list'],
];

/**
 * Starts the page, empty; a `live` one has calls that are still going on. What it returns takes in
 * what there is to show, now or as it happens:
 *
 * - `add(records, reread, now)`: more records, as they were at an epoch; one of a call that had not
 *   ended is replaced
 * - `grow(now)`: lets the bars of calls in flight reach a moment
 * - `say(state, words)`: shows how the page hears of calls
 * - `tell({title, targets, skipped, leftOut})`: about the trace, as `bridge/report/page.py` has it
 * - `settle(words)`: what the page says of itself while it still reads, and '' at the end
 */
export function start({ live = false } = {}) {
  return new App(live);
}

class App {
  constructor(live) {
    this.live = live;
    this.store = new Store({ live });
    this.filters = new Filters({ all: FILTERS, onChange: () => this.narrow() });
    this.list = new List({
      onChoose: (call) => this.choose(call),
      onOpen: () => this.detail.focus(),
      onSort: (order) => this.sort(order),
      onMark: (call) => this.mark(call),
    });
    this.overview = new Overview({ onZoom: (from, to) => this.zoom({ from, to }) });
    this.detail = new Detail({
      store: this.store,
      onClose: () => this.close(),
      onCompare: (call) => this.compareWith(call),
      onMark: (call) => this.mark(call),
    });
    this.compare = new Compare({ store: this.store, onClose: () => this.list.focus() });
    Object.assign(this, { order: 'start', down: false, aligned: false, view: null, chosen: null, reading: 'reading the trace', heldUntil: 0 });
    this.wire();
  }

  wire() {
    byId('aligned').addEventListener('click', () => this.align());
    byId('zoom-out').addEventListener('click', () => this.zoom(null));
    byId('help').addEventListener('click', () => tell(KEYS));
    offerThemes();
    byId('legend').replaceChildren(...legend());
    if (this.live) this.wireLive();
    listen({
      '/': () => this.filters.search.focus(),
      '?': () => tell(KEYS),
      a: () => this.align(),
      d: () => this.chosen && this.compareWith(this.chosen),
      z: () => this.closer(),
      Escape: () => this.escape(),
    });
  }

  /** What changes several times a second is neither read out nor drawn under a pressed button. */
  wireLive() {
    byId('totals').setAttribute('aria-live', 'off');
    const hold = (time) => () => {
      this.heldUntil = performance.now() + time;
    };
    document.addEventListener('pointerdown', hold(LONGEST_PRESS), true);
    for (const end of ['pointerup', 'pointercancel']) document.addEventListener(end, hold(0), true);
  }

  add(records, reread, now) {
    const known = this.store.records.get(this.chosen);
    this.store.add(records, reread, now);
    if (now) this.store.grow(now);
    this.stale ||= known !== this.store.records.get(this.chosen);
    this.updateSoon();
  }

  grow(now) {
    if (this.store.grow(now)) this.updateSoon();
  }

  say(state, words) {
    byId('state').hidden = false;
    byId('state').className = `state ${state}`;
    byId('state').textContent = words;
  }

  tell({ title, targets, skipped, leftOut }) {
    Object.assign(this.store.targets, targets);
    if (title) {
      document.title = `${title} – minibridge${this.live ? '' : ' report'}`;
      byId('title').textContent = title;
    }
    const missing = leftOut ? [`${counted(leftOut, 'long text')} found no room here: see the trace for them`] : [];
    const notices = [...skipped, ...missing];
    byId('notices').hidden = notices.length === 0;
    byId('notices').replaceChildren(...notices.map((text) => el('p', { class: 'notice' }, text)));
    this.updateSoon();
  }

  settle(words) {
    this.reading = words;
    this.updateSoon();
  }

  /** Draws at once what is new, and what follows on its heels together a moment later. */
  updateSoon() {
    this.pending ??= setTimeout(() => {
      this.pending = undefined;
      if (performance.now() < this.heldUntil) this.updateSoon();
      else this.update();
    }, Math.max(FRAME, (this.updated ?? -EVERY) + EVERY - performance.now()));
  }

  /** Draws what follows from the calls, the filters, the order and the stretch in view. */
  update() {
    const { calls, counts } = this.store.find({ ...this.filters.wanted, order: this.order, down: this.down });
    this.calls = calls;
    this.filters.offer(counts);
    this.axis = this.aligned ? alignedAxis(calls) : clockAxis(calls);
    const view = this.view ?? { from: 0, to: this.axis.length };
    this.list.show({ calls, axis: this.axis, view, order: this.order, down: this.down, follow: this.live });
    this.overview.show({ calls, axis: this.axis, view, capOf: (call) => this.store.cap(call) });
    byId('zoom-out').hidden = !this.view;
    byId('aligned').setAttribute('aria-pressed', String(this.aligned));
    this.list.grid.setAttribute('aria-busy', String(this.reading !== ''));
    byId('totals').textContent = this.reading || totals(calls, this.store.calls);
    byId('none').textContent = this.store.calls.length ? 'No call matches.' : 'No call yet.';
    if (this.stale) this.detail.refresh(this.chosen);
    this.stale = false;
    this.updated = performance.now();
  }

  narrow() {
    this.view = null;
    this.update();
  }

  sort(order) {
    this.down = this.order === order && !this.down;
    this.order = order;
    this.update();
  }

  choose(call) {
    this.chosen = call;
    this.list.choose(call);
    return this.detail.show(call, this.list.marked.has(call));
  }

  close() {
    this.choose(null);
    this.list.focus();
  }

  mark(call) {
    const { marked } = this.list;
    if (!marked.delete(call)) marked.add(call);
    this.list.redraw();
    if (this.chosen === call) this.detail.show(call, marked.has(call));
  }

  compareWith(call) {
    return this.compare.show(call, [...this.list.marked]);
  }

  align() {
    this.aligned = !this.aligned;
    this.zoom(null);
  }

  zoom(view) {
    this.view = view;
    this.update();
  }

  /** Looks at the chosen call with a little room around it, or again at everything. */
  closer() {
    if (this.view || !this.chosen) return this.zoom(null);
    const from = beginning(this.axis, this.chosen);
    const room = Math.max(this.chosen.last, this.axis.length / 1e6) * CLOSER;
    return this.zoom({ from: Math.max(0, from - room), to: Math.min(this.axis.length, from + this.chosen.last + room) });
  }

  escape() {
    if (this.compare.open) this.compare.close();
    else if (this.chosen) this.close();
    else if (this.filters.active) this.filters.clear();
  }
}

function totals(calls, all) {
  const failed = calls.filter((call) => call.outcome === 'failed').length;
  const open = calls.filter((call) => call.outcome === 'unfinished').length;
  const ended = open ? `, ${open} not ended` : '';
  return `${shownOf(calls.length, all.length)}: ${calls.length - failed - open} ok, ${failed} failed${ended}`;
}

function legend() {
  return PHASES.map(([key, name]) => el('li', null, el('span', { class: `swatch ${key}`, 'aria-hidden': 'true' }), name));
}
