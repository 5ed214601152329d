// The list of cases: grouped by capability, each with a strip that has a cell for each target.

import { byId, el, hidden, svg } from './dom.mjs';
import { count, counted } from './words.mjs';

const CELL = 8;
const HEIGHT = 14;
const PAGE = 10;
const SIGNS = { passed: '✓', failed: '✕', skipped: '–' };
// Told apart by their height as well as by their colour.
const SHAPES = { passed: [1, 12], failed: [0, 14], skipped: [6, 2] };

/** A sign, and its word for those who do not see it. */
export function sign(outcome) {
  const name = { passed: 'ok', failed: 'failed', skipped: 'skipped' }[outcome];
  return el('span', { class: `sign ${name}` }, el('span', { 'aria-hidden': 'true' }, SIGNS[outcome]), hidden(outcome));
}

/** The worst outcome of a case on some targets. */
export function worst(pairs) {
  return ['failed', 'passed'].find((outcome) => pairs.some((pair) => pair.outcome === outcome)) ?? 'skipped';
}

/** The listbox. `onChoose(case)` hears of the one that was chosen, `onOpen()` of one to go to. */
export class CaseList {
  constructor({ targets, onChoose, onOpen }) {
    this.box = byId('cases');
    this.targets = targets;
    this.on = { onChoose, onOpen };
    this.cases = [];
    this.rows = new Map();
    this.box.addEventListener('click', (event) => this.click(event));
    this.box.addEventListener('keydown', (event) => this.key(event));
    this.box.addEventListener('pointermove', (event) => this.name(event));
  }

  /** Shows cases with those of their targets that matter. */
  show(found) {
    this.cases = found.map(({ one }) => one);
    this.rows.clear();
    const groups = Map.groupBy(found, ({ one }) => one.group);
    this.box.replaceChildren(...[...groups].map(([name, inner]) => this.group(name, inner)));
    this.box.setAttribute('aria-busy', 'false');
    byId('none').hidden = found.length > 0;
    this.mark();
  }

  /** Makes a case the chosen one, and brings it into sight. */
  choose(one) {
    this.chosen = one;
    this.mark();
    this.rows.get(one)?.scrollIntoView({ block: 'nearest' });
  }

  focus() {
    this.box.focus({ preventScroll: true });
  }

  mark() {
    for (const [one, row] of this.rows) row.setAttribute('aria-selected', String(one === this.chosen));
    const row = this.rows.get(this.chosen);
    if (row) this.box.setAttribute('aria-activedescendant', row.id);
    else this.box.removeAttribute('aria-activedescendant');
  }

  group(name, found) {
    const head = el('div', { class: 'group-head', id: `group-${name}` }, el('b', null, name), ' ', el('span', { class: 'quiet' }, counted(found.length, 'case')));
    return el('div', { role: 'group', class: 'group', 'aria-labelledby': `group-${name}` }, head, found.map((each) => this.row(each)));
  }

  row({ one, pairs }) {
    const row = el(
      'div',
      { role: 'option', class: 'case', id: `case-${this.rows.size}`, 'aria-selected': 'false' },
      sign(worst(pairs)),
      el('span', { class: 'name' }, el('b', null, one.id.slice(one.group.length + 1)), ' ', el('span', { class: 'quiet' }, one.data.title)),
      this.strip(pairs),
      el('span', { class: 'counts' }, told(pairs)),
    );
    this.rows.set(one, row);
    row.one = one;
    return row;
  }

  strip(pairs) {
    const width = this.targets.length * CELL;
    const paths = Object.entries(SHAPES).map(([outcome, [top, height]]) => {
      const cells = pairs.filter((pair) => pair.outcome === outcome);
      const d = cells.map(({ at }) => `M${at * CELL} ${top}h${CELL - 2}v${height}h${2 - CELL}z`).join('');
      return svg('path', { class: outcome, d });
    });
    return svg('svg', { class: 'strip', viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, 'aria-hidden': 'true' }, paths);
  }

  /** Names the target of the cell under the pointer. */
  name(event) {
    const strip = event.target.closest('.strip');
    const { left, width } = strip?.getBoundingClientRect() ?? {};
    const target = strip && this.targets[Math.floor(((event.clientX - left) / width) * this.targets.length)];
    if (this.box.title !== (target?.name ?? '')) this.box.title = target?.name ?? '';
  }

  click(event) {
    const row = event.target.closest('.case');
    if (!row) return;
    this.focus();
    this.on.onChoose(row.one);
    this.on.onOpen();
  }

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !this.cases.length) return;
    const at = this.cases.indexOf(this.chosen);
    const last = this.cases.length - 1;
    const next = { ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), PageDown: at + PAGE, PageUp: at - PAGE, Home: 0, End: last }[event.key];
    if (event.key === 'Enter' && at >= 0) this.on.onOpen();
    else if (next === undefined) return;
    else this.on.onChoose(this.cases[Math.min(last, Math.max(0, next))]);
    event.preventDefault();
  }
}

function told(pairs) {
  const parts = ['failed', 'passed', 'skipped'].map((outcome) => {
    const number = pairs.filter((pair) => pair.outcome === outcome).length;
    const word = outcome === 'skipped' ? 'not played' : outcome;
    return number ? el('span', { class: outcome }, `${count(number)} ${word}`) : null;
  });
  return parts.filter(Boolean).flatMap((part, at) => (at ? [', ', part] : [part]));
}
