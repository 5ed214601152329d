// Search and filters: what the list is narrowed to.

import { byId, el } from './dom.mjs';
import { count } from './words.mjs';

/**
 * The controls above a list. `all` has the fields to choose among, each with its words for any value;
 * `onChange()` hears that one has changed.
 */
export class Filters {
  constructor({ all, onChange }) {
    this.all = all;
    this.fields = Object.keys(all);
    this.chosen = Object.fromEntries(this.fields.map((field) => [field, '']));
    this.onChange = onChange;
    this.search = byId('search');
    this.search.addEventListener('input', () => this.changed());
    this.search.form.addEventListener('submit', (event) => event.preventDefault());
    byId('clear').addEventListener('click', () => this.clear());
    for (const field of this.fields) {
      this.control(field).addEventListener('change', (event) => {
        this.chosen[field] = event.target.value;
        this.changed();
      });
    }
  }

  /** What to look for: words in lower case, and a value for each field, empty for any. */
  get wanted() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return { words, filters: this.chosen };
  }

  /** Whether anything is narrowed. */
  get active() {
    return this.search.value.trim() !== '' || this.fields.some((field) => this.chosen[field]);
  }

  clear() {
    this.search.value = '';
    for (const field of this.fields) this.chosen[field] = '';
    this.changed();
    this.search.focus();
  }

  /** Offers the values that there are, each with the number of things it leaves. */
  offer(counts) {
    byId('clear').hidden = !this.active;
    for (const field of this.fields) this.fill(field, counts[field]);
  }

  fill(field, counts) {
    const control = this.control(field);
    const all = [...counts.values()].reduce((sum, each) => sum + each, 0);
    // A value that nothing has any more stays while it is the chosen one.
    const values = new Set([...counts.keys(), this.chosen[field]].filter(Boolean));
    const told = [...values].sort().map((value) => [value, `${value} (${count(counts.get(value) ?? 0)})`]);
    write(control, [['', `${this.all[field]} (${count(all)})`], ...told]);
    control.value = this.chosen[field];
    control.classList.toggle('active', this.chosen[field] !== '');
  }

  control(field) {
    return byId(`filter-${field}`);
  }

  changed() {
    this.onChange();
  }
}

/** Makes these the options of a list; those that stay are kept, so that an open list stays open. */
function write(control, options) {
  options.forEach(([value, text], at) => {
    const there = control.options[at];
    if (there?.value !== value) control.insertBefore(el('option', { value }, text), there ?? null);
    else if (there.textContent !== text) there.textContent = text;
  });
  while (control.options.length > options.length) control.lastElementChild.remove();
}
