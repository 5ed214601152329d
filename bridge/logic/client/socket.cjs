// The thread that holds the socket: the test's own thread may stand still until an answer comes.
'use strict';

const { workerData } = require('node:worker_threads');

const { url, port, gate } = workerData;
const early = [];
const socket = new WebSocket(url);
let opened = false;

function tell(text) {
  port.postMessage(text);
  Atomics.add(gate, 0, 1);
  Atomics.notify(gate, 0);
}

port.on('message', (text) => {
  if (!opened) early.push(text);
  else socket.send(text);
});
port.on('close', () => socket.close());

socket.onopen = () => {
  opened = true;
  early.splice(0).forEach((text) => socket.send(text));
};
socket.onmessage = ({ data }) => tell(data);
socket.onclose = ({ code, reason }) => tell(JSON.stringify({ type: 'closed', code, reason, opened }));
// Node 20 says nothing more of a socket that never opened.
socket.onerror = () => {
  if (!opened) {
    socket.onclose({ code: 1006, reason: '' });
    socket.onclose = null;
  }
};
