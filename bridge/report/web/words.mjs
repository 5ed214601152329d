// How numbers, names and sources are told to people.

const MS_DIGITS = 10;
const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** Milliseconds: two figures below ten, whole ones below ten thousand, then larger units. */
export function ms(value) {
  if (value === null || value === undefined) return '–';
  if (value < MS_DIGITS) return `${Number(value.toPrecision(2))} ms`;
  const unit = UNITS.find(([size]) => value >= size * MS_DIGITS || (size === 1000 && value >= size));
  return unit ? `${Number((value / unit[0]).toPrecision(3))} ${unit[1]}` : `${Math.round(value)} ms`;
}

/** A count with its digits grouped. */
export function count(value) {
  return value.toLocaleString('en');
}

/** A count of things: `1 call`, `2 calls`. */
export function counted(value, thing) {
  return `${count(value)} ${thing}${value === 1 ? '' : 's'}`;
}

/** Bytes, exact. */
export function bytes(value) {
  return counted(value, 'byte');
}

/** A moment as the reader's clock shows it. */
export function moment(epoch) {
  const date = new Date(epoch);
  return Number.isNaN(date.getTime()) ? 'no time' : date.toLocaleString();
}

const STATUSES = {
  recorded: ['recorded', 'a real device answered so'],
  documented: ['documented', "the host's own page says so"],
  seen_in_code: ['seen in code', 'read in public code, not on a page'],
  reported: ['reported', 'developers say so, in forums, issues or logs'],
  inferred: ['inferred', 'no source settles it: the likeliest reading'],
};

/** The word for how a fact is known, and what the word means. */
export function standing(status) {
  return STATUSES[status] ?? [status, ''];
}

const PAGE = /^[\w-]+(\.[\w-]+)+(\/\S*)?$/;
const REPOSITORY = /^([\w-]+\/[\w.-]+?)(?:#(\d+)| .+)?$/;
const URL_TEXT = /^https?:\/\/\S+$/;

/** Where the address of a source leads; null where it is only words. */
export function href(address) {
  if (URL_TEXT.test(address)) return address;
  if (PAGE.test(address)) return `https://${address}`;
  const found = REPOSITORY.exec(address);
  if (!found) return null;
  return `https://github.com/${found[1]}${found[2] ? `/issues/${found[2]}` : ''}`;
}
