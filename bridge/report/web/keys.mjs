// The keyboard: what each key does, and the dialog that tells.

import { byId, el } from './dom.mjs';

const KEYS = [
  ['/', 'search'],
  ['↑ ↓', 'the call before or after'],
  ['Home End', 'the first or last call'],
  ['Page Up, Page Down', 'a screen of calls back or on'],
  ['Enter', 'go to the chosen call'],
  ['← →', 'another tab, on the tabs'],
  ['c', 'mark the chosen call for comparison'],
  ['d', 'compare: the marked calls, or the same call on other targets'],
  ['a', 'align the starts of all calls, or go by the clock'],
  ['z', 'look closer at the chosen call, or at the whole time'],
  ['Escape', 'close what is open, then clear the search'],
  ['?', 'this list'],
];

/** Has keys act anywhere on the page but in fields; `acts` maps a key to a function. */
export function listen(acts) {
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, select, textarea');
    if (event.altKey || event.ctrlKey || event.metaKey || byId('keys').open) return;
    if (event.defaultPrevented || (typing && event.key !== 'Escape')) return;
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** Shows what the keys do. */
export function tell() {
  const dialog = byId('keys');
  const rows = KEYS.map(([key, does]) => el('div', null, el('dt', null, el('kbd', null, key)), el('dd', null, does)));
  const close = el('button', { type: 'button', onclick: () => dialog.close() }, 'Close');
  dialog.replaceChildren(el('h2', { id: 'keys-title' }, 'Keys'), el('dl', { class: 'pairs' }, rows), close);
  dialog.showModal();
}
