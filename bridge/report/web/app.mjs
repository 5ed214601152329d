// The page: its parts, what is chosen, and what follows from a change.

import { alignedAxis, beginning, clockAxis } from './axis.mjs';
import { Compare } from './compare.mjs';
import { Detail } from './detail.mjs';
import { byId, el } from './dom.mjs';
import { Filters } from './filters.mjs';
import { listen, tell } from './keys.mjs';
import { List, shownOf } from './list.mjs';
import { Overview } from './overview.mjs';
import { Store } from './store.mjs';
import { PHASES } from './phases.mjs';
import { counted } from './words.mjs';

const CLOSER = 0.2;
const EVERY = 400;
const THEMES = ['auto', 'light', 'dark'];

/**
 * Starts the page, empty. What it returns takes in what there is to show, now or as it happens:
 *
 * - `add(records, reread)`: more records; one of a call that had not ended is replaced
 * - `tell({title, targets, skipped, leftOut})`: about the trace, as `bridge/report/page.py` has it
 * - `settle(words)`: what the page says of itself while it still reads, and '' at the end
 */
export function start() {
  return new App();
}

class App {
  constructor() {
    this.store = new Store();
    this.filters = new Filters({ onChange: () => this.narrow() });
    this.list = new List({
      onChoose: (call) => this.choose(call),
      onOpen: () => this.detail.focus(),
      onSort: (order) => this.sort(order),
      onMark: (call) => this.mark(call),
    });
    this.overview = new Overview({ onZoom: (from, to) => this.zoom({ from, to }) });
    this.detail = new Detail({
      store: this.store,
      onClose: () => this.close(),
      onCompare: (call) => this.compareWith(call),
      onMark: (call) => this.mark(call),
    });
    this.compare = new Compare({ store: this.store, onClose: () => this.list.focus() });
    Object.assign(this, { order: 'start', down: false, aligned: false, view: null, chosen: null, reading: 'reading the trace' });
    this.wire();
  }

  wire() {
    byId('aligned').addEventListener('click', () => this.align());
    byId('zoom-out').addEventListener('click', () => this.zoom(null));
    byId('help').addEventListener('click', tell);
    byId('theme').addEventListener('click', turnTheme);
    byId('legend').replaceChildren(...legend());
    listen({
      '/': () => this.filters.search.focus(),
      '?': tell,
      a: () => this.align(),
      d: () => this.chosen && this.compareWith(this.chosen),
      z: () => this.closer(),
      Escape: () => this.escape(),
    });
  }

  add(records, reread) {
    this.store.add(records, reread);
    this.updateSoon();
  }

  tell({ title, targets, skipped, leftOut }) {
    Object.assign(this.store.targets, targets);
    document.title = `${title} – minibridge report`;
    byId('title').textContent = title;
    const missing = leftOut ? [`${counted(leftOut, 'long text')} found no room here: see the trace for them`] : [];
    const notices = [...skipped, ...missing];
    byId('notices').hidden = notices.length === 0;
    byId('notices').replaceChildren(...notices.map((text) => el('p', { class: 'notice' }, text)));
    this.updateSoon();
  }

  settle(words) {
    this.reading = words;
    this.updateSoon();
  }

  /** Draws at once what is new, and what follows on its heels together a moment later. */
  updateSoon() {
    this.pending ??= setTimeout(() => {
      this.pending = undefined;
      this.update();
    }, Math.max(0, (this.updated ?? -EVERY) + EVERY - performance.now()));
  }

  /** Draws what follows from the calls, the filters, the order and the stretch in view. */
  update() {
    const { calls, counts } = this.store.find({ ...this.filters.wanted, order: this.order, down: this.down });
    this.calls = calls;
    this.filters.offer(counts);
    this.axis = this.aligned ? alignedAxis(calls) : clockAxis(calls);
    const view = this.view ?? { from: 0, to: this.axis.length };
    this.list.show({ calls, axis: this.axis, view, order: this.order, down: this.down });
    this.overview.show({ calls, axis: this.axis, view, capOf: (call) => this.store.cap(call) });
    byId('zoom-out').hidden = !this.view;
    byId('aligned').setAttribute('aria-pressed', String(this.aligned));
    this.list.grid.setAttribute('aria-busy', String(this.reading !== ''));
    byId('totals').textContent = this.reading || totals(calls, this.store.calls);
    this.updated = performance.now();
  }

  narrow() {
    this.view = null;
    this.update();
  }

  sort(order) {
    this.down = this.order === order && !this.down;
    this.order = order;
    this.update();
  }

  choose(call) {
    this.chosen = call;
    this.list.choose(call);
    return this.detail.show(call, this.list.marked.has(call));
  }

  close() {
    this.choose(null);
    this.list.focus();
  }

  mark(call) {
    const { marked } = this.list;
    if (!marked.delete(call)) marked.add(call);
    this.list.redraw();
    if (this.chosen === call) this.detail.show(call, marked.has(call));
  }

  compareWith(call) {
    return this.compare.show(call, [...this.list.marked]);
  }

  align() {
    this.aligned = !this.aligned;
    this.zoom(null);
  }

  zoom(view) {
    this.view = view;
    this.update();
  }

  /** Looks at the chosen call with a little room around it, or again at everything. */
  closer() {
    if (this.view || !this.chosen) return this.zoom(null);
    const from = beginning(this.axis, this.chosen);
    const room = Math.max(this.chosen.last, this.axis.length / 1e6) * CLOSER;
    return this.zoom({ from: Math.max(0, from - room), to: Math.min(this.axis.length, from + this.chosen.last + room) });
  }

  escape() {
    if (this.compare.open) this.compare.close();
    else if (this.chosen) this.close();
    else if (this.filters.active) this.filters.clear();
  }
}

function totals(calls, all) {
  const failed = calls.filter((call) => call.outcome === 'failed').length;
  const open = calls.filter((call) => call.outcome === 'unfinished').length;
  const ended = open ? `, ${open} not ended` : '';
  return `${shownOf(calls.length, all.length)}: ${calls.length - failed - open} ok, ${failed} failed${ended}`;
}

function legend() {
  return PHASES.map(([key, name]) => el('li', null, el('span', { class: `swatch ${key}`, 'aria-hidden': 'true' }), name));
}

function turnTheme() {
  const root = document.documentElement;
  const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? 'auto') + 1) % THEMES.length];
  root.dataset.theme = next;
  byId('theme').textContent = `Theme: ${next}`;
}
