const assert = require('node:assert/strict');
const { beforeEach, test } = require('node:test');
const openPage = require('../open-page.cjs');

const { album, network, reset, route, server, uploads } = globalThis.minibridge;
const PICTURE = Buffer.from('89504e470d0a1a0a', 'hex');
let page;

beforeEach(() => {
  reset();
  route('https://api.example.com');
  album.add(PICTURE);
  page = openPage();
});

test('a chosen picture is uploaded, and its progress is shown', async () => {
  await page.onChoose();
  await page.onUpload();
  const { state, progress, attempts } = page.data;
  assert.deepEqual([state, progress, attempts], ['done', 100, 1]);
  const [{ parts }] = uploads();
  assert.deepEqual(
    parts.map(({ name, text, size }) => [name, text ?? size]),
    [
      ['user', '张三'],
      ['file', PICTURE.length],
    ],
  );
});

test('a lost connection is tried again', async () => {
  server.drop();
  await page.onChoose();
  await page.onUpload();
  assert.deepEqual([page.data.state, page.data.attempts], ['done', 2]);
});

test('a refusal is not tried again', async () => {
  server.reply({ status: 403 });
  await page.onChoose();
  await page.onUpload();
  assert.deepEqual([page.data.state, page.data.error], ['failed', 'the server answered 403']);
  assert.equal(uploads().length, 1);
});

test('without a network the page shows why', async () => {
  await page.onChoose();
  network.offline();
  await page.onUpload();
  assert.equal(page.data.state, 'failed');
  assert.match(page.data.error, /^uploadFile:fail /);
});

test('a user who backs out changes nothing', async () => {
  album.cancelNext();
  await page.onChoose();
  assert.equal(page.data.state, 'empty');
});
