// Everything about the chosen case: why it failed, where it was played, and what it expects.

import { sign, worst } from './caselist.mjs';
import { byId, el } from './dom.mjs';
import { inline, json } from './json.mjs';
import { cited } from './rules.mjs';
import { pairs, section } from './table.mjs';
import { counted } from './words.mjs';

const WHY = {
  elsewhere: 'it is about other targets',
  lacks: 'the target lacks',
  'says nothing': 'nothing is said of the target at',
  'cannot arrange': 'the engine cannot arrange',
  missing: 'there is no such function:',
};

/** The pane beside the list. */
export class CaseDetail {
  constructor({ targets, onClose }) {
    this.pane = byId('detail');
    this.targets = targets;
    this.onClose = onClose;
  }

  /** Shows a case; null closes the pane. */
  show(one) {
    this.pane.hidden = !one;
    document.body.classList.toggle('choosing', Boolean(one));
    if (one) this.pane.replaceChildren(this.head(one), this.panel(one));
  }

  focus() {
    byId('detail-title')?.focus();
  }

  head({ pairs: played, data }) {
    return el(
      'header',
      { class: 'detail-head' },
      el('h2', { id: 'detail-title', tabindex: -1 }, sign(worst(played)), el('span', null, data.id)),
      el('p', { class: 'quiet' }, data.title),
      el('button', { type: 'button', class: 'close', 'aria-label': 'Close', onclick: this.onClose }, '✕'),
    );
  }

  panel({ data }) {
    const parts = [this.failures(data), this.played(data), this.expectations(data), theCase(data)];
    return el('div', { id: 'panel', class: 'panel', role: 'region', 'aria-labelledby': 'detail-title', tabindex: 0 }, parts);
  }

  failures({ faults, errors }) {
    if (!faults.length && !errors.length) return null;
    return el(
      'section',
      { class: 'why' },
      el('h3', null, 'Why it failed'),
      errors.map(({ error, on }) => el('p', null, `on ${this.names(on)}: ${error}`)),
      faults.map((fault) => this.fault(fault)),
    );
  }

  fault({ that, expected, actual, source, on }) {
    return el(
      'div',
      { class: 'fault' },
      el('p', null, el('b', null, that), ', on ', this.names(on)),
      pairs([
        ['Expected', inline(expected)],
        ['But', inline(actual)],
      ]),
      source ? cited(source) : null,
    );
  }

  played({ passed, failed, skipped }) {
    const lists = [['failed', failed, ''], ['passed', passed, ''], ...skipped.map(({ why, what, on }) => ['skipped', on, because(why, what)])];
    const rows = lists.filter(([, on]) => on.length).map(([outcome, on, why]) => {
      const title = outcome === 'skipped' ? `not played on ${on.length}` : `${outcome} on ${on.length}`;
      return el('li', null, sign(outcome), ' ', el('b', null, title), why ? `, ${why}` : '', el('p', { class: 'targets' }, on.map((at) => this.target(at))));
    });
    return section('Targets', el('ul', { class: 'rules' }, rows));
  }

  target(at) {
    const { name, title } = this.targets[at];
    return el('span', { class: 'chip', title }, name);
  }

  expectations({ holds, faults, passed, failed }) {
    const played = passed.length + failed.length;
    if (!holds.length) return null;
    const items = holds.map(({ that, source, cites, on }) => {
      const bad = faults.some((fault) => fault.that === that && fault.on.some((at) => on.includes(at)));
      const where = on.length < played ? el('p', { class: 'quiet' }, `on ${this.names(on)}`) : null;
      const proves = cites.length ? el('p', { class: 'quiet' }, 'proves ', cites.flatMap((entry, at) => [at ? ', ' : '', el('code', null, entry)])) : null;
      return el('li', null, el('p', null, sign(bad ? 'failed' : 'passed'), ' ', that), source ? cited(source) : null, where, proves);
    });
    return section(counted(items.length, 'expectation'), el('ol', { class: 'rules' }, items));
  }

  names(on) {
    return on.map((at) => this.targets[at].name).join(', ');
  }
}

function because(why, what) {
  const words = WHY[why] ?? why;
  return why === 'elsewhere' ? words : `${words} ${what}`;
}

function theCase({ given, steps, file }) {
  return section('The case', el('details', null, el('summary', null, `What is given, and ${counted(steps.length, 'step')}${file ? `, from ${file}` : ''}`), json({ given, steps })));
}
