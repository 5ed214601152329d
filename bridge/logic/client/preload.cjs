// Loaded by NODE_OPTIONS=--require into every Node process of a test run, before the tests.
'use strict';

const path = require('node:path');
const { isMainThread } = require('node:worker_threads');

// They start the processes the tests run in, and run no test themselves.
const STARTERS = ['corepack', 'npm', 'npm-cli', 'npx', 'npx-cli', 'pnpm', 'pnpx', 'vitest', 'yarn', 'yarnpkg'];
const NO_ISOLATION = /^--(experimental-)?test-isolation=none$/;
const JEST_WORKER = /[\\/]jest-worker[\\/]build[\\/]/;

function runsTests() {
  const script = process.argv[1] || '';
  const name = path.basename(script).replace(/\.[cm]?js$/, '');
  // Jest's files would share what is made here, in a realm that is not theirs: it has a setup file.
  if (name === 'jest' || JEST_WORKER.test(script)) return false;
  const flags = process.execArgv;
  if (flags.includes('--test') && !flags.some((flag) => NO_ISOLATION.test(flag))) return false;
  return !isMainThread || !STARTERS.includes(name);
}

if (process.env.MINIBRIDGE_URL && runsTests()) require('./client.cjs').open(globalThis);
