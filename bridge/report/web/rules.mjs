// What decided a call, and where each rule comes from.

import { el, link } from './dom.mjs';
import { nothing, section } from './table.mjs';
import { href, standing } from './words.mjs';

/** Every rule that decided, in order. */
export function rules(record) {
  const { decisions } = record;
  if (!decisions.length) return section('Decided by', nothing('No rule of the host changed or stopped this call.'));
  return section('Decided by', el('ol', { class: 'rules' }, decisions.map((one) => el('li', null, rule(one)))));
}

/** Why a call failed: the last rule that stood in its way, and where the host's words are from. */
export function reasons({ decisions, outcome }) {
  const words = decisions.findLast((one) => one.rule === outcome.reason);
  const cause = decisions.findLast((one) => one !== words);
  return [cause, words].filter(Boolean);
}

/** One rule with its source. */
export function rule({ step, rule: name, effect, source }) {
  return [
    el('p', null, el('code', { class: 'rule' }, name), ' ', effect, ' ', el('span', { class: 'step' }, step)),
    source ? cited(source) : el('p', { class: 'source quiet' }, 'a rule of minibridge itself'),
  ];
}

/** Where something is written, and how sure it is. */
export function cited({ status, address, date, note }) {
  const [word, meaning] = standing(status ?? '');
  const where = address ? link(address, href(address)) : null;
  return el(
    'p',
    { class: 'source' },
    el('span', { class: `standing ${status}`, title: meaning }, word),
    ' ',
    where,
    date ? ` (${date})` : '',
    note ? el('span', { class: 'note' }, note) : null,
  );
}
