// When a call did what: its phases, and its progress as it happened.

import { ticks } from './axis.mjs';
import { el, place, svg } from './dom.mjs';
import { bodyBytes, phasesOf } from './phases.mjs';
import { nothing, section, table } from './table.mjs';
import { bytes, count, ms } from './words.mjs';

const WIDTH = 600;
const HEIGHT = 120;
const EDGE = { left: 4, right: 4, top: 6, bottom: 18 };

/** The phases of a record with their durations. */
export function timing(record) {
  const phases = phasesOf(record);
  if (!phases.length) return section('Time', nothing('The call was answered at once.'));
  const end = phases.at(-1).to;
  const rows = phases.map((phase) => [
    [el('span', { class: `swatch ${phase.key}`, 'aria-hidden': 'true' }), phase.name],
    stretch(phase, end),
    ms(phase.from),
    ms(phase.to - phase.from),
    phase.about,
  ]);
  return section('Time', table('Phases of the call', ['Phase', 'When', 'From', 'Took', 'Doing'], rows, 'times'));
}

function stretch({ key, from, to }, end) {
  const styles = { left: `${(100 * from) / end}%`, width: `${(100 * (to - from)) / end}%` };
  return el('span', { class: 'track' }, place(el('span', { class: `phase ${key}` }), styles));
}

/** The bytes that had left at each moment, as the transport told; null where none was told. */
export function progress(record) {
  const pairs = record.progress.filter((pair) => pair.length > 1);
  if (!pairs.length) return null;
  const total = bodyBytes(record);
  const last = pairs.at(-1);
  const end = Math.max(record.times.end ?? 0, last[0], Number.MIN_VALUE);
  const told = `${bytes(last[1])} of ${count(total)} had left after ${ms(last[0])}, in ${count(pairs.length)} steps`;
  return section('Progress', el('p', null, told), chart(pairs, total || 1, end, told));
}

function chart(pairs, total, end, label) {
  const x = (at) => EDGE.left + ((WIDTH - EDGE.left - EDGE.right) * at) / end;
  const y = (sent) => HEIGHT - EDGE.bottom - ((HEIGHT - EDGE.top - EDGE.bottom) * Math.min(sent, total)) / total;
  const steps = pairs.map(([at, sent]) => `H${x(at).toFixed(1)}V${y(sent).toFixed(1)}`).join('');
  const line = `M${x(0)} ${y(0)}${steps}`;
  const marks = ticks(0, end, 5).map((at) => svg('text', { class: 'tick', x: x(at), y: HEIGHT - 4 }, ms(at)));
  return svg(
    'svg',
    { class: 'chart', role: 'img', 'aria-label': label, viewBox: `0 0 ${WIDTH} ${HEIGHT}` },
    svg('line', { class: 'cap', x1: x(0), x2: x(end), y1: y(total), y2: y(total) }),
    svg('path', { class: 'area', d: `${line}V${y(0)}Z` }),
    svg('path', { class: 'line', d: line }),
    marks,
  );
}
