// The bar of a call: its phases side by side, and in the sending one the bytes as they left.

import { el, place } from './dom.mjs';

const LEAST = '3px';

/** A bar between two places of an axis, as wide as its holder; null where none of it is in view. */
export function bar(call, start, view) {
  const span = view.to - view.from;
  const [from, to] = [start, start + call.last];
  if (to < view.from || from > view.to) return null;
  const node = el('span', { class: `call-bar ${call.outcome}` }, call.phases.map((phase) => part(phase, call)));
  return place(node, {
    left: `min(${(100 * (from - view.from)) / span}%, 100% - ${LEAST})`,
    width: `max(${(100 * (to - from)) / span}%, ${LEAST})`,
  });
}

function part(phase, call) {
  const node = el('span', { class: `phase ${phase.key}` }, phase.key === 'send' ? ramp(phase, call) : null);
  return place(node, { 'flex-grow': String(phase.to - phase.from) });
}

/** The share of the body that had left, drawn from the beginning of the phase to its end. */
function ramp({ from, to }, { progress }) {
  if (!progress.length) return null;
  const points = [];
  let done = 0;
  for (const [at, share] of progress) {
    const x = percent((at - from) / (to - from));
    points.push(`${x} ${percent(1 - done)}`, `${x} ${percent(1 - share)}`);
    done = share;
  }
  points.push(`100% ${percent(1 - done)}`, '100% 100%', '0% 100%');
  return place(el('span', { class: 'ramp' }), { 'clip-path': `polygon(${points.join(', ')})` });
}

function percent(share) {
  return `${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%`;
}
