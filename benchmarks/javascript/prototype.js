// The least a Node child can be: a line in, a turn, the lines it caused out. No emulator.
//
// node prototype.js guarded|bare. `guarded` runs each turn as a script of a `vm` context with a
// time limit, Promise jobs included; `bare` calls into its own realm and has no limit.
'use strict';

const fs = require('fs');
const path = require('path');
const vm = require('vm');

const CHUNK = 1 << 16;
const TURN_MS = 10_000;
const guarded = process.argv[2] === 'guarded';
const loops = fs.readFileSync(path.join(__dirname, 'loops.js'), 'utf8');
const chunk = Buffer.allocUnsafe(CHUNK);
const waiting = [];
const outbox = [];
let rest = '';
let turn;

const PROGRAM = `(function (post, ask, loops) {
  const calls = new Map();
  let ids = 0;
  const later = (callback) => {
    ids += 1;
    calls.set(ids, callback);
    post({ id: ids, api: 'setStorage', args: { key: 'k', data: 'v' } });
  };
  const now = () => {
    ids += 1;
    return ask({ id: ids, api: 'getStorageSync', args: ['k'], sync: true }).result;
  };
  const own = {};
  loops(own);
  const runs = own.loops(later, now);
  return (line) => {
    const message = JSON.parse(line);
    if (message.run) {
      Promise.resolve(runs[message.run](message.count)).then(() => post({ ran: message.run }));
      return;
    }
    const callback = calls.get(message.id);
    calls.delete(message.id);
    callback(message.result);
  };
})`;

function flush() {
  if (outbox.length) fs.writeSync(1, outbox.splice(0).join(''));
}

function post(message) {
  outbox.push(`${JSON.stringify(message)}\n`);
}

function readLine() {
  for (;;) {
    const end = rest.indexOf('\n');
    if (end >= 0) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      return line;
    }
    // Every line is ASCII, as Python's JSON is.
    const size = fs.readSync(0, chunk, 0, CHUNK, null);
    if (size === 0) process.exit(0);
    rest += chunk.toString('latin1', 0, size);
  }
}

function ask(message) {
  post(message);
  flush();
  for (;;) {
    const line = readLine();
    const answer = JSON.parse(line);
    if (answer.id === message.id) return answer;
    waiting.push(line);
  }
}

function newContext() {
  const context = guarded ? vm.createContext({}, { microtaskMode: 'afterEvaluate' }) : null;
  const inside = (text) => (guarded ? vm.runInContext(text, context) : vm.runInThisContext(text));
  const receive = inside(PROGRAM)(post, ask, inside(`(function (exports) {${loops}\n})`));
  if (!guarded) return receive;
  const script = new vm.Script('receive(line)');
  context.receive = receive;
  return (line) => {
    context.line = line;
    script.runInContext(context, { timeout: TURN_MS });
  };
}

function next() {
  flush();
  const line = waiting.length ? waiting.shift() : readLine();
  if (line === 'context') turn = newContext();
  else turn(line);
  setImmediate(next);
}

turn = newContext();
next();
