// The data of a page that is a file: compressed blocks of records, long texts kept apart.

import { byId } from './dom.mjs';

const HELD = 8;
const texts = new Map();
const held = new Map();

/** What the file tells about itself, its targets and what it left out. */
export function about() {
  return JSON.parse(byId('about').textContent);
}

/** The blocks of the page, in order. */
export function blocks() {
  return [...document.querySelectorAll('script.calls')];
}

/** The records of a block; the newest few stay unpacked. */
export async function recordsOf(block) {
  const known = held.get(block) ?? unpacked(block);
  held.delete(block);
  held.set(block, known);
  if (held.size > HELD) held.delete(held.keys().next().value);
  return known;
}

async function unpacked(block) {
  const packed = Uint8Array.from(atob(JSON.parse(block.textContent)), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  const text = await new Response(stream).text();
  return text.split('\n').map((line) => restored(JSON.parse(line)));
}

/** A value with the long texts that were taken out of it put back in place. */
function restored(value) {
  if (Array.isArray(value)) return value.map(restored);
  if (!value || typeof value !== 'object') return value;
  if (typeof value.$kept === 'string') return textOf(value);
  for (const key of Object.keys(value)) value[key] = restored(value[key]);
  return value;
}

function textOf(value) {
  if (!texts.has(value.$kept)) {
    const script = byId(`text-${value.$kept}`);
    texts.set(value.$kept, script ? JSON.parse(script.textContent) : value);
  }
  return texts.get(value.$kept);
}
