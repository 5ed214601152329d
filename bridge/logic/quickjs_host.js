// What QuickJS lacks to run one mini-program: a port to the Python around it, and names of files.
//
// The file is one expression: boot(sources) -> turn(line). It takes a global away:
//   host     (operation, JSON text) -> JSON text; strings cross as JSON, which escapes NUL
//   sources  JSON text: the name of each file of the emulator -> its text
(function () {
  'use strict';

  // What comes with this engine and with no mini-program, nor with the other engine.
  const EXTRA = ['queueMicrotask', 'btoa', 'atob', 'performance', 'DOMException', 'navigator'];
  const OWN_LINES = 1000;
  const evaluate = eval;
  const files = [{ base: 0, file: 'minibridge:quickjs_host.js' }];
  let lines = OWN_LINES;

  // The engine calls all source `<input>`, but counts its lines right. So each file is put behind
  // blank lines of its own, and its number tells which file a line is of.
  function compile(source, file, names) {
    const base = lines + 1;
    const made = `${'\n'.repeat(base - 1)}(function (${names.join(', ')}) {\n${source}\n})`;
    files.push({ base, file });
    lines = base + source.split('\n').length + 1;
    return evaluate(made);
  }

  function place(frame) {
    if (frame.isNative()) return 'native';
    const line = frame.getLineNumber();
    let at = files.length - 1;
    while (files[at].base >= line) at -= 1;
    return `${files[at].file}:${line - files[at].base}:${frame.getColumnNumber()}`;
  }

  // What the emulator called of the engine's own is as little of interest as the emulator is.
  function isOurs(places, at) {
    const next = places[at] === 'native' ? places[at + 1] : places[at];
    return next === undefined || next.startsWith('minibridge:');
  }

  Error.prepareStackTrace = (error, frames) => {
    const places = frames.map(place);
    const lines = frames.map((frame, at) => {
      const name = frame.getFunctionName();
      return name ? `    at ${name} (${places[at]})` : `    at ${places[at]}`;
    });
    return [String(error), ...lines.filter((_, at) => !isOurs(places, at))].join('\n');
  };

  return function boot(sources) {
    const scope = globalThis;
    const { host } = scope;
    for (const name of [...EXTRA, 'host']) delete scope[name];
    scope.global = scope;

    const port = {
      turns: true,
      silent: true,
      send: (message) => void host('send', JSON.stringify(message)),
      call: (message) => JSON.parse(host('call', JSON.stringify(message))),
      read: (file) => JSON.parse(host('read', JSON.stringify(file))),
      compile,
    };
    const own = JSON.parse(sources);
    const inside = (name) => compile(`return (${own[name]})`, `minibridge:${name}`, [])();
    const shim = inside('shim.js')(scope, port);
    const turn = inside('program.js')(scope, port, shim);
    return (line) => turn(JSON.parse(line));
  };
})()
