// The request as it was sent, its parts decoded, and the answer.

import { el } from './dom.mjs';
import { json, long } from './json.mjs';
import { nothing, pairs, section, table } from './table.mjs';
import { bytes, count } from './words.mjs';

const LONGEST_BODY = 20_000;
const MASK = '***';

// Only what a browser draws without running anything, told by its first bytes and not by its name.
const PICTURES = [
  ['image/png', /^\x89PNG\r\n\x1a\n/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8[79]a/],
  ['image/webp', /^RIFF[^]{4}WEBP/],
  ['image/bmp', /^BM/],
];

/** The request of a record. */
export function request(record) {
  const sent = record.request;
  if (!sent) return section('Sent', nothing('Nothing: the call ended before a connection was made.'));
  const facts = [
    ['Method', el('code', null, sent.method)],
    ['Address', el('code', null, sent.url)],
    ['Dialled', sent.dialled ? el('code', null, sent.dialled) : 'nothing'],
    ['Body', bytes(sent.bytes)],
    ['At the embedded server', record.sink_upload === null ? null : `upload number ${record.sink_upload}`],
  ];
  return [
    section('Sent', pairs(facts)),
    sent.parts.length ? section('Parts', el('ol', { class: 'parts' }, sent.parts.map(part))) : null,
    sent.preview === null || sent.preview === undefined ? null : section('Body', body(sent.preview)),
    section('Request headers', headers('Request headers', sent.headers)),
  ];
}

/** The answer to a record's request. */
export function response(record) {
  const got = record.response;
  if (!got) return section('Answer', nothing('Nothing came back.'));
  return [
    section('Answer', pairs([['Status', el('span', { class: `status s${Math.floor(got.status / 100)}` }, String(got.status))], ['Body', bytes(got.bytes)]])),
    section('Body', got.preview ? body(got.preview) : nothing(got.bytes ? 'It is no text.' : 'It is empty.')),
    section('Response headers', headers('Response headers', got.headers)),
  ];
}

function headers(title, all) {
  if (!all.length) return nothing('None.');
  return table(title, ['Name', 'Value'], all.map(([name, value]) => [el('code', null, name ?? ''), long(value ?? '')]));
}

function part(one) {
  const { name, filename, type, size } = one;
  return el(
    'li',
    { class: 'part-card' },
    el('h4', null, el('code', null, name), filename === null ? ' field' : ' file'),
    pairs([
      ['Filename', filename === null ? null : el('code', null, filename)],
      ['Type', type],
      ['Size', bytes(size)],
      ['SHA-256', digest(one)],
    ]),
    content(one),
  );
}

/** The hash the embedded server took of what arrived, or else that of what was sent. */
function digest({ sha256, preview, size }) {
  if (typeof sha256 === 'string') return [el('code', null, sha256), ' as the embedded server saw it'];
  const whole = bytesOf(preview);
  if (whole === null || whole.length !== size || preview === MASK) return null;
  const told = el('code', null, '…');
  hash(whole).then((hex) => told.replaceChildren(hex), () => told.replaceChildren('not available here'));
  return [told, ' as sent'];
}

async function hash(content) {
  const found = await crypto.subtle.digest('SHA-256', content);
  return [...new Uint8Array(found)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOf(preview) {
  if (typeof preview === 'string') return new TextEncoder().encode(preview);
  if (typeof preview?.$bytes !== 'string') return null;
  try {
    return Uint8Array.from(atob(preview.$bytes), (char) => char.charCodeAt(0));
  } catch {
    return null;
  }
}

function content({ name, preview, size }) {
  if (preview === null || preview?.$left_out) {
    return nothing(`${count(size)} bytes: too much to keep a preview of.`);
  }
  if (typeof preview === 'string') return body(preview);
  return picture(preview.$bytes, `what was sent as ${name}`) ?? nothing('No text and no picture.');
}

function picture(base64, alt) {
  if (typeof base64 !== 'string') return null;
  let head;
  try {
    head = atob(base64.slice(0, 32));
  } catch {
    return null;
  }
  const found = PICTURES.find(([, magic]) => magic.test(head));
  return found ? el('img', { class: 'preview', alt, src: `data:${found[0]};base64,${base64}` }) : null;
}

/** A body as JSON where it is JSON, else as text, else as its bytes' picture or size. */
function body(preview) {
  if (typeof preview !== 'string') return content({ name: 'the body', preview, size: 0 });
  try {
    const value = JSON.parse(preview);
    if (value && typeof value === 'object') return json(value);
  } catch {
    // It is some other text, and shown as that.
  }
  return el('pre', { tabindex: 0 }, long(preview, LONGEST_BODY));
}
