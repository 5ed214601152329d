// Plays a scene on somebody's own file in a plain Node: a mock, or another simulator of the same host.
//
//   node subject.cjs ASKED.json ANSWER.json
//     asked.file      the subject
//     asked.main      the global it stands for; the subject itself may be it
//     asked.names     all globals that a scene may use, `main` among them
//     asked.wanted    [[global, function]]: answers which of them are missing, and plays nothing
//     asked.steps, asked.given, asked.url, asked.within, asked.linger
//                     a scene, as player.js takes it
//     asked.arranged  what the subject itself arranges before the first step
'use strict';

const { File } = require('buffer');
const fs = require('fs');
const { pathToFileURL } = require('url');
const { play } = require('./player.js');

// A subject may put clocks of its own in the place of these.
const { setTimeout: later, clearTimeout: forget, Date: { now } } = globalThis;
const [asked, answerFile] = [JSON.parse(fs.readFileSync(process.argv[2], 'utf8')), process.argv[3]];
const stray = [];

function answer(told) {
  fs.writeFileSync(answerFile, JSON.stringify(told));
  process.exit(0);
}

function refuse(error) {
  answer({ error: String((error && error.message) || error) });
}

function usable(value) {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function isEmpty(value) {
  return Object.keys(value).every((key) => key === 'default' || key === 'minibridge' || key === '__esModule')
    && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

function globalsOf(exported) {
  const whole = exported.default === undefined ? exported : exported.default;
  const places = [exported, whole, globalThis].filter(usable);
  const globals = {};
  asked.names.forEach((name) => {
    const place = places.find((each) => usable(each[name]));
    if (place !== undefined) globals[name] = place[name];
  });
  if (!globals[asked.main] && usable(whole) && !isEmpty(whole)) globals[asked.main] = whole;
  return globals;
}

function hookOf(exported) {
  const hook = exported.minibridge || (exported.default && exported.default.minibridge) || {};
  return { arranges: hook.arranges || [], arrange: (what) => hook.arrange(what) };
}

function missing(globals) {
  return asked.wanted.filter(([name, api]) => !globals[name] || typeof globals[name][api] !== 'function');
}

async function arrange(hook, what) {
  try {
    await hook.arrange(what);
  } catch (error) {
    throw new Error(`its minibridge.arrange failed: ${error && error.message}`);
  }
}

async function playOn(globals, hook) {
  if (Object.keys(asked.arranged).length) await arrange(hook, asked.arranged);
  const env = {
    globals,
    given: asked.given,
    blob: (name) => new File([fs.readFileSync(asked.given[name])], name),
    url: asked.url,
    within: asked.within,
    linger: asked.linger,
    now,
    later,
    forget,
    arrange: (what, goOn) => arrange(hook, what).then(goOn, refuse),
  };
  play({ steps: asked.steps }, env, (error, events) => {
    if (error) refuse(error);
    else answer({ events, stray });
  });
}

async function main() {
  let exported;
  try {
    exported = await import(pathToFileURL(asked.file).href);
  } catch (error) {
    answer({ error: `it cannot be loaded: ${String(error)}` });
  }
  const globals = globalsOf(exported);
  const hook = hookOf(exported);
  if (asked.wanted) answer({ found: Object.keys(globals), missing: missing(globals), arranges: hook.arranges });
  await playOn(globals, hook);
}

// A callback may throw, as some cases ask; the subject has to live with that, and so does this.
process.on('uncaughtException', (error) => stray.push(String((error && error.message) || error)));
main().catch(refuse);
