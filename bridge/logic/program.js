// The mini-program's own surroundings in a child engine: modules, pages, timers, console.
//
// The file is one expression: program(scope, port, shim) -> turn(message), which never throws.
//   port.send     (message) -> undefined
//   port.read     (path) -> the text of a file, or null when there is none
//   port.compile  (source, file, names) -> a function of those names
(function () {
  'use strict';

  // What no mini-program has: modules that look for a browser must not find one.
  const ABSENT = ['window', 'document', 'self', 'location', 'navigator', 'localStorage', 'XMLHttpRequest', 'WebSocket'];
  const WRAPPER = ['exports', 'require', 'module', '__filename', '__dirname', ...ABSENT];
  const ENDINGS = ['', '.js', '.cjs', '.json', '/index.js', '/index.json'];
  const PACKAGES = ['node_modules', 'miniprogram_npm'];
  const EMPTY = new Map([[String, ''], [Number, 0], [Boolean, false], [Array, []]]);
  const OPENING = ['onLoad', 'onShow', 'onReady'];
  const FRAMES = 50;
  const ES_MODULE = /^(import\s*["'{*]|import\s+[\w$]|export\s*[{*]|export\s+(default|const|let|var|function|class|async)\b)/m;
  const ADVICE = 'this is an ES module, and CommonJS is what runs here: compile it first, as with esbuild --bundle --format=cjs';

  function dirname(path) {
    return path.slice(0, Math.max(0, path.lastIndexOf('/'))) || '/';
  }

  function join(base, path) {
    const parts = [];
    for (const part of `${base}/${path}`.split('/')) {
      if (part === '..') parts.pop();
      else if (part && part !== '.') parts.push(part);
    }
    return `/${parts.join('/')}`;
  }

  function withoutMark(source) {
    return source.replace(/^\ufeff/, '');
  }

  function parseJson(file, source) {
    try {
      return JSON.parse(withoutMark(source));
    } catch (error) {
      throw new SyntaxError(`${file}: ${error.message}`);
    }
  }

  // `setData` takes paths such as `list[0].name` as keys.
  function setPath(data, path, value) {
    const keys = path.match(/[^.[\]]+/g) || [path];
    let owner = data;
    keys.slice(0, -1).forEach((key, i) => {
      if (owner[key] === null || typeof owner[key] !== 'object') owner[key] = /^\d+$/.test(keys[i + 1]) ? [] : {};
      owner = owner[key];
    });
    owner[keys[keys.length - 1]] = value;
  }

  // What a property of a component is at first; miniprogram-exparser and glass-easel agree on it.
  function initialValue(property) {
    const { type, value } = property !== null && typeof property === 'object' ? property : { type: property };
    if (value !== undefined) return value;
    return EMPTY.has(type) ? EMPTY.get(type) : null;
  }

  // A property takes the place of a data field of the same name.
  function dataOf({ data, properties }) {
    const all = { ...data };
    for (const name of Object.keys(properties || {})) all[name] = initialValue(properties[name]);
    return all;
  }

  return function program(scope, port, shim) {
    const modules = new Map();
    const timers = new Map();
    const pages = [];
    const pageConfigs = {};
    const components = new Set();
    let app;
    let timerIds = 0;
    let margin = '';
    let currentFile = '';

    Error.stackTraceLimit = FRAMES;

    // --- modules

    function find(path) {
      for (const ending of ENDINGS) {
        const source = port.read(path + ending);
        if (source !== null) return { file: path + ending, source };
      }
      return null;
    }

    function findIn(root) {
      const about = port.read(`${root}/package.json`);
      const main = about === null ? '' : parseJson(`${root}/package.json`, about).main;
      return (main && find(join(root, main))) || find(root);
    }

    function findPackage(id, from) {
      for (let folder = from; ; folder = dirname(folder)) {
        for (const place of PACKAGES) {
          const found = findIn(join(folder, `${place}/${id}`));
          if (found) return found;
        }
        if (folder === '/') return null;
      }
    }

    function resolve(id, from) {
      const relative = /^\.\.?(\/|$)/.test(id);
      const found = id.startsWith('/') ? findIn(id) : relative ? findIn(join(from, id)) : findPackage(id, from);
      if (found) return found;
      const error = new Error(`Cannot find module '${id}', required by ${currentFile || from}`);
      error.code = 'MODULE_NOT_FOUND';
      throw error;
    }

    // What is no script may be what a host's own tool compiles before the host sees it.
    function compile(source, file) {
      try {
        return port.compile(source, file, WRAPPER);
      } catch (error) {
        if (ES_MODULE.test(source)) error.message += `; ${ADVICE}`;
        throw error;
      }
    }

    function run(module, source) {
      const folder = dirname(module.filename);
      const require = (id) => {
        const found = resolve(String(id), folder);
        return load(found.file, found.source);
      };
      const runnable = withoutMark(source).replace(/^#!/, '//');
      const wrapped = compile(runnable, module.filename);
      wrapped.call(module.exports, module.exports, require, module, module.filename, folder);
    }

    function load(file, source) {
      const known = modules.get(file);
      if (known) return known.exports;
      const module = { exports: {}, id: file, filename: file, loaded: false };
      modules.set(file, module);
      const before = currentFile;
      currentFile = file;
      try {
        if (file.endsWith('.json')) module.exports = parseJson(file, source);
        else run(module, source);
        module.loaded = true;
      } catch (error) {
        modules.delete(file);
        throw error;
      } finally {
        currentFile = before;
      }
      return module.exports;
    }

    // --- App, Page, Component

    // A page is registered by the path of its file, and asked for by the end of it.
    function configOf(route) {
      const known = Object.keys(pageConfigs);
      const found = known.find((path) => path === route || path.endsWith(`/${route}`));
      if (found !== undefined) return pageConfigs[found];
      throw new Error(`no page ${route}; there are: ${known.join(', ') || 'none'}`);
    }

    function newPage(route) {
      const config = configOf(route);
      const page = { ...config, route, data: JSON.parse(JSON.stringify(config.data || {})) };
      page.setData = (values, done) => {
        for (const key of Object.keys(values)) setPath(page.data, key, values[key]);
        if (typeof done === 'function') done.call(page);
      };
      if (components.has(config)) page.properties = page.data;
      return page;
    }

    function pageOf({ page: route, query = {} }) {
      const known = pages.find((page) => page.route === route);
      if (known) return known;
      const page = newPage(route);
      pages.push(page);
      for (const name of OPENING) {
        if (typeof page[name] === 'function') shim.watch(page[name](name === 'onLoad' ? query : undefined));
      }
      return page;
    }

    function register(config) {
      pageConfigs[currentFile.replace(/^\//, '').replace(/\.\w+$/, '')] = config;
    }

    Object.assign(scope, {
      App(config) {
        app = { ...config };
        // https://developers.weixin.qq.com/miniprogram/en/dev/api/base/app/life-cycle/wx.getLaunchOptionsSync.html:
        // `query` is an object. Which path and scene it was started with is nobody's to say here.
        if (typeof app.onLaunch === 'function') shim.watch(app.onLaunch({ query: {} }));
      },
      Page: register,
      Component(config) {
        const component = { ...config, ...config.methods, data: dataOf(config) };
        components.add(component);
        register(component);
      },
      Behavior: (config) => config,
      getApp: () => app,
      getCurrentPages: () => pages.slice(),
    });

    // --- timers: the native side's clock decides, one timer a turn

    // As in browsers: https://html.spec.whatwg.org/#dom-settimeout has a `long`, of 32 bits.
    function start(callback, delay, args, repeats) {
      timerIds += 1;
      const ms = Math.max(repeats ? 1 : 0, Number(delay) | 0);
      timers.set(timerIds, { callback, args, every: repeats ? ms : 0 });
      port.send({ type: 'timer', id: timerIds, ms });
      return timerIds;
    }

    function stop(id) {
      if (timers.delete(id)) port.send({ type: 'timer', id, ms: null });
    }

    Object.assign(scope, {
      setTimeout: (callback, delay, ...args) => start(callback, delay, args, false),
      setInterval: (callback, delay, ...args) => start(callback, delay, args, true),
      clearTimeout: stop,
      clearInterval: stop,
    });

    // --- console: what https://developers.weixin.qq.com/miniprogram/dev/api/base/debug/console.html has

    const log = (level) => (...values) => {
      const text = values.map((value) => shim.show(value)).join(' ');
      port.send({ type: 'report', level, message: margin ? text.replace(/^/gm, margin) : text, stack: '' });
    };
    scope.console = {
      log: log('log'),
      info: log('log'),
      debug: log('log'),
      warn: log('warn'),
      error: log('error'),
      group(...values) {
        if (values.length) scope.console.log(...values);
        margin += '  ';
      },
      groupEnd() {
        margin = margin.slice(2);
      },
    };

    // --- what the native side asks for

    function answer(callId, work) {
      const failed = (error) => port.send({ type: 'return', callId, ok: false, ...shim.trace(error) });
      const done = (value) => port.send({ type: 'return', callId, ok: true, value: shim.encode(value) });
      let value;
      try {
        value = work();
      } catch (error) {
        failed(error);
        return;
      }
      Promise.resolve(value).then(done).catch(failed);
    }

    function call(message) {
      const owner = message.page ? pageOf(message) : (modules.get(message.file) || {}).exports;
      if (message.args === null) return owner[message.export];
      const target = owner && owner[message.export];
      if (typeof target === 'function') return target.apply(owner, shim.decode(message.args));
      throw new TypeError(`${message.export} is not a function of ${message.page || message.file || 'a loaded file'}`);
    }

    function fire({ id }) {
      const timer = timers.get(id);
      if (!timer) return;
      if (timer.every) port.send({ type: 'timer', id, ms: timer.every });
      else timers.delete(id);
      if (typeof timer.callback === 'function') shim.watch(timer.callback(...timer.args));
    }

    const TURNS = {
      ready(message) {
        scope.process = { env: shim.decode(message.env) };
        shim.ready(message);
      },
      callback: shim.receive,
      event: shim.receive,
      load: (message) => answer(message.callId, () => void load(message.file, message.source)),
      call: (message) => answer(message.callId, () => call(message)),
      timer: fire,
    };

    return function turn(message) {
      try {
        TURNS[message.type](message);
      } catch (error) {
        shim.report('unhandled', error, 'uncaught exception');
      }
    };
  };
})()
