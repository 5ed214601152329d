// Plays the steps of one conformance scene on a mini-program's globals, and writes down what it sees.
//
// The same as player.py, step by step. It stands alone: ES2015, no dependency, nothing of the emulator
// and no platform's name in it, so that it runs in an engine, beside a mock, and on a phone.
//
//   play(scene, env, done)
//     scene.steps   the steps, as a scene has them
//     env.globals   name -> global object
//     env.given     name of a given file -> its path
//     env.blob      (name) -> a browser's File; may be absent
//     env.url       where `$sink` paths begin
//     env.within    milliseconds after which a wait that names no time is given up
//     env.linger    milliseconds to listen on when all is over
//     env.now       () -> milliseconds
//     env.later     (function, milliseconds) -> a timer
//     env.forget    (timer) -> undefined
//     env.arrange   (what, goOn) -> undefined; changes what was given, then calls `goOn`
//     done          (error, events) -> undefined
'use strict';

const CALLBACKS = ['success', 'fail', 'complete'];
const NATIVE = '__returned';
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const DEEPEST = 64;
const BASES = [Object.prototype, Promise.prototype, Function.prototype];

function has(value, key) {
  return Object.prototype.hasOwnProperty.call(value, key);
}

function isObject(value) {
  return value !== null && typeof value === 'object';
}

function brand(value) {
  return Object.prototype.toString.call(value).slice(8, -1);
}

// --- values as tagged JSON

function toBase64(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const bits = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
    for (let shift = 18; shift >= 0; shift -= 6) text += LETTERS.charAt((bits >> shift) & 63);
  }
  const missing = (3 - (bytes.length % 3)) % 3;
  return text.slice(0, text.length - missing) + '=='.slice(0, missing);
}

function fromBase64(text) {
  const clean = text.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((clean.length * 3) / 4));
  for (let i = 0, at = 0, bits = 0; i < clean.length; i += 1) {
    bits = (bits << 6) | LETTERS.indexOf(clean.charAt(i));
    if (i % 4 > 0) {
      bytes[at] = bits >> (6 - 2 * (i % 4));
      at += 1;
    }
  }
  return bytes.buffer;
}

