// The list of calls: a grid that holds only the rows in sight, whatever the length of the trace.

import { bar } from './bar.mjs';
import { beginning, ticks } from './axis.mjs';
import { byId, el, hidden, place } from './dom.mjs';
import { PHASES } from './phases.mjs';
import { counted, ms } from './words.mjs';

const SPARE = 6;
const TICK_WIDTH = 72;
const COLUMNS = [
  ['outcome', 'Outcome', 'outcome'],
  ['target', 'Target', 'target'],
  ['call', 'Call', 'call'],
  ['answer', 'Answer', 'answer'],
  ['ms', 'Time', 'ms'],
  ['start', 'When', 'timeline'],
];
const SIGNS = { ok: '✓', failed: '✕', unfinished: '…' };

/** The sign of an outcome, and its word for those who do not see it. */
export function sign(outcome) {
  return el('span', { class: `sign ${outcome}` }, el('span', { 'aria-hidden': 'true' }, SIGNS[outcome]), hidden(outcome));
}

/**
 * The grid. `onChoose(call)` hears of the row that was chosen, `onOpen()` of one that was opened,
 * `onSort(order)` of a column's heading.
 */
export class List {
  constructor({ onChoose, onOpen, onSort, onMark }) {
    this.grid = byId('calls');
    this.rows = byId('rows');
    this.on = { onChoose, onOpen, onSort, onMark };
    this.calls = [];
    this.marked = new Set();
    this.drawn = new Map();
    this.grid.addEventListener('scroll', () => this.drawSoon());
    this.grid.addEventListener('keydown', (event) => this.key(event));
    this.rows.addEventListener('click', (event) => this.click(event));
    new ResizeObserver(() => this.resized()).observe(this.grid);
  }

  /**
   * Shows these calls on an axis, seen between `view.from` and `view.to`. Who looks at the end of the
   * list and would `follow` it is taken to the new end.
   */
  show({ calls, axis, view, order, down, follow = false }) {
    const { scrollTop, scrollHeight, clientHeight } = this.grid;
    const atEnd = follow && scrollHeight > clientHeight && scrollTop + clientHeight >= scrollHeight - 1;
    Object.assign(this, { calls, axis, view });
    this.grid.setAttribute('aria-rowcount', calls.length + 1);
    byId('none').hidden = calls.length > 0;
    this.head(order, down);
    this.redraw();
    if (atEnd) this.grid.scrollTop = this.grid.scrollHeight;
  }

  /** Makes a call the chosen one, and brings it into sight. */
  choose(call, { scroll = true } = {}) {
    this.chosen = call;
    const at = this.calls.indexOf(call);
    if (scroll && at >= 0) this.scrollTo(at);
    this.redraw();
  }

  focus() {
    this.grid.focus({ preventScroll: true });
  }

  head(order, down) {
    const cells = COLUMNS.map(([key, title, name]) => {
      const sorted = key === order ? (down ? 'descending' : 'ascending') : 'none';
      const button = el('button', { type: 'button', tabindex: -1, onclick: () => this.on.onSort(key) }, title);
      return el('div', { role: 'columnheader', class: name, 'aria-sort': sorted }, button);
    });
    byId('columns').replaceChildren(...cells);
    this.rule();
  }

  /** Draws the scale of the bars into the heading of their column. */
  rule() {
    const holder = byId('columns').lastElementChild;
    holder?.querySelector('.ruler')?.remove();
    if (holder && this.view) holder.append(this.ruler(holder.offsetWidth));
  }

  ruler(width) {
    const { from, to } = this.view;
    if (!this.calls.length) return '';
    const marks = ticks(from, to, Math.max(1, width / TICK_WIDTH)).filter((at) => at > from);
    return el('span', { class: 'ruler', 'aria-hidden': 'true' }, marks.map((at) => {
      return place(el('span', null, ms(at)), { left: `${(100 * (at - from)) / (to - from)}%` });
    }));
  }

  resized() {
    this.height = Number.parseFloat(getComputedStyle(this.rows).getPropertyValue('--row'));
    this.rule();
    this.redraw();
  }

  drawSoon() {
    this.pending ??= requestAnimationFrame(() => {
      this.pending = undefined;
      this.draw();
    });
  }

  redraw() {
    this.drawn.clear();
    this.rows.replaceChildren();
    this.draw();
  }

