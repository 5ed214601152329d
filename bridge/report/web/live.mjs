// A page of calls that are happening: it asks its server for what is new, again where it was cut off.

import { start } from './app.mjs';
import { counted } from './words.mjs';

const GROWS_EVERY = 400;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8000;
const STATES = {
  on: 'live',
  over: 'ended',
  lost: 'no connection, trying again',
  refused: 'this address is out of date: open the one that was printed last',
};

const page = start({ live: true });
let key = '';
let at = 0;
let ahead = 0;

async function watch() {
  key = keyOf(location.hash);
  page.settle('connecting…');
  setInterval(() => page.grow(Date.now() + ahead), GROWS_EVERY);
  let pause = FIRST_PAUSE;
  for (;;) {
    const before = at;
    const state = await listen().catch(() => 'lost');
    if (state !== 'lost') return say(state);
    say('lost');
    pause = at > before ? FIRST_PAUSE : Math.min(LONGEST_PAUSE, pause * 2);
    await new Promise((done) => setTimeout(done, pause));
  }
}

/** Takes in what is told until the connection ends; how it ended comes back. */
async function listen() {
  const answer = await fetch(`/calls?since=${at}`, { headers: { Authorization: `Bearer ${key}` }, cache: 'no-store' });
  if (!answer.ok) return 'refused';
  say('on');
  let state = 'lost';
  for await (const line of lines(answer.body)) state = take(JSON.parse(line)) ?? state;
  return state;
}

function take({ title, over, now, at: told, targets, dropped, calls }) {
  if (over) return 'over';
  if (title) page.tell({ title, targets: {}, skipped: [], leftOut: 0 });
  if (!calls) return null;
  ahead = now - Date.now();
  at = told;
  const skipped = dropped ? [`${counted(dropped, 'earlier call')} found no room here: --trace keeps all`] : [];
  page.tell({ targets, skipped, leftOut: 0 });
  page.add(calls, null, now);
  page.settle('');
  return null;
}

async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const [first, ...others] = value.split('\n');
    rest.push(first);
    for (const other of others) {
      yield rest.join('');
      rest = [other];
    }
  }
}

function say(state) {
  page.say(state, STATES[state]);
  if (state === 'refused') page.settle(STATES[state]);
}

/** The token of the address, which is then taken out of sight; a tab that reloads has kept it. */
function keyOf(hash) {
  try {
    if (hash.length > 1) sessionStorage.setItem('key', hash.slice(1));
    history.replaceState(null, '', '/');
    return sessionStorage.getItem('key') ?? '';
  } catch {
    return hash.slice(1);
  }
}

watch();
