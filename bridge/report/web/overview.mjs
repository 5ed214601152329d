// How many calls ran at once over the whole time, against the host's cap; a drag looks closer.

import { concurrency, peak } from './concurrency.mjs';
import { ticks } from './axis.mjs';
import { byId, svg } from './dom.mjs';
import { counted, ms } from './words.mjs';

const ROOM = { top: 6, bottom: 16 };
const TICK_WIDTH = 110;
const LEAST_DRAG = 4;

/** The chart. `onZoom(from, to)` hears of a stretch that was dragged over. */
export class Overview {
  constructor({ onZoom }) {
    this.chart = byId('overview');
    this.onZoom = onZoom;
    this.steps = [];
    new ResizeObserver(() => this.draw()).observe(this.chart);
    this.chart.addEventListener('pointerdown', (event) => this.press(event));
    this.chart.addEventListener('pointermove', (event) => this.drag(event));
    this.chart.addEventListener('pointerup', (event) => this.release(event));
    this.chart.addEventListener('pointercancel', () => this.release(null));
  }

  show({ calls, axis, view, capOf }) {
    Object.assign(this, { axis, view, empty: !calls.length });
    this.steps = concurrency(calls, axis, capOf);
    byId('overview-told').textContent = this.empty ? '' : told(peak(this.steps), axis);
    this.draw();
  }

  draw() {
    const { width, height } = this.chart.getBoundingClientRect();
    if (!width || !this.axis) return;
    this.chart.setAttribute('viewBox', `0 0 ${width} ${height}`);
    const most = this.steps.reduce((a, s) => Math.max(a, s.running + s.waiting, s.cap ?? 0), 1);
    const x = (at) => (width * at) / this.axis.length;
    const y = (value) => height - ROOM.bottom - ((height - ROOM.top - ROOM.bottom) * value) / most;
    const area = (value) => path(this.steps, x, (step) => y(value(step)), y(0), width);
    this.chart.replaceChildren(
      svg('path', { class: 'waiting', d: area((step) => step.running + step.waiting) }),
      svg('path', { class: 'running', d: area((step) => step.running) }),
      svg('path', { class: 'cap', d: capLine(this.steps, x, y, width) }),
      ...this.cuts(x, height),
      ...this.ruler(x, width, height),
      ...this.outside(x, width, height),
    );
  }

  cuts(x, height) {
    return this.axis.cuts.flatMap(({ at, ms: idle }) => [
      svg('line', { class: 'cut', x1: x(at), x2: x(at), y1: 0, y2: height - ROOM.bottom }),
      svg('text', { class: 'cut-told', x: x(at) + 4, y: ROOM.top + 8 }, `${ms(idle)} idle`),
    ]);
  }

  ruler(x, width, height) {
    if (this.empty) return [];
    const marks = ticks(0, this.axis.length, Math.max(2, width / TICK_WIDTH));
    return marks.map((at) => svg('text', { class: 'tick', x: x(at) + 2, y: height - 4 }, ms(at)));
  }

  outside(x, width, height) {
    const { from, to } = this.stretch ? sorted(this.stretch) : this.view;
    const sides = [[0, x(from)], [x(to), width]].filter(([a, b]) => b - a > 0.5);
    return sides.map(([a, b]) => svg('rect', { class: 'outside', x: a, y: 0, width: b - a, height }));
  }

  placeOf(event) {
    const { left, width } = this.chart.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - left) / width));
    return share * this.axis.length;
  }

  press(event) {
    if (event.button !== 0) return;
    this.chart.setPointerCapture(event.pointerId);
    this.pressed = event.clientX;
    this.stretch = { from: this.placeOf(event), to: this.placeOf(event) };
  }

  drag(event) {
    if (!this.stretch) return;
    this.stretch.to = this.placeOf(event);
    this.draw();
  }

  release(event) {
    const dragged = this.stretch;
    this.stretch = undefined;
    if (!dragged) return;
    const { from, to } = sorted(dragged);
    if (event && Math.abs(event.clientX - this.pressed) >= LEAST_DRAG && to > from) this.onZoom(from, to);
    else this.draw();
  }
}

function sorted({ from, to }) {
  return { from: Math.min(from, to), to: Math.max(from, to) };
}

function path(steps, x, y, base, width) {
  const points = [`M0 ${base}`];
  let last = base;
  for (const step of columns(steps, x)) {
    points.push(`L${x(step.at).toFixed(1)} ${last}`, `L${x(step.at).toFixed(1)} ${y(step)}`);
    last = y(step);
  }
  return `${points.join('')}L${width} ${last}L${width} ${base}Z`;
}

/** At most one step for each pixel: the fullest, then the last, so that no peak is lost. */
function columns(steps, x) {
  const found = [];
  let column = -1;
  for (const step of steps) {
    const here = Math.floor(x(step.at));
    if (here !== column) {
      found.push(step, step);
      column = here;
    } else {
      const best = found.at(-2);
      if (step.running + step.waiting > best.running + best.waiting) found[found.length - 2] = { ...step, at: best.at };
      found[found.length - 1] = step;
    }
  }
  return found;
}

function capLine(steps, x, y, width) {
  return steps
    .map(({ at, cap }, index) => {
      const next = steps[index + 1];
      if (cap === null) return '';
      return `M${x(at).toFixed(1)} ${y(cap)}H${(next ? x(next.at) : width).toFixed(1)}`;
    })
    .join('');
}

function told({ running, waiting, cap }, axis) {
  if (!running) return 'no call needed a slot of its host';
  const most = cap === null ? `at most ${running} on one bridge, no cap is known` : `at most ${running} of the ${cap} that the host allows`;
  const queued = waiting ? `, at most ${waiting} waiting` : '';
  const cuts = axis.cuts.length ? `, ${counted(axis.cuts.length, 'idle time')} cut short` : '';
  return `${most}${queued}${cuts}`;
}
