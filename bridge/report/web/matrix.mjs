// The tables of facts: narrowed by words, subject, how a fact is known, and whether hosts differ.

import { byId, el } from './dom.mjs';
import { listen } from './keys.mjs';
import { offerThemes } from './theme.mjs';
import { count } from './words.mjs';

const FIELDS = ['search', 'filter-subject', 'filter-known', 'differing'];

/** One row of a table, with all that is looked for in it. */
class Row {
  constructor(node, subject) {
    this.node = node;
    this.subject = subject;
    this.alike = node.classList.contains('alike');
    const marks = [...node.querySelectorAll('a.source')];
    this.known = new Set(marks.map((mark) => mark.classList[1]));
    this.sources = new Set(marks.map((mark) => byId(decodeURIComponent(mark.hash.slice(1)))));
    const texts = [node, ...this.sources].map((each) => each.textContent);
    this.text = [node.id, ...texts].join('\n').toLowerCase();
  }

  meets({ words, subject, known, differing }) {
    const told = words.every((word) => this.text.includes(word));
    return told && (!subject || subject === this.subject) && (!known || this.known.has(known)) && !(differing && this.alike);
  }
}

function read() {
  const subjects = [...document.querySelectorAll('section.subject')];
  for (const section of subjects) {
    byId('filter-subject').append(el('option', { value: section.id }, section.querySelector('h3').textContent));
    // A source keeps its number where others are out of sight.
    [...section.querySelectorAll('.sources li')].forEach((source, at) => {
      source.value = at + 1;
    });
  }
  return subjects.flatMap((section) => [...section.querySelectorAll('tbody tr')].map((node) => new Row(node, section.id)));
}

function wanted() {
  return {
    words: byId('search').value.toLowerCase().split(/\s+/).filter(Boolean),
    subject: byId('filter-subject').value,
    known: byId('filter-known').value,
    differing: byId('differing').checked,
  };
}

function narrow(rows) {
  const want = wanted();
  const active = want.words.length > 0 || want.subject || want.known || want.differing;
  const left = new Set(rows.filter((row) => row.meets(want)));
  for (const row of rows) row.node.hidden = !left.has(row);
  const subjects = new Set([...left].map((row) => row.subject));
  for (const section of document.querySelectorAll('section.subject')) section.hidden = !subjects.has(section.id);
  const sources = new Set([...left].flatMap((row) => [...row.sources]));
  for (const source of document.querySelectorAll('.sources li')) source.hidden = !sources.has(source);
  for (const part of document.querySelectorAll('.about, .subjects')) part.hidden = Boolean(active);
  for (const id of ['filter-subject', 'filter-known']) byId(id).classList.toggle('active', byId(id).value !== '');
  byId('none').hidden = left.size > 0;
  byId('clear').hidden = !active;
  byId('totals').textContent = `${active ? `${count(left.size)} of ` : ''}${count(rows.length)} entries`;
}

function start() {
  const rows = read();
  offerThemes();
  byId('filters').hidden = false;
  byId('filters').addEventListener('submit', (event) => event.preventDefault());
  for (const id of FIELDS) byId(id).addEventListener('input', () => narrow(rows));
  const clear = () => {
    byId('filters').reset();
    narrow(rows);
    byId('search').focus();
  };
  byId('clear').addEventListener('click', clear);
  // A link to an entry that is narrowed away shows everything again.
  addEventListener('hashchange', () => {
    const end = byId(decodeURIComponent(location.hash.slice(1)));
    if (!end?.closest('[hidden]')) return;
    clear();
    end.scrollIntoView();
  });
  listen({ '/': () => byId('search').focus(), Escape: clear });
  narrow(rows);
}

start();
