// Light or dark: as the reader's system has it, or as chosen here.

import { byId } from './dom.mjs';

const THEMES = ['auto', 'light', 'dark'];

/** Has the button of the bar turn to the next. */
export function offerThemes() {
  byId('theme').addEventListener('click', () => {
    const root = document.documentElement;
    const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? 'auto') + 1) % THEMES.length];
    root.dataset.theme = next;
    byId('theme').textContent = `Theme: ${next}`;
  });
}
