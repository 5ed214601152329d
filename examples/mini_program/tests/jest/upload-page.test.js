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
  expect(page.data).toMatchObject({ state: 'done', progress: 100, attempts: 1 });
  const [{ parts }] = uploads();
  expect(parts.map(({ name, text, size }) => [name, text ?? size])).toEqual([
    ['user', '张三'],
    ['file', PICTURE.length],
  ]);
});

test('a lost connection is tried again', async () => {
  server.drop();
  await page.onChoose();
  await page.onUpload();
  expect(page.data).toMatchObject({ state: 'done', attempts: 2 });
});

test('a refusal is not tried again', async () => {
  server.reply({ status: 403 });
  await page.onChoose();
  await page.onUpload();
  expect(page.data).toMatchObject({ state: 'failed', error: 'the server answered 403' });
  expect(uploads()).toHaveLength(1);
});

test('without a network the page shows why', async () => {
  await page.onChoose();
  network.offline();
  await page.onUpload();
  expect(page.data.state).toBe('failed');
  expect(page.data.error).toMatch(/^uploadFile:fail /);
});

test('a user who backs out changes nothing', async () => {
  album.cancelNext();
  await page.onChoose();
  expect(page.data.state).toBe('empty');
});
