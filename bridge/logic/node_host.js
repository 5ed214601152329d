// Runs mini-programs in Node, one after the other, turn by turn: a line in, whatever it causes, then the next line.
//
// Nothing moves between turns but Promise jobs, so order depends on the order of messages alone.
'use strict';

const fs = require('fs');
const path = require('path');
const vm = require('vm');

const IN = 0;
const OUT = 1;
const BAD_LINE = 2;
const CHUNK = 1 << 16;
const waiting = [];
let program;
let rest = Buffer.alloc(0);

function write(message) {
  const line = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < line.length; ) {
    try {
      at += fs.writeSync(OUT, line, at);
    } catch (error) {
      // Nobody reads any more.
      if (error.code === 'EPIPE') process.exit(0);
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

// Blocks until something has come; nothing is left of an ended input.
function readChunk() {
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (;;) {
    try {
      return chunk.subarray(0, fs.readSync(IN, chunk, 0, CHUNK, null));
    } catch (error) {
      if (error.code === 'EOF') return chunk.subarray(0, 0);
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function readMessage() {
  const pieces = [];
  for (let end = rest.indexOf(10); end < 0; end = rest.indexOf(10)) {
    pieces.push(rest);
    rest = readChunk();
    if (rest.length === 0) process.exit(0);
  }
  const end = rest.indexOf(10);
  pieces.push(rest.subarray(0, end));
  rest = rest.subarray(end + 1);
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch (error) {
    fs.writeSync(2, `not a message: ${error.message}\n`);
    return process.exit(BAD_LINE);
  }
}

// An error of the parser names the place in decorations of its own; give it a frame instead.
function placed(error) {
  const [place, , mark] = String(error.stack).split('\n');
  error.stack = `${error.name}: ${error.message}\n    at ${place}:${mark.indexOf('^') + 1}`;
  return error;
}

function script(name) {
  const file = path.join(__dirname, name);
  return new vm.Script(fs.readFileSync(file, 'utf8'), { filename: `minibridge:${name}` });
}

const SHIM = script('shim.js');
const PROGRAM = script('program.js');

// A context of its own for a mini-program: what an earlier one left running is heard no more.
function newProgram() {
  const context = vm.createContext({}, { name: 'mini-program' });
  const scope = vm.runInContext('globalThis.global = globalThis', context);
  const own = {};
  const port = {
    turns: true,
    send(message) {
      if (own === program) write(message);
    },
    call(message) {
      write(message);
      for (;;) {
        const answer = readMessage();
        if (answer.sync && answer.callbackId === message.callbackId) return answer;
        waiting.push(answer);
      }
    },
    read(file) {
      try {
        return fs.readFileSync(file, 'utf8');
      } catch {
        return null;
      }
    },
    compile(source, filename, names) {
      try {
        return vm.compileFunction(source, names, { filename, parsingContext: context });
      } catch (error) {
        throw placed(error);
      }
    },
  };
  own.shim = SHIM.runInContext(context)(scope, port);
  own.turn = PROGRAM.runInContext(context)(scope, port, own.shim);
  return own;
}

function begin() {
  waiting.length = 0;
  program = newProgram();
  write({ type: 'hello', v: 1, token: '', session: '', target: '' });
}

process.on('unhandledRejection', (reason) => program.shim.report('unhandled', reason, 'unhandled rejection'));

function next() {
  const message = waiting.length ? waiting.shift() : readMessage();
  if (message.type === 'close') process.exit(0);
  if (message.type === 'reset') {
    begin();
    setImmediate(next);
    return;
  }
  // Promise jobs and reports of unhandled rejections come before what is queued here.
  setImmediate(() => {
    write({ type: 'turn' });
    next();
  });
  program.turn(message);
}

begin();
next();
//# sourceURL=minibridge:node_host.js
