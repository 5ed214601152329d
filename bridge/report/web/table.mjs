// Small tables of names and values.

import { el } from './dom.mjs';

/** A table whose first column heads its rows. `rows` are lists of cells; a cell is a node or a text. `name` is a class. */
export function table(caption, headings, rows, name = '') {
  const head = headings.map((text) => el('th', { scope: 'col' }, text));
  const body = rows.map(([first, ...cells]) => {
    const others = cells.map((cell, at) => el('td', { 'data-column': headings[at + 1] }, cell));
    return el('tr', null, el('th', { scope: 'row' }, first), others);
  });
  return el(
    'div',
    { class: `table ${name}`, role: 'region', 'aria-label': caption, tabindex: 0 },
    el('table', null, el('caption', { class: 'hidden' }, caption), el('thead', null, el('tr', null, head)), el('tbody', null, body)),
  );
}

/** A list of names and values. */
export function pairs(entries) {
  const shown = entries.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return el('dl', { class: 'pairs' }, shown.map(([name, value]) => el('div', null, el('dt', null, name), el('dd', null, value))));
}

/** A titled part of a page. */
export function section(title, ...children) {
  return el('section', { class: 'part' }, el('h3', null, title), children);
}

/** A sentence where there is nothing to show. */
export function nothing(text) {
  return el('p', { class: 'quiet' }, text);
}
