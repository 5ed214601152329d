// The logic side of the bridge: makes the globals of a target from the description it is sent.
//
// Functions stay here; only known keys cross, as the messages of schemas/protocol.json. Nothing in
// this file knows a platform: what differs is in the description. ES2020, no dependency.
//
// The file is one expression: install(scope, port) -> {ready(message), receive(message), ...}
//   scope        the object that gets the globals
//   port.send    (message) -> undefined, at once or later; a report brings the error it is about
//   port.call    (message) -> the `callback` message that answers it, before it returns
//   port.silent  true where the engine tells nobody of an unhandled rejection
(function () {
  'use strict';

  const CALLBACKS = ['success', 'fail', 'complete'];
  const HOOKS = ['invoke', ...CALLBACKS, 'returnValue'];
  const EVENTS = { progressUpdate: 'ProgressUpdate', headersReceived: 'HeadersReceived' };
  const SIXTY_FOUR = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const LETTERS = [...SIXTY_FOUR].map((letter) => letter.charCodeAt(0));
  const SIX_BITS = new Uint8Array(128);
  LETTERS.forEach((code, bits) => {
    SIX_BITS[code] = bits;
  });
  const DEEPEST = 64;
  const SHOWN_DEPTH = 3;
  const OURS = /\bminibridge:|\bnode:/;
  const TAGS = ['$bytes', '$js', '$file', '$returns', '$plain'];
  const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

  // UploadTask -> uploadTaskId
  function idKey(task) {
    return `${task.charAt(0).toLowerCase()}${task.slice(1)}Id`;
  }

  function brand(value) {
    return Object.prototype.toString.call(value).slice(8, -1);
  }

  // --- values that cross

  // A lone surrogate has no UTF-8, so nothing could be sent or written with it.
  function wellFormed(text) {
    return text.replace(LONE, '\ufffd');
  }

  function toBase64(bytes) {
    const codes = [];
    const pieces = [];
    for (let i = 0; i < bytes.length; i += 3) {
      const bits = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
      for (let shift = 18; shift >= 0; shift -= 6) codes.push(LETTERS[(bits >> shift) & 63]);
      if (codes.length >= 4096) pieces.push(String.fromCharCode(...codes.splice(0)));
    }
    const text = pieces.join('') + String.fromCharCode(...codes);
    const missing = (3 - (bytes.length % 3)) % 3;
    return text.slice(0, text.length - missing) + '='.repeat(missing);
  }

  function fromBase64(text) {
    const clean = text.replace(/=+$/, '');
    const bytes = new Uint8Array(Math.floor((clean.length * 3) / 4));
    for (let i = 0, at = 0, bits = 0; i < clean.length; i += 1) {
      bits = (bits << 6) | SIX_BITS[clean.charCodeAt(i)];
      // Each letter but the first of four completes a byte.
      if (i % 4 > 0) {
        bytes[at] = bits >> (6 - 2 * (i % 4));
        at += 1;
      }
    }
    return bytes.buffer;
  }

  class Uncrossable {
    constructor(text) {
      this.text = text;
    }
  }

  function encodeScalar(value) {
    if (value === null || typeof value === 'boolean') return value;
    if (typeof value === 'string') return wellFormed(value);
    if (typeof value === 'number') return Number.isFinite(value) ? value : { $js: String(value) };
    if (value === undefined) return { $js: 'undefined' };
    const kind = typeof value === 'function' ? 'Function' : brand(value);
    return { $js: kind, text: wellFormed(String(value)) };
  }

  function encodeSpecial(value) {
    const kind = brand(value);
    if (kind === 'ArrayBuffer') return { $bytes: toBase64(new Uint8Array(value)) };
    if (ArrayBuffer.isView(value)) {
      return { $bytes: toBase64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
    }
    if (kind === 'Date') return { $js: kind, text: String(value) };
    if (kind === 'String' || kind === 'Number' || kind === 'Boolean') return encodeScalar(value.valueOf());
    return isFile(value) ? { $file: value.$file } : undefined;
  }

  // The program holds a host's file as the tag itself.
  function isFile(value) {
    return typeof value.$file === 'string' && Object.keys(value).length === 1;
  }

  // To assign `__proto__` would change what the object inherits.
  function put(object, key, value) {
    if (key === '__proto__') Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    else object[key] = value;
  }

  // Data of the program's own that looks like a tag crosses under one.
  function untagged(members) {
    const taken = TAGS.some((key) => Object.prototype.hasOwnProperty.call(members, key));
    return taken ? { $plain: members } : members;
  }

  // A value that JSON cannot hold crosses under a tag; a cycle is the caller's mistake.
  function encodeAt(value, path, above) {
    if (value === null || typeof value !== 'object') return encodeScalar(value);
    if (above.includes(value)) throw new Uncrossable(`${path} contains itself: a cyclic object cannot be passed`);
    if (above.length >= DEEPEST) throw new Uncrossable(`${path} is nested deeper than ${DEEPEST} levels`);
    const special = encodeSpecial(value);
    if (special !== undefined) return special;
    const here = [...above, value];
    // Not `map`, which would leave holes as they are.
    if (Array.isArray(value)) return Array.from(value, (item, i) => encodeAt(item, `${path}[${i}]`, here));
    const plain = {};
    for (const key of Object.keys(value)) put(plain, wellFormed(key), encodeAt(value[key], `${path}.${key}`, here));
    return untagged(plain);
  }

  function encode(value, path) {
    try {
      return encodeAt(value, path, []);
    } catch (error) {
      // A stack from down there would hold nothing but our own frames.
      throw error instanceof Uncrossable ? new TypeError(error.text) : error;
    }
  }

  function decodeMembers(value) {
    const plain = {};
    for (const key of Object.keys(value)) put(plain, key, decode(value[key]));
    return plain;
  }

  // Every callback gets an object of its own, plain and open to change.
  function decode(value) {
    if (Array.isArray(value)) return value.map(decode);
    if (value === null || typeof value !== 'object') return value;
    if (typeof value.$plain === 'object') return decodeMembers(value.$plain);
    if (typeof value.$bytes === 'string') return fromBase64(value.$bytes);
    if ('$returns' in value) return () => decode(value.$returns);
    if (typeof value.$js === 'string') return /^(NaN|-?Infinity)$/.test(value.$js) ? Number(value.$js) : undefined;
    return decodeMembers(value);
  }

  // --- values that are shown

  function isError(value) {
    return value instanceof Error || (brand(value) === 'Error' && typeof value.stack === 'string');
  }

  function show(value, depth = 0) {
    if (typeof value === 'string') return depth ? JSON.stringify(value) : value;
    if (typeof value === 'function') return `[Function ${value.name || 'anonymous'}]`;
    if (value === null || typeof value !== 'object') return String(value);
    if (isError(value)) return traceOf(value).stack;
    if (depth >= SHOWN_DEPTH) return Array.isArray(value) ? '[Array]' : '[Object]';
    if (Array.isArray(value)) return `[${value.map((item) => show(item, depth + 1)).join(', ')}]`;
    const pairs = Object.keys(value).map((key) => `${key}: ${show(value[key], depth + 1)}`);
    return pairs.length ? `{ ${pairs.join(', ')} }` : '{}';
  }

  // What was thrown, in the form that V8 gives it, without the frames of the emulator.
  function traceOf(error) {
    if (!isError(error)) return { message: wellFormed(show(error)), stack: '' };
    const message = wellFormed(error.message ? `${error.name}: ${error.message}` : String(error.name));
    const frames = String(error.stack)
      .split('\n')
      .filter((line) => /^\s+at /.test(line) && !OURS.test(line));
    return { message, stack: [message, ...frames].map(wellFormed).join('\n') };
  }

  function safely(work, otherwise) {
    try {
      return work();
    } catch {
      return otherwise;
    }
  }

  function trace(error) {
    return safely(() => traceOf(error), { message: 'an error that cannot be shown', stack: '' });
  }

  // --- listeners

  function listenerList(api) {
    let functions = [];
    let sealed = false;
    return {
      add(listener) {
        if (sealed || typeof listener !== 'function') return;
        if (api.duplicates === 'twice' || !functions.includes(listener)) functions.push(listener);
      },
      remove(listener) {
        const at = functions.indexOf(listener);
        if (at >= 0) functions.splice(at, 1);
        else if (listener === undefined && api.off === 'clear') functions = [];
      },
      seal() {
        sealed = true;
        functions = [];
      },
      each(visit) {
        functions.slice().forEach(visit);
      },
    };
  }

  // --- interceptors

  function isPromise(value) {
    const inside = value !== null && (typeof value === 'object' || typeof value === 'function');
    return inside && typeof value.then === 'function' && typeof value.catch === 'function';
  }

  // The hooks that a layer keeps: of every API, and of one by its name. A function counts once.
  function hookList() {
    const every = {};
    const named = new Map();

    function among(hooks, interceptor, change) {
      for (const name of Object.keys(interceptor)) {
        if (typeof interceptor[name] === 'function') hooks[name] = change(hooks[name] || [], interceptor[name]);
      }
    }

    const added = (functions, one) => (functions.includes(one) ? functions : [...functions, one]);
    const left = (functions, one) => functions.filter((other) => other !== one);

    return {
      add(api, interceptor) {
        const own = typeof api === 'string' && brand(interceptor) === 'Object';
        if (own && !named.has(api)) named.set(api, {});
        if (own) among(named.get(api), interceptor, added);
        else if (brand(api) === 'Object') among(every, api, added);
      },
      remove(api, interceptor) {
        const own = typeof api === 'string' && brand(interceptor) === 'Object';
        if (own) among(named.get(api) || {}, interceptor, left);
        else if (typeof api === 'string') named.delete(api);
        else if (brand(api) === 'Object') among(every, api, left);
      },
      of: (api, name) => [...(every[name] || []), ...((named.get(api) || {})[name] || [])],
    };
  }

  return function install(scope, port) {
    const tasks = new Map();
    const answers = new Map();
    const news = new Map();
    const interceptors = new Map();
    let callbackIds = 0;

    // --- what the program gets wrong

    function report(level, error, where) {
      const { message, stack } = trace(error);
      port.send({ type: 'report', level, message: where ? `${where}: ${message}` : message, stack }, error);
    }

    // Nobody but us holds what a callback returns: where the engine is silent, we listen.
    function watch(value) {
      if (!port.silent || !value || typeof value.then !== 'function') return;
      value.then(undefined, (error) => report('unhandled', error, 'unhandled rejection'));
    }

    function run(name, callback, result) {
      try {
        watch(callback(decode(result)));
      } catch (error) {
        report('unhandled', error, `an error in the ${name} callback`);
      }
    }

    // --- one call

    function handOut(call, heard, settles) {
      const promise = new Promise((resolve, reject) => call.waiting.push({ resolve, reject, settles }));
      // Who has heard of a refusal by a callback owes no `catch`.
      if (heard) promise.catch(() => {});
      return promise;
    }

    // `raw` is what the host itself said, where a layer made something else of it.
    function finish(call, { state, result, raw = result }) {
      const { callbacks, complete } = call;
      if (callbacks[state]) run(state, callbacks[state], result);
      if (callbacks.complete) run('complete', callbacks.complete, complete === 'raw' ? raw : result);
      for (const { resolve, reject, settles } of call.waiting) {
        (state === 'success' ? resolve : reject)(decode(settles === 'host' ? raw : result));
      }
    }

    // The test author's mistake, not the host's answer: no callback of a host would get it.
    function refuse(call, text) {
      const error = new Error(text);
      if (call.waiting.length === 0) report('unhandled', error, call.name);
      for (const { reject } of call.waiting) reject(error);
    }

    function split(api, options) {
      const callbacks = {};
      const params = {};
      const unknownKeys = [];
      const given = options !== null && typeof options === 'object' && !Array.isArray(options) ? options : {};
      for (const key of Object.keys(given)) {
        if (CALLBACKS.includes(key)) {
          if (typeof given[key] === 'function') callbacks[key] = given[key];
        } else if (!api.keys || api.keys.includes(key)) {
          put(params, wellFormed(key), encode(given[key], key));
        } else {
          unknownKeys.push(wellFormed(key));
        }
      }
      return { callbacks, params: untagged(params), unknownKeys };
    }

    function open(namespace, name, api, options) {
      const { callbacks, params, unknownKeys } = split(api, options);
      callbackIds += 1;
      return {
        name: `${namespace}.${name}`,
        callbacks,
        complete: api.complete,
        heard: Object.keys(callbacks).length > 0,
        waiting: [],
        message: { type: 'invoke', callbackId: callbackIds, event: api.event, params, namespace, api: name, unknownKeys },
      };
    }

    function ask(message) {
      const answer = port.call({ ...message, sync: true });
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.result;
    }

    function abort(task, id) {
      callbackIds += 1;
      const params = { [idKey(task)]: id, operationType: 'abort' };
      ask({ type: 'invoke', callbackId: callbackIds, event: `operate${task}`, params });
    }

    function member(task, name, how, call, id) {
      if (how === 'noop') return () => {};
      if (how.startsWith('throw:')) {
        return () => {
          throw new Error(how.slice('throw:'.length));
        };
      }
      if (name === 'abort') return () => abort(task, id);
      const list = call.listeners[Object.keys(EVENTS).find((state) => name.endsWith(EVENTS[state]))];
      return name.startsWith('on') ? (listener) => list.add(listener) : (listener) => list.remove(listener);
    }

    function nativeReturn(api, call, answer, heard) {
      if (answer.returns === 'undefined') return undefined;
      const native = api.returns === 'task' ? {} : handOut(call, heard, 'host');
      for (const key of Object.keys(api.members)) {
        native[key] = member(api.task, key, api.members[key], call, answer[idKey(api.task)]);
      }
      return native;
    }

    // --- the kinds of function

    // Nothing is sent before the turn ends, so that an abort in the same turn comes in time.
    function taskApi(namespace, name, api) {
      return function (options) {
        const call = open(namespace, name, api, options);
        call.message.inTurn = port.turns === true;
        call.listeners = { progressUpdate: listenerList(api), headersReceived: listenerList(api) };
        const answer = ask(call.message);
        tasks.set(answer[idKey(api.task)], call);
        if (api.promise === 'always') {
          // Of the two Promises the outer one settles first, and is the caller's to catch.
          const outer = handOut(call, false, api.settles);
          return Object.assign(outer, { __returned: nativeReturn(api, call, answer, true) });
        }
        if (api.promise === 'without callbacks' && !call.heard) return handOut(call, false, api.settles);
        return nativeReturn(api, call, answer, call.heard);
      };
    }

    function asyncApi(namespace, name, api) {
      return function (options) {
        const call = open(namespace, name, api, options);
        answers.set(call.message.callbackId, call);
        port.send(call.message);
        const wanted = api.promise === 'always' || (api.promise === 'without callbacks' && !call.heard);
        return wanted ? handOut(call, false, api.settles) : undefined;
      };
    }

    function syncApi(namespace, name, api) {
      return function (options) {
        ask(open(namespace, name, api, options).message);
        return scope[namespace];
      };
    }

    // What an Error of the host says is its text alone.
    function valueApi(namespace, name, api) {
      return function (...args) {
        const params = { args: args.map((value, i) => encode(value, `argument ${i + 1}`)) };
        callbackIds += 1;
        const message = { type: 'invoke', callbackId: callbackIds, event: api.event, params, namespace, api: name };
        const answer = ask(message);
        if (typeof answer.throws === 'string') throw new Error(answer.throws);
        return 'value' in answer ? decode(answer.value) : undefined;
      };
    }

    function listenerApi(namespace, name, api) {
      const event = `${namespace}.${api.listens}`;
      if (!news.has(event)) news.set(event, listenerList(api));
      return function (listener) {
        callbackIds += 1;
        ask({ type: 'invoke', callbackId: callbackIds, event: api.event, params: {}, namespace, api: name });
        if (name.startsWith('on')) news.get(event).add(listener);
        else news.get(event).remove(listener);
      };
    }

    function hooksOf(namespace) {
      if (!interceptors.has(namespace)) interceptors.set(namespace, hookList());
      return interceptors.get(namespace);
    }

    function interceptorApi(namespace, name) {
      const hooks = hooksOf(namespace);
      return name.startsWith('add') ? (...args) => void hooks.add(...args) : (...args) => void hooks.remove(...args);
    }

    // Goes on with `data`, which hooks change in place, or with what the Promise of the last one brings.
    // A false ends it. Behind any other Promise no hook is called: it goes on at once, with the last
    // hook in place of data.
    function through(hooks, data, options, goOn) {
      for (let at = 0; at < hooks.length; at += 1) {
        const hook = hooks[at];
        const told = hook(data, options);
        if (told === false) return undefined;
        if (isPromise(told)) {
          if (at + 1 === hooks.length) return Promise.resolve(told).then(goOn);
          watch(told);
          const last = hooks[hooks.length - 1];
          return Promise.resolve((given) => last(given, options) || given).then(goOn);
        }
      }
      return goOn(data);
    }

    function hookCallbacks(hooks, name, options = {}) {
      for (const state of CALLBACKS) {
        const own = hooks.of(name, state);
        if (own.length === 0) continue;
        const callback = options[state];
        const goOn = (result) => (typeof callback === 'function' ? callback(result) : undefined);
        options[state] = (result) => through(own, result, options, goOn);
      }
      return options;
    }

    // Where there are hooks the layer makes its Promise of callbacks, so that they see these as any other.
    function intercepted(namespace, name, plain, native) {
      const hooks = hooksOf(namespace);
      const used = (hook) => hooks.of(name, hook).length > 0;
      const invoke = (options, goOn) => through(hooks.of(name, 'invoke'), options, undefined, goOn);
      const goOn = (options) => native(hookCallbacks(hooks, name, options));

      function promised(options) {
        return new Promise((success, fail) => {
          let called = false;
          const later = invoke({ ...options, success, fail }, (last) => {
            called = true;
            return goOn(last);
          });
          // Nobody holds what an asynchronous hook comes to.
          if (!called) watch(later);
        });
      }

      return function (options) {
        if (!HOOKS.some(used)) return plain(options);
        const given = { ...options };
        const heard = CALLBACKS.some((state) => typeof given[state] === 'function');
        const returned = heard ? invoke(given, goOn) : promised(given);
        return hooks.of(name, 'returnValue').reduce((value, hook) => hook(value) || value, returned);
      };
    }

    function objectApi(namespace, name, api) {
      const made = build(namespace, api.apis);
      return () => made;
    }

    const KINDS = {
      task: taskApi,
      async: asyncApi,
      sync: syncApi,
      value: valueApi,
      listener: listenerApi,
      interceptor: interceptorApi,
      object: objectApi,
      constant: (namespace, name, api) => decode(api.value),
    };

    function build(namespace, apis) {
      const made = {};
      for (const name of Object.keys(apis)) made[name] = make(namespace, name, apis[name]);
      return made;
    }

    function make(namespace, name, api) {
      const plain = KINDS[api.kind](namespace, name, api);
      if (!api.intercepted) return plain;
      return intercepted(namespace, name, plain, KINDS[api.kind](namespace, name, { ...api, promise: 'never' }));
    }

    // --- messages from the native side

    function onCallback(message) {
      const call = answers.get(message.callbackId);
      answers.delete(message.callbackId);
      if (!call) return;
      if (message.error !== undefined) refuse(call, message.error);
      else finish(call, message);
    }

    // The numbers are unique over all kinds of task; the key says of which kind it is.
    function onEvent(name, params) {
      const { state, result } = params;
      const id = params[idKey(name.slice('on'.length, -'StateChange'.length))];
      const call = tasks.get(id);
      if (!call) return;
      if (EVENTS[state]) {
        call.listeners[state].each((listener) => run(`on${EVENTS[state]}`, listener, result));
        return;
      }
      tasks.delete(id);
      Object.keys(EVENTS).forEach((event) => call.listeners[event].seal());
      finish(call, params);
    }

    function onNews({ namespace, event, result }) {
      const listeners = news.get(`${namespace}.${event}`);
      if (listeners) listeners.each((listener) => run(`on${event}`, listener, result));
    }

    return {
      ready(message) {
        for (const namespace of Object.keys(message.globals)) {
          scope[namespace] = build(namespace, message.globals[namespace]);
        }
      },
      receive(message) {
        if (message.type === 'callback') onCallback(message);
        else if (message.name === 'onDeviceStateChange') onNews(message.params);
        else onEvent(message.name, message.params);
      },
      report,
      watch,
      trace,
      show: (value) => safely(() => wellFormed(show(value)), '[a value that cannot be shown]'),
      encode: (value) => encode(value, 'value'),
      decode,
    };
  };
})()
