// Plays scenes on the host it runs on, one after the other, and posts what it saw to a server.
//
//   run(job, host, to, tell)
//     job    what scenes.js holds
//     host   { globals: { NAME: global }, main: its own global }
//     to     the address of the server, such as http://192.168.0.2:8000
//     tell   (text) -> undefined; hears how far it is
//   returns a Promise, refused where the server cannot be reached
'use strict';

const { play } = require('./player.js');

// A server keeps so much of a plain request: 64 KiB, of characters that may take three bytes each.
const PIECE = 20000;
const PERIOD = 251;

function later(step) {
  return new Promise((resolve, reject) => {
    step({ success: resolve, fail: reject });
  });
}

function sized(size) {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 1) bytes[i] = i % PERIOD;
  return bytes.buffer;
}

// --- files: what is given has to be a real one

function rootOf(job, global) {
  return (global.env && global.env.USER_DATA_PATH) || job.root;
}

function write(files, filePath, file) {
  const content = 'base64' in file ? { data: file.base64, encoding: 'base64' } : { data: sized(file.size) };
  return later((ends) => files.writeFile(Object.assign({ filePath }, content, ends)));
}

function layOut(scene, job, global) {
  const given = {};
  const made = [];
  const names = Object.keys(scene.files);
  const written = names.reduce((before, name) => {
    const file = scene.files[name];
    given[name] = file.packaged ? file.path : `${rootOf(job, global)}/${file.path}`;
    if (!('base64' in file || 'size' in file)) return before;
    made.push(given[name]);
    return before.then(() => write(global.getFileSystemManager(), given[name], file));
  }, Promise.resolve());
  return written.then(() => ({ given, made }));
}

function clearAway(made, global) {
  const files = made.length ? global.getFileSystemManager() : undefined;
  const gone = (filePath) => later((ends) => files.unlink(Object.assign({ filePath }, ends)));
  return made.reduce((before, path) => before.then(() => gone(path).catch(() => undefined)), Promise.resolve());
}

// --- the server

function post(global, url, text) {
  const headers = { 'content-type': 'application/json' };
  // Hosts differ in what they call the headers, and pass over the other name.
  const options = { url, method: 'POST', data: text, header: headers, headers };
  return later((ends) => global.request(Object.assign(options, ends))).then(
    (result) => {
      const status = Number(result.statusCode || result.status);
      if (status !== 200) throw new Error(`${url} answered ${status}`);
    },
    (error) => {
      throw new Error(`${url} cannot be reached: ${JSON.stringify(error)}`);
    },
  );
}

function postInPieces(global, url, text) {
  const count = Math.ceil(text.length / PIECE);
  const step = (number) => {
    if (number > count) return undefined;
    const piece = text.slice((number - 1) * PIECE, number * PIECE);
    return post(global, `${url}/${number}/${count}`, piece).then(() => step(number + 1));
  };
  return Promise.resolve(step(1));
}

// --- one scene after the other

function deviceOf(global) {
  try {
    return global.getSystemInfoSync();
  } catch (error) {
    return { unknown: String(error && error.message) };
  }
}

function seen(scene, given, url, job, host) {
  return new Promise((resolve) => {
    const env = {
      globals: host.globals,
      given,
      url,
      within: job.within,
      linger: job.linger,
      now: Date.now,
      later: setTimeout,
      forget: clearTimeout,
    };
    play(scene, env, (error, events) => {
      resolve(error ? { events, error: String(error.message) } : { events });
    });
  });
}

function transcriptOf(scene, job, told, more) {
  return Object.assign({ v: 1, case: scene.case, target: job.target, engine: 'probe', uploads: [] }, told, more);
}

function one(scene, number, job, host, run) {
  const global = host.main;
  // What an earlier scene has stored is none of this one's business.
  if (typeof global.clearStorageSync === 'function') global.clearStorageSync();
  return layOut(scene, job, global).then(({ given, made }) => {
    const url = `${run.to}/probe/${run.id}/${number}`;
    return seen(scene, given, url, job, host)
      .then((told) => clearAway(made, global).then(() => told))
      .then((told) => {
        const more = { url, of: job.scenes.length, date: run.date, device: run.device };
        const text = JSON.stringify(transcriptOf(scene, job, told, more));
        return postInPieces(global, `${run.to}/transcript/${run.id}/${number}`, text);
      });
  });
}

function run(job, host, to, tell) {
  const began = new Date();
  const about = {
    id: began.getTime().toString(36),
    to: to.replace(/\/+$/, ''),
    date: began.toISOString().slice(0, 10),
    device: deviceOf(host.main),
  };
  const { scenes } = job;
  const step = (number) => {
    if (number === scenes.length) return tell(`${scenes.length} cases played, and told ${about.to}`);
    tell(`${number + 1} of ${scenes.length}: ${scenes[number].case}`);
    return one(scenes[number], number, job, host, about).then(() => step(number + 1));
  };
  return Promise.resolve().then(() => step(0));
}

module.exports = { run };
