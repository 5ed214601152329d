// What the mini-program heard, in order.

import { el } from './dom.mjs';
import { json } from './json.mjs';
import { nothing, section } from './table.mjs';
import { count, ms } from './words.mjs';

const LEAST_RUN = 4;
const OPEN = new Set(['success', 'fail']);

/** Every callback with its payload; a long run of the same event is folded. */
export function callbacks(record) {
  const heard = record.callbacks;
  const errors = record.callback_errors ?? [];
  const list = heard.length
    ? el('ol', { class: 'callbacks' }, runs(heard).map((run) => el('li', null, shown(run))))
    : nothing('Nothing was called.');
  return [
    errors.length ? section('Raised in callbacks', el('ul', { class: 'errors' }, errors.map((text) => el('li', null, text)))) : null,
    section('The mini-program heard', list),
  ];
}

function runs(heard) {
  const found = [];
  for (const one of heard) {
    if (found.at(-1)?.[0].name === one.name) found.at(-1).push(one);
    else found.push([one]);
  }
  return found.flatMap((run) => (run.length < LEAST_RUN ? run.map((one) => [one]) : [run]));
}

function shown(run) {
  if (run.length === 1) return single(run[0]);
  const [first, last] = [run[0], run.at(-1)];
  const head = [moment(`${ms(first.ms)} – ${ms(last.ms)}`), el('code', null, first.name), ` ${count(run.length)} times`];
  return el('details', null, el('summary', null, head), el('ol', { class: 'callbacks' }, run.map((one) => el('li', null, single(one)))));
}

function single({ ms: at, name, payload }) {
  const head = [moment(ms(at)), el('code', { class: name }, name)];
  return el('details', { open: OPEN.has(name) }, el('summary', null, head), json(payload));
}

function moment(text) {
  return el('span', { class: 'moment' }, text);
}
