// Where moments lie on the time axis: in clock order, idle times cut short.

const LEAST_GAP = 1000;
const GAP_SHARE = 1 / 4;
const CUT_SHARE = 1 / 40;

/**
 * An axis for calls by the clock: `at(epoch)` is a place in milliseconds, `length` the last one,
 * `cuts` are the idle times that were shortened, as `{at, ms}`.
 *
 * A trace that several runs were added to has hours without a call between milliseconds with many.
 */
export function clockAxis(calls) {
  const busy = merged(calls);
  const worked = busy.reduce((sum, [from, to]) => sum + to - from, 0);
  const longest = Math.max(LEAST_GAP, worked * GAP_SHARE);
  const cut = Math.max(worked, 1) * CUT_SHARE;
  const pieces = [];
  const cuts = [];
  let place = 0;
  for (const [from, to] of busy) {
    const before = pieces.at(-1);
    const idle = before ? from - before.to : 0;
    if (idle > longest) cuts.push({ at: place + cut / 2, ms: idle });
    place += idle > longest ? cut : idle;
    pieces.push({ from, to, place });
    place += to - from;
  }
  return { at: (epoch) => placed(pieces, epoch), length: place || 1, cuts, from: pieces[0]?.from ?? 0 };
}

/** An axis on which every call begins at the same place. */
export function alignedAxis(calls) {
  const length = calls.reduce((most, call) => Math.max(most, call.last), 0) || 1;
  return { at: null, length, cuts: [], from: 0 };
}

/** Where a call begins on an axis. */
export function beginning(axis, call) {
  return axis.at ? axis.at(call.started) : 0;
}

/** Round steps that divide a stretch into at most so many pieces. */
export function ticks(from, to, most) {
  const least = (to - from) / most;
  const size = 10 ** Math.floor(Math.log10(least));
  const step = [1, 2, 5, 10].find((times) => times * size >= least) * size;
  const found = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) found.push(at);
  return found;
}

/** The stretches in which at least one call ran. */
function merged(calls) {
  const stretches = calls.map((call) => [call.started, call.started + call.last]);
  stretches.sort((a, b) => a[0] - b[0]);
  const found = [];
  for (const [from, to] of stretches) {
    const last = found.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else found.push([from, to]);
  }
  return found;
}

function placed(pieces, epoch) {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (pieces[middle].from <= epoch) low = middle;
    else high = middle - 1;
  }
  const piece = pieces[low];
  return piece ? piece.place + epoch - piece.from : 0;
}
