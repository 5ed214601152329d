// The cases of a check, each with what came of it on each target; found by words and filters.

import { standing } from './words.mjs';

/** What filters choose among: properties of a case on a target. */
export const FIELDS = ['target', 'group', 'outcome', 'known'];

const NONE = 'no source';

/** One case as the list needs it. */
export class Case {
  constructor(data, targets) {
    this.data = data;
    this.id = data.id;
    this.group = data.id.split('/')[0];
    this.pairs = pairsOf(data, targets, this.group);
    this.text = [data.id, data.title, JSON.stringify([data.holds, data.faults, data.errors, data.skipped])].join('\n').toLowerCase();
  }

  count(outcome) {
    return this.pairs.filter((pair) => pair.outcome === outcome).length;
  }
}

/** What came of a case on each target, in the order of the targets. */
function pairsOf({ passed, failed, skipped, holds }, targets, group) {
  const pairs = new Map();
  const add = (at, outcome) => pairs.set(at, { at, target: targets[at].name, group, outcome, known: [] });
  for (const at of passed) add(at, 'passed');
  for (const at of failed) add(at, 'failed');
  for (const { on } of skipped) for (const at of on) add(at, 'skipped');
  for (const { source, on } of holds) {
    const word = source ? standing(source.status)[0] : NONE;
    for (const at of on) if (!pairs.get(at).known.includes(word)) pairs.get(at).known.push(word);
  }
  return [...pairs.values()].sort((a, b) => a.at - b.at);
}

/**
 * The cases that hold every word and have a target that meets every filter, as `{found, pairs}`, and
 * for each field how many pairs of case and target each of its values would leave.
 */
export function find(cases, { words, filters }) {
  const counts = Object.fromEntries(FIELDS.map((field) => [field, new Map()]));
  const found = [];
  for (const one of cases) {
    if (!words.every((word) => one.text.includes(word))) continue;
    const pairs = one.pairs.filter((pair) => counted(pair, filters, counts));
    if (pairs.length) found.push({ one, pairs });
  }
  return { found, counts };
}

/** Counts a pair for each field by which it would be left, and tells whether it meets them all. */
function counted(pair, filters, counts) {
  const failing = FIELDS.filter((field) => !meets(pair, field, filters));
  for (const field of failing.length ? failing : FIELDS) {
    if (failing.length > 1) break;
    for (const value of [pair[field]].flat()) counts[field].set(value, (counts[field].get(value) ?? 0) + 1);
  }
  return failing.length === 0;
}

function meets(pair, field, filters) {
  return !filters[field] || [pair[field]].flat().includes(filters[field]);
}
