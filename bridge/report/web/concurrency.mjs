// How many calls ran at once, and how many waited for a slot, over time.

// Records round when they began to whole milliseconds: a slot may seem to be freed so much too late,
// when the next call has already taken it.
const ROUNDING = 1;

/**
 * Steps `{at, running, waiting, cap}` of the busiest bridge at each moment.
 *
 * Each bridge has slots of its own for each API, so calls are counted apart by these; at any moment
 * the fullest is shown. `cap` is null where nothing limits it or the limit is not known.
 */
export function concurrency(calls, axis, capOf) {
  const slots = new Map();
  const steps = [];
  for (const { at, call, running, waiting } of events(calls, axis)) {
    const name = `${call.target} ${call.run} ${call.api}`;
    const slot = slots.get(name) ?? { running: 0, waiting: 0, cap: capOf(call) ?? null };
    slot.running += running;
    slot.waiting += waiting;
    if (slot.running || slot.waiting) slots.set(name, slot);
    else slots.delete(name);
    const step = { at, ...fullest(slots) };
    if (steps.at(-1)?.at === at) steps[steps.length - 1] = step;
    else steps.push(step);
  }
  return steps;
}

/** The most that ran and waited, and the step at which most ran. */
export function peak(steps) {
  const fuller = (a, b) => b.running - a.running || (a.cap === null && b.cap !== null);
  const most = steps.reduce((a, b) => (fuller(a, b) > 0 ? b : a), { running: 0, cap: null });
  return { ...most, waiting: steps.reduce((found, step) => Math.max(found, step.waiting), 0) };
}

function events(calls, axis) {
  const found = [];
  for (const call of calls) {
    if (call.queued === null) continue;
    const start = axis.at ? axis.at(call.started) : 0;
    const [asked, end] = [start + call.queued, start + (call.ended ?? call.last)];
    const taken = call.dequeued === null ? end : start + call.dequeued;
    if (taken > asked) {
      found.push({ at: asked, call, running: 0, waiting: 1 }, { at: taken, call, running: 0, waiting: -1 });
    }
    if (call.dequeued !== null) {
      const freed = Math.max(end - ROUNDING, (taken + end) / 2);
      found.push({ at: taken, call, running: 1, waiting: 0 }, { at: freed, call, running: -1, waiting: 0 });
    }
  }
  // Of what happens at the same moment slots are freed first: the next call takes the same one.
  return found.sort((a, b) => a.at - b.at || a.running - b.running);
}

function fullest(slots) {
  let found = { running: 0, waiting: 0, cap: null };
  for (const slot of slots.values()) {
    if (slot.running + slot.waiting > found.running + found.waiting) found = slot;
  }
  return { ...found };
}
