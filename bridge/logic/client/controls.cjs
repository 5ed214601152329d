/* istanbul ignore file */
// What a test sets up and looks at: the phone and its user, the network, and the upload server.
'use strict';

const path = require('node:path');

// One function per operation; each answers before it returns.
function group(ask, event, operations) {
  const made = {};
  for (const [operation, params] of Object.entries(operations)) {
    made[operation] = (...args) => ask(event, { operation, ...params(...args) });
  }
  return made;
}

const none = () => ({});
const given = (options) => ({ ...options });
const onDisk = (item) => (typeof item === 'string' ? path.resolve(item) : item);

exports.makeControls = function makeControls(ask, { url, target }) {
  return {
    target,
    url,
    album: group(ask, 'album', {
      add: (...items) => ({ items: items.map(onDisk) }),
      cancelNext: none,
    }),
    files: group(ask, 'files', {
      add: (name, data, kind = 'temp') => ({ name, data, kind }),
      read: (file) => ({ path: file }),
      remove: (file) => ({ path: file }),
    }),
    network: group(ask, 'network', {
      offline: none,
      online: none,
      dnsFailure: none,
      refuse: none,
      resetAfter: given,
      stallAfter: given,
      reset: none,
      stall: none,
      slow: (how) => (typeof how === 'string' ? { preset: how } : { ...how }),
      switch: (preset = '4g') => ({ preset }),
      tls: (cause) => ({ cause }),
      background: none,
      foreground: none,
      apply: (text) => ({ text }),
      script: (steps) => ({ steps }),
      clear: none,
    }),
    server: group(ask, 'server', {
      reply: given,
      redirect: (to, status = 307) => ({ redirect: to, status }),
      drop: (after = 0) => ({ drop_after: after }),
      hold: none,
      release: none,
    }),
    storage: group(ask, 'storage', {
      get: (key, otherwise) => ({ key, otherwise }),
      set: (key, value) => ({ key, value }),
      remove: (key) => ({ key }),
      keys: none,
      clear: none,
    }),
    ui: group(ask, 'ui', {
      toast: none,
      loading: none,
      modals: none,
      answerModal: given,
    }),
    route: (origin, to = url) => ask('route', { origin, to }),
    domains: (domains) => ask('domains', { domains }),
    uploads: () => ask('uploads', {}),
    reset: () => ask('reset', {}),
  };
};
