/* istanbul ignore file */
// The logic side of the bridge inside a JavaScript test runner on Node.
//
// It makes the globals of the target in the realm that loads it, and `minibridge` beside them.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const timers = require('node:timers');
const threads = require('node:worker_threads');
const { AsyncResource } = require('node:async_hooks');
const { randomUUID } = require('node:crypto');
const { makeControls } = require('./controls.cjs');
const { gone, openLine } = require('./line.cjs');

const VERSION = 1;
const SHIM = path.join(__dirname, '..', 'shim.js');
const OPEN = Symbol.for('minibridge.client');
// Before anything that waits for the same callback; where that is a fake already, a moment later.
const soon = process.nextTick.clock ? timers.setImmediate : process.nextTick;

// Evaluated here, so that every object a test sees belongs to the test's own realm.
function shimInstaller() {
  return (0, eval)(`${fs.readFileSync(SHIM, 'utf8')}\n//# sourceURL=file://${SHIM}`);
}

function raise(error) {
  soon(() => {
    throw error;
  });
}

// The numbers are unique over all kinds of task.
function taskOf(params) {
  return params.uploadTaskId || params.requestTaskId;
}

function keyOf(message) {
  return message.type === 'event' ? `task ${taskOf(message.params)}` : `call ${message.callbackId}`;
}

function isLast(message) {
  return message.type === 'callback' || ['success', 'fail'].includes(message.params.state);
}

// The calls in flight, each with the async context of the test that made it.
function callsInFlight(line) {
  const contexts = new Map();
  return {
    begin(key) {
      contexts.set(key, new AsyncResource('minibridge'));
      line.hold();
    },
    run(message, action) {
      const key = keyOf(message);
      const context = contexts.get(key);
      if (context && isLast(message)) contexts.delete(key);
      if (contexts.size === 0) line.letGo();
      if (context) context.runInAsyncScope(action);
      else action();
    },
  };
}

function connect(env) {
  const client = {};
  const line = openLine(env.MINIBRIDGE_URL, (message) => {
    if (message.type === 'closed') raise(gone(message));
    else client.calls.run(message, () => client.receive(message));
  });
  line.post({
    type: 'hello',
    v: VERSION,
    token: env.MINIBRIDGE_TOKEN || '',
    session: randomUUID(),
    target: env.MINIBRIDGE_TARGET || '',
  });
  client.line = line;
  client.ready = line.wait((message) => message.type === 'ready');
  client.calls = callsInFlight(line);
  return client;
}

function portOf({ line, calls }) {
  let turning = false;
  // What the test does before its next `await` is one turn.
  function endTurnSoon() {
    if (turning) return;
    turning = true;
    Promise.resolve().then(() => {
      turning = false;
      line.post({ type: 'turn' });
    });
  }
  return {
    turns: true,
    send(message, error) {
      if (message.type === 'report') {
        const { message: text, stack } = message;
        raise(error === undefined ? Object.assign(new Error(text), { stack: stack || text }) : error);
        return;
      }
      line.post(message);
      calls.begin(keyOf(message));
    },
    call(message) {
      line.post(message);
      if (message.inTurn) endTurnSoon();
      const answer = line.wait((one) => one.type === 'callback' && one.callbackId === message.callbackId);
      if (answer.result && taskOf(answer.result)) calls.begin(`task ${taskOf(answer.result)}`);
      return answer;
    },
  };
}

// The shim counts its calls upwards from 1, the controls downwards.
function asker(port, shim) {
  let callbackId = 0;
  return (event, params) => {
    callbackId -= 1;
    const call = { type: 'invoke', callbackId, event: `control.${event}`, params: shim.encode(params), sync: true };
    const { error, result } = port.call(call);
    if (error !== undefined) throw new Error(error);
    return shim.decode(result);
  };
}

exports.open = function open(scope, env = process.env) {
  if (threads[OPEN]) threads[OPEN].close();
  const client = connect(env);
  const port = portOf(client);
  const shim = shimInstaller()(scope, port);
  client.receive = shim.receive;
  shim.ready(client.ready);
  Object.assign(process.env, client.ready.env);
  const { MINIBRIDGE_SINK_URL: url, MINIBRIDGE_TARGET: target } = client.ready.env;
  scope.minibridge = makeControls(asker(port, shim), { url, target });
  // One session at a time in each thread: a test file's ends the one before.
  threads[OPEN] = client.line;
  return client.line;
};
