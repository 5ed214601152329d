// What the list needs to know of each call: small enough to hold ten thousand.

import { bodyBytes, lastMoment, phasesOf } from './phases.mjs';

const LONGEST_TEXT = 2000;
const STEPS = 24;

/**
 * The summary of a record of one `run`, a name that no two runs of a target share, as it was at the
 * epoch `now`, if it may not have ended.
 */
export function summarise(record, run, now) {
  const seen = record.times.end === null && now ? Math.max(0, now - record.started) : 0;
  const { ok, reason } = record.outcome;
  return {
    id: record.id,
    run,
    target: record.target,
    api: record.api,
    started: record.started,
    ended: record.times.end ?? null,
    last: lastMoment(record, seen),
    queued: record.times.queued ?? null,
    dequeued: record.times.dequeued ?? null,
    cap: record.profile_overrides.limit,
    outcome: outcomeOf(record),
    going: seen > 0,
    reason: ok ? '' : (reason ?? ''),
    status: record.response?.status ?? null,
    answer: answerOf(record.outcome),
    place: placeOf(record),
    phases: phasesOf(record, seen).map(({ key, from, to }) => ({ key, from, to })),
    progress: stepsOf(record),
    text: textOf(record),
    nth: 0,
  };
}

function outcomeOf(record) {
  if (record.times.end === null || record.times.end === undefined) return 'unfinished';
  return record.outcome.ok ? 'ok' : 'failed';
}

/** What the host said, in the words of whichever key it uses. */
function answerOf({ result, detail }) {
  const said = result?.errMsg ?? result?.errorMessage ?? result?.errString ?? detail;
  return typeof said === 'string' ? said : '';
}

/** Where a call went: the path of its address, without what all calls have in common. */
function placeOf(record) {
  const url = record.request?.url ?? record.options.url;
  if (typeof url !== 'string') return '';
  return url.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/, '') || '/';
}

/** The progress as pairs of milliseconds and a fraction of the body, thinned. */
function stepsOf(record) {
  const total = bodyBytes(record);
  const pairs = record.progress.filter((pair) => pair.length > 1);
  const every = Math.ceil(pairs.length / STEPS);
  const kept = pairs.filter((_, at) => at % every === 0 || at === pairs.length - 1);
  return kept.map(([at, sent]) => [at, total ? Math.min(1, sent / total) : 0]);
}

/** Every text and number of a record that a person may look for, in lower case. */
function textOf(record) {
  const found = new Set([record.target, record.api]);
  const { options, understood, decisions, request, response, callbacks, outcome } = record;
  gather([options, understood, request, response, callbacks, outcome], found);
  gather([record.unknown_keys, record.conditions, record.callback_errors ?? []], found);
  gather([record.profile_overrides], found);
  for (const { step, rule, effect } of decisions) gather([step, rule, effect], found);
  return [...found].join('\n').toLowerCase();
}

function gather(value, found) {
  if (typeof value === 'string') found.add(value.slice(0, LONGEST_TEXT));
  else if (typeof value === 'number') found.add(String(value));
  else if (Array.isArray(value)) for (const inner of value) gather(inner, found);
  else if (value && typeof value === 'object' && !('$bytes' in value)) {
    for (const inner of Object.values(value)) gather(inner, found);
  }
}
