// The options of a call as the mini-program wrote them, and as the host understood them.

import { inline } from './json.mjs';
import { nothing, section, table } from './table.mjs';
import { el } from './dom.mjs';

const ABOUT = {
  same: '',
  default: 'default',
  changed: 'read differently',
  dropped: 'dropped',
  unknown: 'not an option here: dropped',
};

/** Both readings side by side. */
export function options(record) {
  const { options: given, understood, unknown_keys: unknown } = record;
  const keys = [...new Set([...Object.keys(given), ...Object.keys(understood ?? {}), ...unknown])];
  if (!keys.length) return section('Options', nothing('The call was made without options.'));
  const rows = keys.map((key) => {
    const what = understood === null ? 'same' : judged(key, given, understood, unknown);
    return [
      el('code', null, key),
      inline(own(given, key)),
      understood === null ? el('span', { class: 'quiet' }, 'refused') : inline(own(understood, key)),
      el('span', { class: `change ${what}` }, ABOUT[what]),
    ];
  });
  return section('Options', table('Options', ['Option', 'As given', 'As understood', 'Change'], rows));
}

function own(object, key) {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function judged(key, given, understood, unknown) {
  if (unknown.includes(key)) return 'unknown';
  if (!Object.hasOwn(understood, key)) return 'dropped';
  if (!Object.hasOwn(given, key)) return 'default';
  return JSON.stringify(given[key]) === JSON.stringify(understood[key]) ? 'same' : 'changed';
}
