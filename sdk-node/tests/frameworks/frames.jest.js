// Run by Jest itself.

const { Decoder, encode } = require('oap');

const batch = (...frames) => new Decoder().feed(encode(frames));
const one = (frame) => batch(frame).at(0);
const DATA = { kind: 'DATA', seq: 1n, body: Buffer.from('secret') };

describe.each([
  ['body', { ...DATA, body: Buffer.from('secreT') }],
  ['seq', { ...DATA, seq: 2n }],
  ['kind', { kind: 'ACK', upTo: 1n }],
])('frames that differ in %s', (_, other) => {
  test.each([
    ['alone', one],
    ['in a batch', batch],
    ['in an array', (frame) => [one(frame)]],
  ])('%s', (_, make) => {
    expect(make(DATA)).not.toEqual(make(other));
    expect(make(DATA)).not.toStrictEqual(make(other));
    expect(() => expect(make(DATA)).toEqual(make(other))).toThrow('deep equality');
  });
});

test('equal frames are equal, wherever they lie', () => {
  expect(one(DATA)).toEqual(one(DATA));
  expect(batch({ kind: 'ACK', upTo: 1n }, DATA).at(1)).toStrictEqual(one(DATA));
  expect([...batch(DATA)]).toContainEqual(one(DATA));
});

test('what Jest shows of a frame has no payload', () => {
  let shown = '';
  try {
    expect(one(DATA)).toEqual(one({ ...DATA, seq: 2n }));
  } catch (error) {
    shown = error.message;
  }
  expect(shown).toContain('seq');
  expect(shown).not.toMatch(/secret|73, ?65|115, ?101/);
});

test('JSON has no payload, and 64 bits as strings', () => {
  expect(JSON.stringify(one(DATA))).toBe('{"kind":"DATA","seq":"1","len":6}');
  expect(JSON.parse(JSON.stringify([...batch(DATA)]))).toEqual([{ kind: 'DATA', seq: '1', len: 6 }]);
});