function encodeObject(value, depth) {
  if (brand(value) === 'ArrayBuffer') return { $bytes: toBase64(new Uint8Array(value)) };
  if (ArrayBuffer.isView(value)) {
    return { $bytes: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
  }
  if (brand(value) === 'Error') return { $js: 'Error', text: String(value.message) };
  if (brand(value) === 'Date') return { $js: 'Date', text: String(value) };
  const plain = {};
  Object.keys(value).forEach((key) => {
    plain[key] = encode(value[key], depth + 1);
  });
  return plain;
}

function encode(value, depth) {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return isFinite(value) ? value : { $js: String(value) };
  if (typeof value === 'undefined') return { $js: 'undefined' };
  if (typeof value === 'function') return { $js: 'Function' };
  if (!isObject(value)) return { $js: brand(value), text: String(value) };
  if (depth > DEEPEST) return { $js: 'Object', text: 'nested too deep' };
  if (Array.isArray(value)) return value.map((item) => encode(item, depth + 1));
  return encodeObject(value, depth);
}

const WORDS = { undefined: undefined, NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity };

function decode(value) {
  if (Array.isArray(value)) return value.map(decode);
  if (!isObject(value)) return value;
  if (typeof value.$bytes === 'string') return fromBase64(value.$bytes);
  if (typeof value.$js === 'string') return value.$js === 'Function' ? () => undefined : WORDS[value.$js];
  const plain = {};
  Object.keys(value).forEach((key) => {
    plain[key] = decode(value[key]);
  });
  return plain;
}

// --- what a call hands back

// On a phone a task is an instance of a class, so its members are not its own keys.
function membersOf(value) {
  const names = {};
  for (let from = value; from && BASES.indexOf(from) < 0; from = Object.getPrototypeOf(from)) {
    Object.getOwnPropertyNames(from).forEach((name) => {
      if (name.charAt(0) !== '_' && name !== 'constructor' && typeof value[name] === 'function') names[name] = true;
    });
  }
  return Object.keys(names).sort();
}

function isPromise(value) {
  return isObject(value) && typeof value.then === 'function';
}

function native(made) {
  return isObject(made) && has(made, NATIVE) ? made[NATIVE] : made;
}

function described(made) {
  if (!isObject(made)) return { kind: made === undefined || made === null ? 'undefined' : typeof made, members: [] };
  const members = membersOf(made).filter((name) => ['then', 'catch', 'finally'].indexOf(name) < 0);
  const promise = members.length ? 'promise+task' : 'promise';
  const told = { kind: isPromise(made) ? promise : 'task', members };
  if (has(made, NATIVE)) told.native = described(made[NATIVE]);
  return told;
}

// --- the player

function endsOf(names) {
  if (names.indexOf('complete') >= 0) return ['complete'];
  return names.indexOf('success') >= 0 && names.indexOf('fail') >= 0 ? ['success', 'fail'] : [];
}

function play(scene, env, done) {
  const steps = scene.steps.concat([{ wait: 'settled' }, { wait: { ms: env.linger } }]);
  const began = env.now();
  const events = [];
  const returned = {};
  const listeners = {};
  const hooks = {};
  const owed = {};
  const most = {};
  let at = 0;
  let timer;
  let waits = false;
  let elapsed = false;
  let busy = false;
  let held = false;
  let over = false;

  function finish(error) {
    if (over) return;
    over = true;
    unwatch();
    done(error, events);
  }

  function write(call, what, value) {
    if (!over) events.push({ call, what, value, at: env.now() - began });
  }

  // Counts the ends of a call that are still to come: of its callbacks, of its Promise.
  function owe(label, more) {
    owed[label] = (owed[label] || 0) + more;
  }

  // --- values

  function encoded(value) {
    const known = Object.keys(env.globals).some((name) => env.globals[name] === value);
    return known ? { $js: 'global' } : encode(value, 0);
  }

  function found(name, path) {
    const told = events.filter((event) => `${event.call}.${event.what}` === name);
    if (told.length === 0) throw new Error(`${name} has not happened, so nothing can be taken from it`);
    const keys = path ? path.split('.') : [];
    return decode(keys.reduce((value, key) => value[key], told[told.length - 1].value));
  }

  function valueOf(value) {
    if (Array.isArray(value)) return value.map(valueOf);
    if (!isObject(value)) return value;
    if (has(value, '$given')) return env.given[value.$given];
    if (has(value, '$blob')) return env.blob(value.$blob);
    if (has(value, '$sink')) return env.url + value.$sink;
    if (has(value, '$from')) return found(value.$from, value.path);
    if (has(value, '$js') || has(value, '$bytes')) return decode(value);
    const plain = {};
    Object.keys(value).forEach((key) => {
      plain[key] = valueOf(value[key]);
    });
    return plain;
  }

  // --- what is heard

  function callbackOf(name, step, ends) {
    return (result) => {
      if (ends.indexOf(name) >= 0) owe(step.as, -1);
      write(step.as, name, encoded(result));
      if (step.spoils && isObject(result)) result.spoilt = true;
      advance();
      if ((step.throws || []).indexOf(name) >= 0) throw new Error(name);
    };
  }

  // The function of a name, always the same.
  function listenerOf(label, step) {
    const name = step.listener;
    if (!has(listeners, name)) {
      listeners[name] = (result) => {
        write(label, `heard:${name}`, encoded(result));
        if (isObject(result) && typeof result.progress === 'number') {
          most[label] = Math.max(most[label] || 0, result.progress);
        }
        advance();
        if ((step.throws || []).indexOf(name) >= 0) throw new Error(name);
      };
    }
    return listeners[name];
  }

  function watchPromise(label, made) {
    if (!isPromise(made)) return;
    const ended = (what) => (result) => {
      owe(label, -1);
      write(label, what, encoded(result));
      advance();
    };
    owe(label, 1);
    made.then(ended('resolved'), ended('rejected'));
  }

  // Does what a case says of a hook: changes what it is given, throws, or returns something.
  function hookOf(label, name, told) {
    return (given) => {
      write(label, `heard:${name}`, name === 'returnValue' ? described(given) : encoded(given));
      if (told.sets) Object.assign(given, valueOf(told.sets));
      advance();
      if (told.throws) throw new Error(name);
      const said = told.passes ? given : valueOf(told.returns);
      return told.later ? Promise.resolve(said) : said;
    };
  }

  // --- the steps

  function ownerOf(step) {
    return has(step, 'on') ? native(returned[step.on]) : env.globals[step.global];
  }

  // Calls a function and keeps what it returned; tells whether it returned at all.
  function invoked(step, kind, given) {
    const owner = ownerOf(step);
    try {
      returned[step.as] = owner[step[kind]].apply(owner, given);
      return true;
    } catch (error) {
      write(step.as, 'threw', { message: String(error && error.message) });
      return false;
    }
  }

  const STEPS = {
    call(step) {
      const names = step.callbacks || CALLBACKS;
      const ends = endsOf(names);
      let options = valueOf(step.options);
      if (options === undefined && names.length) options = {};
      if (isObject(options) && !Array.isArray(options)) {
        names.forEach((name) => {
          options[name] = callbackOf(name, step, ends);
        });
      }
      if (ends.length) owe(step.as, 1);
      if (!invoked(step, 'call', options === undefined ? [] : [options])) {
        delete owed[step.as];
        return;
      }
      write(step.as, 'returned', described(returned[step.as]));
      watchPromise(step.as, returned[step.as]);
    },
    get(step) {
      const told = {};
      const asked = (text) => {
        if (!invoked(step, 'get', [text])) return false;
        told[text] = returned[step.as];
        return true;
      };
      const one = () => invoked(step, 'get', valueOf(step.args || []));
      const answered = step.over ? step.over.map(asked).indexOf(false) < 0 : one();
      if (answered) write(step.as, 'returned', encoded(step.over ? told : returned[step.as]));
    },
    read(step) {
      const member = (value, name) => (value === undefined || value === null ? undefined : value[name]);
      const at = (path) => path.split('.').reduce(member, ownerOf(step));
      const found = {};
      if (Array.isArray(step.read)) {
        step.read.forEach((path) => {
          found[path] = at(path);
        });
      }
      returned[step.as] = Array.isArray(step.read) ? found : at(step.read);
      write(step.as, 'returned', encoded(returned[step.as]));
    },
    intercept(step) {
      const owner = env.globals[step.global];
      const given = step.intercept === '*' ? [] : [step.intercept];
      if (step.removes) {
        owner.removeInterceptor.apply(owner, given.concat(step.removes === '*' ? [] : [hooks[step.removes]]));
        return;
      }
      const own = (hooks[step.as] = {});
      Object.keys(step.hooks).forEach((name) => {
        own[name] = hookOf(step.as, name, step.hooks[name]);
      });
      owner.addInterceptor.apply(owner, given.concat([own]));
    },
    do(step) {
      const label = has(step, 'on') ? step.on : step.do;
      const given = has(step, 'listener') ? [listenerOf(label, step)] : [];
      try {
        const owner = ownerOf(step);
        write(label, `did:${step.do}`, encoded(owner[step.do].apply(owner, given)));
      } catch (error) {
        write(label, `threw:${step.do}`, { message: String(error && error.message) });
      }
    },
  };

  // --- waiting

  function met(wait) {
    if (wait === 'settled') return Object.keys(owed).every((label) => owed[label] <= 0);
    if (has(wait, 'settled')) return (owed[wait.settled] || 0) <= 0;
    if (has(wait, 'event')) return events.some((event) => `${event.call}.${event.what}` === wait.event);
    if (has(wait, 'percent')) return has(most, wait.of) && most[wait.of] >= wait.percent;
    return elapsed;
  }

  function elapse() {
    elapsed = true;
    if (!met(steps[at].wait)) {
      write('', 'gave up', { step: at + 1 });
      finish();
    }
    advance();
  }

  function unwatch() {
    waits = false;
    if (timer !== undefined) env.forget(timer);
    timer = undefined;
  }

  function waited(step) {
    if (!waits) {
      waits = true;
      elapsed = false;
      const within = step.within === undefined ? env.within : step.within;
      timer = env.later(elapse, isObject(step.wait) && has(step.wait, 'ms') ? step.wait.ms : within);
    }
    if (!met(step.wait)) return false;
    unwatch();
    return true;
  }

  // Changes what was given; the next step has to wait until that is done, be it at once or later.
  function arranged(step) {
    held = true;
    env.arrange(step.arrange, () => {
      held = false;
      if (busy) return;
      at += 1;
      advance();
    });
    return !held;
  }

  function taken(step) {
    if (has(step, 'wait')) return waited(step);
    if (has(step, 'arrange')) return arranged(step);
    STEPS[Object.keys(STEPS).filter((kind) => has(step, kind))[0]](step);
    return true;
  }

  // Takes steps until one has to wait; called again whenever something has happened.
  function advance() {
    if (busy || held || over) return;
    busy = true;
    let goes = true;
    try {
      while (goes && at < steps.length) {
        goes = taken(steps[at]);
        if (goes) at += 1;
      }
    } catch (error) {
      finish(error);
    }
    busy = false;
    if (goes && at === steps.length) finish();
  }

  advance();
}

if (typeof module !== 'undefined') module.exports = { play };
