// Fifty upload tests; `wx` is the emulator's or, without it, the one of `mocks.js`.
const { upload } = require('./upload.js');

const emulated = globalThis.minibridge;
const given = emulated || globalThis.mocks;

beforeEach(() => {
  given.reset();
  if (emulated) emulated.route('https://api.example.com');
});

test.each(Array.from({ length: 50 }, (_, i) => i + 1))('upload %i arrives with its field', async (i) => {
  const filePath = given.files.add(`picture-${i}.png`, Buffer.alloc(1000 + i));
  given.server.reply({ status: 201, body: { id: i } });
  const { statusCode, data, order } = await upload(filePath, String(i));
  expect(statusCode).toBe(201);
  expect(JSON.parse(data)).toEqual({ id: i });
  expect(order).toEqual(['success', 'complete']);
  const [{ parts }] = given.uploads();
  expect(parts.map(({ name, text, size }) => [name, text ?? size])).toEqual([
    ['user', String(i)],
    ['avatar', 1000 + i],
  ]);
});
