// Two or more records, fact by fact: which facts differ, and which only by chance.

// The same patterns as in bridge/comparison/steady.py: what differs from run to run.
const CHANCE = [
  [/(?<![\da-z])02\d{13}[\da-f]{32}[\da-z]{6}(?![\da-z])/g, '<trace id>'],
  [/-{4}minibridge[\da-f]+/g, '<boundary>'],
  [/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, '<uuid>'],
  [/(?<![\da-f])[\da-f]{32}(?![\da-f])/g, '<hex>'],
  [/(?<!\d)1\d{12}(?!\d)/g, '<ms>'],
  [/[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT/g, '<date>'],
  [/127\.0\.0\.1:\d+/g, '<port>'],
];
const MEASURED = /(^|\.)profile\.|^Took$/;

/**
 * The facts of some records as rows `{part, name, values, differs}`.
 *
 * `values` has one value for each record, undefined where it has no such fact; `differs` tells for
 * each whether it is unlike the first one's, by more than chance. Objects are compared member by
 * member where all records have them, else whole.
 */
export function differences(records) {
  return PARTS.flatMap(({ part, of, none, some }) => {
    const found = records.map(of);
    if (found.includes(null)) return [row(part, '', found.map((each) => (each === null ? none : some)))];
    return walk(part, '', found);
  });
}

const PARTS = [
  { part: 'Outcome', of: outcomeOf },
  { part: 'Result', of: ({ outcome }) => outcome.result ?? {} },
  { part: 'Options as understood', of: ({ understood }) => understood, none: 'refused', some: 'understood' },
  { part: 'Options as given', of: unlikeUnderstood },
  { part: 'Decided by', of: ({ decisions }) => Object.fromEntries(decisions.map((one) => [one.rule, one.effect])) },
  { part: 'Request', of: requestOf, none: 'nothing was sent', some: 'sent' },
  { part: 'Answer', of: answerOf, none: 'nothing came back', some: 'came back' },
  { part: 'Callbacks', of: eventsOf },
];

function outcomeOf({ outcome, times, callbacks }) {
  const reason = outcome.reason ? { Reason: outcome.reason } : {};
  return { 'Ended in': outcome.ok ? 'success' : 'fail', ...reason, Took: times.end, Heard: sequence(callbacks) };
}

function unlikeUnderstood({ options, understood }) {
  return Object.fromEntries(Object.entries(options).filter(([key, value]) => !same(value, understood?.[key])));
}

function requestOf({ request }) {
  if (!request) return null;
  const parts = request.parts.map(({ name, filename, type, size, preview }, at) => {
    const text = typeof preview === 'string' ? { text: preview } : {};
    return [`part ${at + 1}`, { name, filename, type, size, ...text }];
  });
  const { method, url, headers } = request;
  return { method, url, ...Object.fromEntries(parts), header: headersOf(headers) };
}

function answerOf({ response }) {
  return response && { status: response.status, body: response.preview, header: headersOf(response.headers) };
}

function headersOf(headers) {
  return Object.fromEntries(headers.map(([name, value]) => [String(name).toLowerCase(), value]));
}

/** The last payload of each event but those that hand out the result. */
function eventsOf({ callbacks, outcome }) {
  const heard = callbacks.filter(({ payload }) => !same(payload, outcome.result));
  return Object.fromEntries(heard.map(({ name, payload }) => [name, payload]));
}

/** The names of what was heard; a progress event that came often counts once. */
function sequence(callbacks) {
  const names = callbacks.map(({ name }) => name);
  return names.filter((name, at) => name !== names[at - 1]).join(', ');
}

function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

function walk(part, path, values) {
  if (!values.every(isObject)) return [row(part, path, values)];
  const keys = new Set(values.flatMap((value) => Object.keys(value)));
  return [...keys].flatMap((key) => {
    const inner = values.map((value) => (Object.hasOwn(value, key) ? value[key] : undefined));
    return walk(part, path ? `${path}.${key}` : key, inner);
  });
}

function isObject(value) {
  return Boolean(value) && typeof value === 'object' && !Array.isArray(value);
}

function row(part, name, values) {
  const told = values.map((value) => steady(name, value));
  return { part, name, values, differs: told.map((text) => text !== told[0]) };
}

function steady(name, value) {
  if (value === undefined) return 'absent';
  if (MEASURED.test(name) && typeof value === 'number') return 'measured';
  return CHANCE.reduce((text, [pattern, word]) => text.replace(pattern, word), JSON.stringify(value));
}
