// Makes calls, and keeps all that came of them: what was returned, and who got what, in order.
const heard = [];
const settled = {};
let task;

const plain = (value) => (value === undefined ? '(undefined)' : value);

const tell = (value) => {
  if (value === null || typeof value !== 'object') return plain(value);
  return Object.fromEntries(Object.keys(value).map((key) => [key, plain(value[key])]));
};

const note = (name) => (result) => heard.push([name, tell(result)]);

function shape(value) {
  if (value === null || typeof value !== 'object') return typeof value;
  const members = Object.keys(value).filter((key) => typeof value[key] === 'function');
  const kind = typeof value.then === 'function' ? 'Promise' : 'object';
  return { kind, members: members.sort(), inner: value.__returned ? shape(value.__returned) : null };
}

function listen(value, name) {
  if (!value || typeof value.then !== 'function') return;
  value.then(
    (result) => (settled[name] = ['resolved', tell(result)]),
    (result) => (settled[name] = ['rejected', tell(result)]),
  );
}

function watchProgress() {
  if (!task || typeof task.onProgressUpdate !== 'function') return;
  task.onProgressUpdate((event) => {
    if (event.progress === 100) note('progress')(event);
  });
}

exports.make = (owner, api, options, names) => {
  heard.length = 0;
  ['promise', 'native'].forEach((name) => delete settled[name]);
  names.forEach((name) => (options[name] = note(name)));
  const returned = exports.apis[owner][api](options);
  const inner = returned && returned.__returned;
  task = inner || returned;
  watchProgress();
  // A host's own Promise is not what the layer promises.
  listen(returned, inner || !names.length ? 'promise' : 'native');
  listen(inner, 'native');
  return shape(returned);
};

exports.abort = () => task.abort();

exports.outcome = () => ({ heard, promise: settled.promise || null, native: settled.native || null });

exports.value = (owner, api, args) => plain(exports.apis[owner][api](...args));
