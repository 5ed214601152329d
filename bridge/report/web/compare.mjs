// Calls side by side, with what differs marked.

import { differences } from './differences.mjs';
import { byId, el, hidden } from './dom.mjs';
import { inline } from './json.mjs';
import { sign } from './list.mjs';
import { nothing } from './table.mjs';
import { counted, ms } from './words.mjs';

const MOST_AT_FIRST = 4;

/** The view over the whole page. `onClose()` hears that it was left. */
export class Compare {
  constructor({ store, onClose }) {
    this.view = byId('compare');
    this.store = store;
    this.onClose = onClose;
    this.onlyDifferences = true;
  }

  get open() {
    return !this.view.hidden;
  }

  /** Compares a call with others, or with the same call on other targets where none are given. */
  async show(call, others) {
    this.peers = this.store.peers(call);
    const chosen = others.length ? others : this.peers.slice(0, MOST_AT_FIRST - 1);
    this.calls = [call, ...chosen.filter((other) => other !== call)];
    this.view.hidden = false;
    byId('browse').hidden = true;
    await this.draw();
    byId('compare-title').focus();
  }

  close() {
    this.view.hidden = true;
    byId('browse').hidden = false;
    this.onClose();
  }

  async draw() {
    const calls = this.calls;
    const records = await Promise.all(calls.map((call) => this.store.record(call)));
    if (calls !== this.calls) return;
    const rows = differences(records);
    this.view.replaceChildren(this.head(rows), this.table(rows));
  }

  head(rows) {
    const found = rows.filter((row) => row.differs.includes(true)).length;
    const only = el('input', { type: 'checkbox', checked: this.onlyDifferences, onchange: () => this.toggle() });
    return el(
      'header',
      { class: 'compare-head' },
      el('button', { type: 'button', onclick: () => this.close() }, '← Back to the calls'),
      el('h2', { id: 'compare-title', tabindex: -1 }, 'Side by side'),
      el('p', { role: 'status' }, `${counted(found, 'difference')} in ${counted(rows.length, 'fact')}, against the first column`),
      el('label', { class: 'choice' }, only, 'Only differences'),
      this.adder(),
    );
  }

  adder() {
    const left = this.peers.filter((peer) => !this.calls.includes(peer));
    if (!left.length) return null;
    const choices = left.map((peer, at) => el('option', { value: String(at) }, peer.target));
    const add = (event) => this.become([...this.calls, left[Number(event.target.value)]]);
    return el('label', null, 'Add ', el('select', { id: 'compare-add', onchange: add }, el('option', { value: '' }, 'a target…'), choices));
  }

  become(calls) {
    this.calls = calls;
    return this.draw();
  }

  async toggle() {
    this.onlyDifferences = !this.onlyDifferences;
    await this.draw();
    this.view.querySelector('input').focus();
  }

  table(rows) {
    const shown = this.onlyDifferences ? rows.filter((row) => row.differs.includes(true)) : rows;
    if (this.calls.length < 2) return nothing('There is no such call on another target. Mark calls in the list to compare them.');
    if (!shown.length) return nothing('Nothing differs but what differs by chance: times, ports and random names.');
    const parts = Map.groupBy(shown, (row) => row.part);
    const bodies = [...parts].map(([part, inner]) => this.part(part, inner));
    const head = el('tr', { role: 'row' }, el('td', { role: 'cell' }), this.calls.map((call) => this.column(call)));
    return el(
      'div',
      { class: 'table sides', role: 'region', 'aria-label': 'Facts side by side', tabindex: 0 },
      el('table', { role: 'table' }, el('thead', { role: 'rowgroup' }, head), bodies),
    );
  }

  column(call) {
    const rest = this.calls.filter((other) => other !== call);
    const drop = { type: 'button', 'aria-label': `Leave out ${call.target}`, onclick: () => this.become(rest) };
    return el(
      'th',
      { scope: 'col', role: 'columnheader' },
      el('span', { class: 'column' }, sign(call.outcome), el('b', null, call.target), el('button', drop, '✕')),
      el('small', null, `${call.api}, ${ms(call.ended)}`),
    );
  }

  part(part, rows) {
    const head = el('th', { colspan: this.calls.length + 1, scope: 'rowgroup', role: 'rowheader' }, part);
    return el('tbody', { role: 'rowgroup' }, el('tr', { class: 'part-row', role: 'row' }, head), rows.map((row) => this.row(row)));
  }

  row({ part, name, values, differs }) {
    const cells = values.map((value, at) => {
      const mark = differs[at] ? hidden('differs: ') : null;
      const attributes = { role: 'cell', class: differs[at] ? 'differs' : null, 'data-column': this.calls[at].target };
      return el('td', attributes, mark, value === undefined ? el('span', { class: 'quiet' }, 'absent') : inline(value));
    });
    return el('tr', { role: 'row' }, el('th', { scope: 'row', role: 'rowheader' }, name ? el('code', null, name) : part), cells);
  }
}
