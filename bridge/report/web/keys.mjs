// The keyboard: what each key does, and the dialog that tells.

import { byId, el } from './dom.mjs';

/** Has keys act anywhere on the page but in fields; `acts` maps a key to a function. */
export function listen(acts) {
  document.addEventListener('keydown', (event) => {
    const typing = event.target.closest('input, select, textarea');
    if (event.altKey || event.ctrlKey || event.metaKey || byId('keys')?.open) return;
    if (event.defaultPrevented || (typing && event.key !== 'Escape')) return;
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** Shows what the keys do, as pairs of a key and its effect. */
export function tell(keys) {
  const dialog = byId('keys');
  const rows = keys.map(([key, does]) => el('div', null, el('dt', null, el('kbd', null, key)), el('dd', null, does)));
  const close = el('button', { type: 'button', onclick: () => dialog.close() }, 'Close');
  dialog.replaceChildren(el('h2', { id: 'keys-title' }, 'Keys'), el('dl', { class: 'pairs' }, rows), close);
  dialog.showModal();
}
