// An entry of Jest's (or Vitest's) setup files: gives each test file a session of its own.
'use strict';

if (!process.env.MINIBRIDGE_URL) {
  throw new Error('minibridge: start the tests as `minibridge exec --on TARGET -- npx jest`');
}

const client = require('./client.cjs').open(globalThis);

// Absent in `setupFiles`; the next file's session then ends this one.
if (typeof afterAll === 'function') afterAll(client.close);
