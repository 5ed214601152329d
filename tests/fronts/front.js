// Plays one plan against a global, and keeps what a mini-program can see of it. `fronts.py` plays
// the same plan from Python.
'use strict';

const scenes = [];

function copied(value) {
  if (Array.isArray(value)) return value.map(copied);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copied(inner)]));
}

// Whoever gets the next object must not see this.
function spoil(result) {
  result.spoilt = true;
  if (result.header) result.header.spoilt = true;
}

function described(made) {
  if (made === undefined) return { kind: 'undefined', members: [] };
  const members = Object.keys(made).filter((name) => !name.startsWith('_')).sort();
  const task = members.length > 0;
  const kind = typeof made.then === 'function' ? (task ? 'promise+task' : 'promise') : 'task';
  return { kind, members, ...('__returned' in made && { native: described(made.__returned) }) };
}

function answered(task, members) {
  const answers = {};
  for (const name of members.filter((each) => each !== 'abort')) {
    try {
      answers[name] = String(task[name]());
    } catch (error) {
      answers[name] = `throws ${error.message}`;
    }
  }
  return answers;
}

exports.begin = (plan) => {
  const { options } = plan;
  const scene = { heard: [], settled: null, stops: [] };
  let task;
  scene.stop = () => scene.stops.push(String(task.abort()));
  const hear = (name) => (result) => {
    scene.heard.push([name, copied(result)]);
    if (plan.abort === 'at 50 %' && result.progress >= 50) scene.stop();
    spoil(result);
    if (plan.throws.includes(name)) throw new Error(name);
  };
  for (const name of plan.functions) options[name] = () => {};
  for (const name of plan.callbacks) options[name] = hear(name);
  const made = globalThis[plan.global][plan.api](options);
  task = made && '__returned' in made ? made.__returned : made;
  scene.returned = described(made);
  scene.answers = answered(task, described(task).members);
  const listeners = {};
  for (const [member, label] of plan.steps) {
    if (label !== null && !listeners[label]) listeners[label] = hear(label);
    if (label === null) task[member]();
    else task[member](listeners[label]);
  }
  if (plan.abort === 'same tick' || plan.abort === 'twice') scene.stop();
  if (plan.abort === 'twice') scene.stop();
  scene.heard.push(['returned', null]);
  if (scene.returned.kind.startsWith('promise')) {
    made.then(
      (result) => { scene.settled = ['resolved', copied(result)]; },
      (error) => { scene.settled = ['rejected', copied(error)]; },
    );
  }
  return scenes.push(scene) - 1;
};

exports.stop = (number) => { scenes[number].stop(); };

exports.told = (number) => {
  const { returned, answers, heard, settled, stops } = scenes[number];
  return { returned, answers, heard, settled, stops };
};

exports.set = (global, api, options) => globalThis[global][api](options) === globalThis[global];
