// The page of a check: its cases by capability, narrowed by filters, and the chosen one in full.

import { about, blocks, recordsOf } from './archive.mjs';
import { CaseDetail } from './casedetail.mjs';
import { CaseList } from './caselist.mjs';
import { Case, FIELDS, find } from './cases.mjs';
import { byId } from './dom.mjs';
import { Filters } from './filters.mjs';
import { listen, tell } from './keys.mjs';
import { offerThemes } from './theme.mjs';
import { count, counted } from './words.mjs';

const WIDE = '(min-width: 60.01rem)';
const ALL = { target: 'all targets', group: 'all capabilities', outcome: 'any outcome', known: 'any source' };
const KEYS = [
  ['/', 'search'],
  ['↑ ↓', 'the case before or after'],
  ['Home End', 'the first or last case'],
  ['Page Up, Page Down', 'ten cases back or on'],
  ['Enter', 'go to the chosen case'],
  ['Escape', 'close the chosen case, then clear the filters'],
  ['?', 'this list'],
];

class Check {
  constructor({ title, targets }, cases) {
    this.cases = cases;
    this.filters = new Filters({ all: Object.fromEntries(FIELDS.map((field) => [field, ALL[field]])), onChange: () => this.update() });
    this.list = new CaseList({ targets, onChoose: (one) => this.choose(one), onOpen: () => this.detail.focus() });
    this.detail = new CaseDetail({ targets, onClose: () => this.close() });
    document.title = `${title} – minibridge check`;
    byId('title').textContent = title;
    byId('help').addEventListener('click', () => tell(KEYS));
    offerThemes();
    listen({ '/': () => this.filters.search.focus(), '?': () => tell(KEYS), Escape: () => this.escape() });
    this.update();
    this.first();
  }

  /** Chooses the case that the address names, or else, where there is room, the first that failed. */
  first() {
    const named = decodeURIComponent(location.hash.slice(1));
    const failed = matchMedia(WIDE).matches && this.cases.find((one) => one.count('failed'));
    const one = this.cases.find(({ id }) => id === named) ?? failed;
    if (one) this.choose(one);
  }

  update() {
    const { found, counts } = find(this.cases, this.filters.wanted);
    this.filters.offer(counts);
    this.list.show(found);
    byId('totals').textContent = totals(found, this.cases);
  }

  choose(one) {
    // The pane takes room from the list, so it comes first.
    this.detail.show(one);
    this.list.choose(one);
    history.replaceState(null, '', one ? `#${one.id}` : '#');
  }

  close() {
    this.choose(null);
    this.list.focus();
  }

  escape() {
    if (this.list.chosen) this.close();
    else if (this.filters.active) this.filters.clear();
  }
}

function totals(found, all) {
  const outcomes = { passed: 0, failed: 0, skipped: 0 };
  for (const { pairs } of found) for (const { outcome } of pairs) outcomes[outcome] += 1;
  const cases = found.length === all.length ? counted(all.length, 'case') : `${count(found.length)} of ${counted(all.length, 'case')}`;
  const { passed, failed, skipped } = outcomes;
  return `${cases}: ${count(passed)} passed, ${count(failed)} failed, ${count(skipped)} not played`;
}

async function read() {
  const told = about();
  const read = await Promise.all(blocks().map(recordsOf));
  new Check(told, read.flat().map((data) => new Case(data, told.targets)));
}

read();
