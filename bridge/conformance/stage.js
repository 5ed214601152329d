// Plays a scene in an engine of the emulator: what crosses is text, as JSON of ours has keys that the bridge's messages
// keep for themselves. Each call answers with what has to be arranged before `goOn`, or with all that happened.
'use strict';

const { play } = require('./player.js');

let next;
let goOn;

function told() {
  return new Promise((resolve, reject) => {
    next = { resolve, reject };
  });
}

exports.begin = (text) => {
  const { scene, given, url, within, linger } = JSON.parse(text);
  const globals = {};
  scene.globals.forEach((name) => {
    globals[name] = globalThis[name];
  });
  const env = {
    globals,
    given,
    blob: (name) => ({ $file: given[name] }),
    url,
    within,
    linger,
    now: Date.now,
    later: setTimeout,
    forget: clearTimeout,
    arrange(what, resume) {
      goOn = resume;
      next.resolve(JSON.stringify({ arrange: what }));
    },
  };
  const answer = told();
  play(scene, env, (error, events) => {
    if (error) next.reject(error);
    else next.resolve(JSON.stringify({ events }));
  });
  return answer;
};

exports.resume = () => {
  const answer = told();
  goOn();
  return answer;
};
