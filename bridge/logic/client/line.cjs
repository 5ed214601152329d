/* istanbul ignore file */
// A line to the native side: messages go out at once; answers come as events, or are waited for.
'use strict';

const path = require('node:path');
const timers = require('node:timers');
const { MessageChannel, Worker, receiveMessageOnPort } = require('node:worker_threads');

// Node 20 has a WebSocket only by this flag, which is nobody's business but the socket's thread.
const OLD_NODE = 22;
const FLAGS = Number.parseInt(process.versions.node, 10) < OLD_NODE ? ['--experimental-websocket'] : [];
const PATIENCE_MS = 30_000;
const MIB = 2 ** 20;
const LONGEST = 64 * MIB;
// The module's own function: fake timers replace the global one.
const { setImmediate: immediately } = timers;

function gone({ code, reason, opened }) {
  const broken = opened ? 'it broke off' : 'nothing answers there';
  const why = reason || (code === 1006 ? broken : 'it ended');
  return new Error(`minibridge: no connection to ${process.env.MINIBRIDGE_URL}: ${why} (${code})`);
}

// The bridge would end the session for it.
function checkSize(text) {
  const size = Buffer.byteLength(text);
  if (size <= LONGEST) return;
  const mib = Math.ceil(size / MIB);
  throw new RangeError(`minibridge: a message of ${mib} MiB is longer than the ${LONGEST / MIB} MiB that the bridge takes`);
}

exports.openLine = function openLine(url, receive) {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(path.join(__dirname, 'socket.cjs'), {
    env: {},
    execArgv: [...FLAGS, '--no-warnings'],
    workerData: { url, port: port2, gate },
    transferList: [port2],
  });
  const queued = [];
  let open = true;
  let end = null;

  // What ended keeps nothing alive, answers nothing, and takes nothing more.
  function read(text) {
    const message = JSON.parse(text);
    if (message.type === 'closed') {
      end = message;
      port.unref();
    }
    return message;
  }

  function check() {
    if (end) throw gone(end);
  }

  function deliver() {
    while (open && queued.length) receive(queued.shift());
  }

  function take() {
    for (;;) {
      const seen = Atomics.load(gate, 0);
      const taken = receiveMessageOnPort(port);
      // Text crosses, not objects: those would belong to another realm than the test's.
      if (taken) return read(taken.message);
      if (Atomics.wait(gate, 0, seen, PATIENCE_MS) === 'timed-out') {
        throw new Error(`minibridge: no answer from ${url} within ${PATIENCE_MS / 1000} s`);
      }
    }
  }

  port.on('message', (text) => {
    queued.push(read(text));
    deliver();
  });
  // A connection must not keep a runner alive; only a call in flight does.
  port.unref();
  worker.unref();

  return {
    post(message) {
      check();
      const text = JSON.stringify(message);
      checkSize(text);
      port.postMessage(text);
    },
    // Stands still until the wanted message is there; what comes before it is delivered later.
    wait(wanted) {
      for (;;) {
        check();
        const message = take();
        if (wanted(message)) return message;
        if (message.type === 'closed') throw gone(message);
        if (queued.push(message) === 1) immediately(deliver);
      }
    },
    hold() {
      if (!end) port.ref();
    },
    letGo: () => port.unref(),
    close() {
      open = false;
      port.close();
      return worker.terminate();
    },
  };
};

exports.gone = gone;
