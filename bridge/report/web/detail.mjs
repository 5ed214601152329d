// Everything about the chosen call, on tabs.

import { callbacks } from './callbacks.mjs';
import { byId, el } from './dom.mjs';
import { json } from './json.mjs';
import { sign } from './list.mjs';
import { options } from './options.mjs';
import { request, response } from './request.mjs';
import { reasons, rule, rules } from './rules.mjs';
import { pairs, section } from './table.mjs';
import { progress, timing } from './timing.mjs';
import { counted, moment, ms } from './words.mjs';

const TABS = [
  ['summary', 'Summary', summary],
  ['options', 'Options and rules', (record) => [options(record), rules(record)]],
  ['request', 'Request', request],
  ['response', 'Response', response],
  ['callbacks', 'Callbacks', callbacks],
  ['record', 'Record', (record) => section('The record, as the trace has it', json(record))],
];

/** The pane beside the list. */
export class Detail {
  constructor({ store, onClose, onCompare, onMark }) {
    this.pane = byId('detail');
    this.store = store;
    this.on = { onClose, onCompare, onMark };
    this.tab = 'summary';
  }

  /** Shows a call; null closes the pane. */
  async show(call, marked) {
    this.call = call;
    this.pane.hidden = !call;
    document.body.classList.toggle('choosing', Boolean(call));
    if (!call) return;
    this.pane.setAttribute('aria-busy', 'true');
    const record = await this.store.record(call);
    // Another call may have been chosen while this one was unpacked.
    if (this.call !== call) return;
    this.record = record;
    this.pane.replaceChildren(this.head(call, marked), this.tabs(), this.panel());
    this.pane.setAttribute('aria-busy', 'false');
  }

  /** Shows what has changed of the chosen call, and leaves what the reader is at where it is. */
  async refresh(call) {
    if (!call || call !== this.call || !this.record) return;
    const record = await this.store.record(call);
    const panel = byId('panel');
    // Whoever is inside is not disturbed: the next change, or another tab, shows it all.
    const inside = panel?.contains(document.activeElement) && document.activeElement !== panel;
    if (call !== this.call || !panel) return;
    this.record = record;
    this.pane.querySelector('.sign').replaceWith(sign(call.outcome));
    if (inside && call.outcome === 'unfinished') return;
    const { scrollTop } = panel;
    const folds = [...panel.querySelectorAll('details')].map((fold) => fold.open);
    panel.replaceChildren(...this.parts());
    panel.querySelectorAll('details').forEach((fold, at) => {
      fold.open = folds[at] ?? fold.open;
    });
    panel.scrollTop = scrollTop;
  }

  head(call, marked) {
    const peers = this.store.peers(call).length;
    const title = this.store.title(call.target);
    return el(
      'header',
      { class: 'detail-head' },
      el('h2', { id: 'detail-title', tabindex: -1 }, sign(call.outcome), el('span', null, call.target), el('code', null, call.api)),
      title ? el('p', { class: 'quiet' }, title) : null,
      el(
        'div',
        { class: 'actions' },
        el('button', { type: 'button', onclick: () => this.on.onCompare(call) }, peers ? `Compare with ${counted(peers, 'target')}` : 'Compare'),
        el('button', { type: 'button', 'aria-pressed': String(marked), onclick: () => this.on.onMark(call) }, marked ? '★ Marked' : '☆ Mark'),
        el('button', { type: 'button', class: 'close', 'aria-label': 'Close', onclick: this.on.onClose }, '✕'),
      ),
    );
  }

  tabs() {
    const buttons = TABS.map(([key, title]) => {
      const on = key === this.tab;
      const attributes = { id: `tab-${key}`, type: 'button', role: 'tab', 'aria-selected': String(on) };
      return el('button', { ...attributes, 'aria-controls': 'panel', tabindex: on ? 0 : -1, onclick: () => this.turn(key) }, title);
    });
    return el('div', { class: 'tabs', role: 'tablist', 'aria-label': 'About the call', onkeydown: (event) => this.key(event) }, buttons);
  }

  parts() {
    const [, , draw] = TABS.find(([key]) => key === this.tab);
    return [draw(this.record)].flat().filter(Boolean);
  }

  panel() {
    const attributes = { id: 'panel', class: 'panel', role: 'tabpanel', 'aria-labelledby': `tab-${this.tab}`, tabindex: 0 };
    return el('div', attributes, this.parts());
  }

  turn(key) {
    this.tab = key;
    const [, tabs, panel] = this.pane.children;
    tabs.replaceWith(this.tabs());
    panel.replaceWith(this.panel());
    byId(`tab-${key}`).focus();
  }

  key(event) {
    const at = TABS.findIndex(([key]) => key === this.tab);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: TABS.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.turn(TABS[(next + TABS.length) % TABS.length][0]);
  }

  focus() {
    byId('detail-title')?.focus();
  }
}

function summary(record) {
  const { outcome, conditions, not_emulated: missing, profile_overrides: overrides } = record;
  const facts = [
    ['Made', moment(record.started)],
    ['Took', record.times.end === null ? 'not ended' : ms(record.times.end)],
    ['Reason', outcome.reason && el('code', null, outcome.reason)],
    ['Detail', typeof outcome.detail === 'string' ? outcome.detail : JSON.stringify(outcome.detail)],
    ['Network', conditions.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join(', ')],
    ['Set by the test', Object.entries(overrides).map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join(', ')],
    ['Not emulated', missing.join(', ')],
  ];
  const decided = outcome.reason ? reasons(record) : [];
  return [
    decided.length ? el('section', { class: 'why' }, el('h3', null, 'Why it failed'), decided.map(rule)) : null,
    section('Call', pairs(facts)),
    timing(record),
    progress(record),
    record.times.end === null ? null : section(outcome.ok ? 'Result' : 'What the host said', json(outcome.result)),
  ];
}