  draw() {
    if (!this.height) return;
    const { scrollTop, clientHeight } = this.grid;
    const first = Math.max(0, Math.floor(scrollTop / this.height) - SPARE);
    const last = Math.min(this.calls.length, Math.ceil((scrollTop + clientHeight) / this.height) + SPARE);
    place(this.rows, { height: `${this.calls.length * this.height}px` });
    for (const [at, row] of this.drawn) {
      if (at >= first && at < last) continue;
      row.remove();
      this.drawn.delete(at);
    }
    for (let at = first; at < last; at += 1) if (!this.drawn.has(at)) this.drawRow(at);
    const chosen = this.calls.indexOf(this.chosen);
    if (this.drawn.has(chosen)) this.grid.setAttribute('aria-activedescendant', `row-${chosen}`);
    else this.grid.removeAttribute('aria-activedescendant');
  }

  drawRow(at) {
    const row = this.row(this.calls[at], at);
    const next = [...this.drawn.keys()].filter((other) => other > at).sort((a, b) => a - b)[0];
    this.rows.insertBefore(row, this.drawn.get(next) ?? null);
    this.drawn.set(at, row);
  }

  row(call, at) {
    const cells = [
      ['outcome', sign(call.outcome), this.marked.has(call) ? el('span', { class: 'star' }, '★', hidden('marked')) : null],
      ['target', call.target],
      ['call', el('b', null, call.api), ' ', call.place],
      ['answer', answer(call)],
      ['ms', call.going ? el('span', { class: 'quiet' }, ms(call.last)) : ms(call.ended)],
      ['timeline', bar(call, beginning(this.axis, call), this.view)],
    ].map(([name, ...inner]) => el('div', { role: 'gridcell', class: name }, inner));
    const attributes = { id: `row-${at}`, role: 'row', class: 'row', 'aria-rowindex': at + 2 };
    const row = el('div', { ...attributes, 'aria-selected': String(call === this.chosen), 'data-at': at }, cells);
    return place(row, { top: `${at * this.height}px` });
  }

  scrollTo(at) {
    const head = byId('columns').offsetHeight;
    const [top, bottom] = [at * this.height, (at + 1) * this.height];
    const { scrollTop, clientHeight } = this.grid;
    if (top < scrollTop) this.grid.scrollTop = top;
    else if (bottom + head > scrollTop + clientHeight) this.grid.scrollTop = bottom + head - clientHeight;
  }

  click(event) {
    const row = event.target.closest('[data-at]');
    if (!row) return;
    this.focus();
    this.pick(Number(row.dataset.at));
    this.on.onOpen();
  }

  pick(at) {
    const call = this.calls[Math.min(this.calls.length - 1, Math.max(0, at))];
    if (call) this.on.onChoose(call);
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const act = this.keys()[event.key];
    if (!act || !this.calls.length) return;
    event.preventDefault();
    act();
  }

  keys() {
    const at = this.calls.indexOf(this.chosen);
    const page = Math.max(1, Math.floor(this.grid.clientHeight / this.height) - 1);
    return {
      ArrowDown: () => this.pick(at + 1),
      ArrowUp: () => this.pick(at < 0 ? 0 : at - 1),
      PageDown: () => this.pick(at + page),
      PageUp: () => this.pick(at - page),
      Home: () => this.pick(0),
      End: () => this.pick(this.calls.length - 1),
      Enter: () => (at < 0 ? this.pick(0) : this.on.onOpen()),
      c: () => this.chosen && this.on.onMark(this.chosen),
    };
  }
}

function answer(call) {
  if (call.going) return el('span', { class: 'going' }, doing(call));
  if (call.outcome === 'unfinished') return el('span', { class: 'quiet' }, 'not ended');
  if (call.reason) return el('span', { class: 'badge failed' }, call.reason);
  if (call.status === null) return el('span', { class: 'quiet' }, call.answer);
  return el('span', { class: `status s${Math.floor(call.status / 100)}` }, String(call.status));
}

/** What a call in flight is at: how much of its body has left, or else the name of the phase. */
function doing(call) {
  const { key } = call.phases.at(-1) ?? { key: 'invoked' };
  if (key === 'send' && call.progress.length) return `${Math.round(100 * call.progress.at(-1)[1])} %`;
  return PHASES.find(([name]) => name === key)[1].toLowerCase();
}

/** How many of all calls are shown, in words. */
export function shownOf(shown, all) {
  return shown === all ? counted(all, 'call') : `${shown.toLocaleString('en')} of ${counted(all, 'call')}`;
}
