// JSON values for people: indented, coloured, and cut where they are long.

import { el, hidden } from './dom.mjs';
import { bytes, count } from './words.mjs';

const LONGEST_TEXT = 600;
const MOST_ITEMS = 100;

/** A value as a block of code. */
export function json(value) {
  return el('pre', { class: 'json', tabindex: 0 }, shown(value, ''));
}

/** A value on one line of a table. */
export function inline(value) {
  return el('code', { class: 'json' }, value === undefined ? hidden('absent') : shown(value, ''));
}

/** A long text whose end is shown on demand. */
export function long(text, most = LONGEST_TEXT) {
  if (text.length <= most) return text;
  const rest = el('button', { type: 'button', class: 'more' }, `show ${count(text.length - most)} more`);
  const holder = el('span', null, text.slice(0, most), rest);
  rest.addEventListener('click', () => holder.replaceChildren(text));
  return holder;
}

function shown(value, indent) {
  if (Array.isArray(value)) return list(value, indent);
  if (value && typeof value === 'object') return special(value, indent) ?? object(value, indent);
  if (typeof value === 'string') return el('span', { class: 'text' }, long(JSON.stringify(value)));
  return el('span', { class: 'plain' }, String(value));
}

/** What JSON cannot say itself: bytes, files, and JavaScript's own values. */
function special(value, indent) {
  // Data that only looks like one of the others.
  if (value.$plain && typeof value.$plain === 'object') return object(value.$plain, indent);
  if (typeof value.$bytes === 'string') {
    return el('span', { class: 'tag' }, bytes(Math.floor((value.$bytes.replace(/=+$/, '').length * 3) / 4)));
  }
  if (typeof value.$left_out === 'number') {
    return el('span', { class: 'tag' }, `${count(value.$left_out)} characters, in the trace only`);
  }
  if (typeof value.$js === 'string') return el('span', { class: 'tag' }, value.$js);
  if (typeof value.$file === 'string') return el('span', { class: 'tag' }, 'file ', value.$file);
  return null;
}

function list(items, indent) {
  return held('[', ']', items, indent, (item, inner) => shown(item, inner));
}

function object(value, indent) {
  return held('{', '}', Object.entries(value), indent, ([key, item], inner) => [
    el('span', { class: 'key' }, JSON.stringify(key)),
    ': ',
    shown(item, inner),
  ]);
}

function held(open, close, items, indent, show) {
  if (!items.length) return `${open}${close}`;
  const inner = `${indent}  `;
  const lines = items.slice(0, MOST_ITEMS).map((item, at) => {
    return [`\n${inner}`, show(item, inner), at < items.length - 1 ? ',' : ''];
  });
  const more = items.length - lines.length;
  return [open, lines, more > 0 ? `\n${inner}… ${count(more)} more` : '', `\n${indent}${close}`];
}
