// What a call was doing when: the record's moments, as phases that follow each other.

/** The phase that each moment of a record begins, in the order of a call. */
export const PHASES = [
  ['invoked', 'Checking', 'options, rules and files'],
  ['queued', 'Queued', 'waiting for a slot of the host'],
  ['dequeued', 'Preparing', 'a slot is free, nothing is dialled yet'],
  ['dns', 'DNS', 'looking the name up'],
  ['connect', 'Connecting', 'TCP'],
  ['tls', 'TLS', 'handshake'],
  ['send', 'Sending', 'request head and body'],
  ['sent', 'Waiting', 'for the first byte of the answer'],
  ['first_byte', 'Receiving', 'the answer'],
  ['end', 'Callbacks', 'running in the mini-program after the call has settled'],
];

/**
 * The phases of a record as `{key, name, about, from, to}`, in milliseconds from the call.
 *
 * An answer that begins before the last byte was sent makes two phases overlap; the earlier then
 * keeps its time, and the later gets what is left. The last one of a call in flight lasts until it
 * was `seen`.
 */
export function phasesOf(record, seen = 0) {
  const last = lastMoment(record, seen);
  const end = record.times.end ?? last;
  const found = [];
  for (const [key, name, about] of PHASES) {
    const at = record.times[key];
    if (at === null || at === undefined) continue;
    const from = Math.max(found.at(-1)?.from ?? 0, Math.min(at, end));
    if (found.length) found.at(-1).to = from;
    found.push({ key, name, about, from, to: key === 'end' ? last : end });
  }
  return found.filter((phase) => phase.to > phase.from);
}

/** When the last thing of a record happened, in milliseconds from the call. */
export function lastMoment(record, seen = 0) {
  const times = Object.values(record.times).filter((at) => typeof at === 'number');
  const heard = record.callbacks.map((callback) => callback.ms);
  const sent = record.progress.map(([at]) => at ?? 0);
  return [...times, ...heard, ...sent].reduce((most, at) => Math.max(most, at), seen);
}

/** The bytes that a whole body has, as far as the record tells. */
export function bodyBytes(record) {
  if (record.times.end === null) return expected(record);
  const length = record.request?.headers.find(([name]) => name?.toLowerCase() === 'content-length');
  const most = record.progress.reduce((found, [, sent]) => Math.max(found, sent ?? 0), 0);
  return Math.max(Number(length?.[1]) || 0, record.request?.bytes ?? 0, most);
}

/** What a call in flight is to send, under whichever name its host tells it; 0 where it does not. */
function expected({ callbacks }) {
  const told = callbacks.findLast(({ name }) => name === 'progressUpdate')?.payload;
  return told?.totalBytesExpectedToSend ?? told?.totalBytesExpectedToWrite ?? 0;
}
