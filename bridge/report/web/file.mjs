// A page that is a file: its data lies in it, block by block.

import { start } from './app.mjs';
import { about, blocks, recordsOf } from './archive.mjs';
import { counted } from './words.mjs';

async function read() {
  const page = start();
  page.tell(about());
  let calls = 0;
  for (const block of blocks()) {
    const records = await recordsOf(block);
    page.add(records, (at) => recordsOf(block).then((again) => again[at]));
    calls += records.length;
    page.settle(`reading the trace: ${counted(calls, 'call')} so far`);
    // The browser draws and listens between two blocks.
    await new Promise((done) => setTimeout(done));
  }
  page.settle('');
}

read();
