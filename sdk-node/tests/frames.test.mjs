import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Decoder, encode, OapRejectError } from '../index.mjs';
import { dataFrames, EACH, objects, OBJ } from './support.mjs';

const decode = (bytes) => new Decoder().feed(bytes);

test('every kind has its fields, and of other kinds none', () => {
  const frames = decode(encode(EACH));
  assert.deepEqual(objects(frames), EACH);
  const [hello, start, data, ack, end, error] = frames;
  assert.equal(hello.maxFrameNumber, 65_536);
  assert.equal(start.stream, 'objects/ä');
  assert.deepEqual([data.len, data.obj, data.body], [3, OBJ, Buffer.from('abc')]);
  assert.equal(ack.upToNumber, Number.MAX_SAFE_INTEGER);
  assert.equal(end.seqNumber, 3);
  assert.equal(error.reason, 'no ☂');
  assert.deepEqual(
    [ack.seq, ack.body, ack.obj, ack.stream, ack.status, ack.code, ack.features],
    Array(7).fill(undefined),
  );
  assert.deepEqual(
    [data.upTo, data.upToNumber, start.len, error.version, error.ackWindow],
    Array(5).fill(undefined),
  );
});

test('a number of 64 bits is a bigint whatever its value, and a number only where that is exact', () => {
  for (const seq of [0n, 1n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n]) {
    const frame = decode(encode({ kind: 'DATA', seq })).at(0);
    assert.equal(frame.seq, seq);
    assert.equal(frame.seqNumber, Number(seq));
  }
  for (const seq of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
    const frame = decode(encode({ kind: 'END', seq, status: 0 })).at(0);
    assert.equal(frame.seq, seq);
    assert.throws(() => frame.seqNumber, RangeError);
  }
});

test('absent and zero features differ, absent obj is undefined', () => {
  const bytes = encode([
    { kind: 'HELLO', maxFrame: 4_096 },
    { kind: 'HELLO', maxFrame: 4_096, features: 0 },
    { kind: 'DATA', seq: 0 },
  ]);
  const [without, zero, data] = decode(bytes);
  assert.deepEqual(
    [without.features, without.ackWindow, zero.features, data.obj],
    [undefined, undefined, 0n, undefined],
  );
});

test('a body is a Buffer over the chunk, not a copy', () => {
  const chunk = Buffer.from(encode({ kind: 'DATA', seq: 1, body: Buffer.from('abc') }));
  const { body } = decode(chunk).at(0);
  assert.ok(Buffer.isBuffer(body));
  assert.equal(Object.getPrototypeOf(body), Buffer.prototype);
  assert.equal(body.buffer, chunk.buffer);
  chunk[chunk.length - 1] = 0x7a;
  assert.equal(body.toString(), 'abz');
});

test('toObject shares no memory with the chunk', () => {
  const chunk = Buffer.from(encode({ kind: 'DATA', seq: 1, body: Buffer.from('abc') }));
  const object = decode(chunk).at(0).toObject();
  chunk.fill(0);
  assert.deepEqual(object, { kind: 'DATA', seq: 1n, body: Buffer.from('abc') });
});

test('a batch is read by iteration, by index from both ends, by columns and in part', () => {
  const frames = decode(dataFrames(5));
  assert.equal(frames.length, 5);
  assert.deepEqual(
    [...frames].map((frame) => frame.seqNumber),
    [1, 2, 3, 4, 5],
  );
  assert.deepEqual(
    [0, 4, -1, -5].map((index) => frames.at(index).seqNumber),
    [1, 5, 5, 1],
  );
  assert.deepEqual(
    [5, -6, 0.5, NaN].map((index) => frames.at(index)),
    Array(4).fill(undefined),
  );
  assert.deepEqual(
    [...frames.from(3)].map((frame) => frame.seqNumber),
    [4, 5],
  );
  assert.deepEqual([frames.from(5).length, frames.from(9).length, frames.from(1).at(-1).seq], [0, 0, 5n]);
  const { kind, number, len } = decode(encode(EACH)).columns();
  assert.deepEqual([...kind], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([...number], [0n, 0n, 2n ** 64n - 1n, 9_007_199_254_740_991n, 3n, 0n]);
  assert.deepEqual([...len], [0, 0, 3, 0, 0, 0]);
});

test('frames before a reject are given, then iterating throws it, and so does every later call', () => {
  const decoder = new Decoder();
  const frames = decoder.feed(Buffer.concat([dataFrames(2), Buffer.from('0000000899', 'hex')]));
  assert.equal(frames.length, 2);
  assert.equal(frames.reject.reason, 'unknown_envelope');
  const seen = [];
  assert.throws(() => {
    for (const frame of frames) {
      seen.push(frame.seqNumber);
    }
  }, frames.reject);
  assert.deepEqual(seen, [1, 2]);
  assert.equal(frames.from(1).reject, frames.reject);
  assert.throws(() => decoder.feed(Buffer.alloc(0)), frames.reject);
  assert.throws(() => decoder.finish(), frames.reject);
  assert.ok(frames.reject instanceof OapRejectError);
});

test('what is shown of a frame has neither payload nor feature bits', () => {
  const shown = inspect([
    ...decode(
      encode([
        { ...EACH[0], features: 48_879n },
        { ...EACH[2], body: Buffer.from('secret') },
      ]),
    ),
  ]);
  assert.match(shown, /HELLO \{ version: 1, maxFrame: 65536n, ackWindow: 7 \}/);
  assert.match(shown, /DATA \{.*len: 6/s);
  assert.doesNotMatch(shown, /48879|secret|73 65 63|features|body/);
  assert.equal(inspect(decode(dataFrames(2))), 'Frames(2)');
});

const KEPT = 300;

test('frames and batches that are kept stay right while the table is filled again and again', () => {
  const decoder = new Decoder();
  const frames = [];
  const batches = [];
  for (let i = 0; i < KEPT; i += 1) {
    const batch = decoder.feed(dataFrames(7, i * 7, 20));
    batches.push(batch);
    frames.push(batch.at(i % 7), ...(i % 3 === 0 ? batch : []));
  }
  batches.forEach((batch, i) => {
    assert.deepEqual(
      [...batch].map((frame) => frame.seqNumber),
      Array.from({ length: 7 }, (_, j) => i * 7 + j),
    );
  });
  let place = 0;
  for (let i = 0; i < KEPT; i += 1) {
    assert.equal(frames[place++].seq, BigInt(i * 7 + (i % 7)));
    for (let j = 0; i % 3 === 0 && j < 7; j += 1) {
      assert.deepEqual([frames[place].seq, frames[place].body], [BigInt(i * 7 + j), Buffer.alloc(20, j)]);
      place += 1;
    }
  }
});

test('a batch goes on being right when another decoder is fed while it is iterated', () => {
  const seen = [];
  for (const outer of new Decoder().feed(dataFrames(4))) {
    for (const inner of new Decoder().feed(dataFrames(3, 10))) {
      seen.push(inner.seqNumber);
    }
    seen.push(outer.seqNumber);
  }
  assert.deepEqual(
    seen,
    [1, 2, 3, 4].flatMap((outer) => [10, 11, 12, outer]),
  );
});

test('a frame that two chunks hold stays right too, and so do those behind it', () => {
  const decoder = new Decoder();
  const bytes = encode(EACH);
  const cut = bytes.length >> 1;
  const batches = [decoder.feed(bytes.subarray(0, cut)), decoder.feed(bytes.subarray(cut))];
  new Decoder().feed(dataFrames(50));
  assert.deepEqual(batches.flatMap(objects), EACH);
});

test('frames of a relaxed encoding are read again as they were read first', () => {
  const decoder = new Decoder({ strictHeaders: false });
  const [frame] = decoder.feed(Buffer.from('0000000c040500040881807f', 'hex').fill(0x00, 11));
  new Decoder().feed(dataFrames(3));
  assert.equal(frame.upTo, 1n);
});

test('a chunk of more frames than the table has rows is one batch', () => {
  for (const count of [2_047, 2_048, 2_049, 10_000, 150_000]) {
    const decoder = new Decoder();
    const bytes = dataFrames(count, 1, 0);
    assert.equal(decoder.feed(bytes.subarray(0, 5)).length, 0);
    const frames = decoder.feed(bytes.subarray(5));
    new Decoder().feed(dataFrames(1));
    assert.equal(frames.length, count);
    assert.deepEqual(
      [frames.at(0).seqNumber, frames.at(1)?.seqNumber, frames.at(-1).seqNumber],
      [1, 2, count],
    );
  }
});

test('a chunk that is changed behind the back of its frames is noticed, where its frames have other lengths', () => {
  const chunk = Buffer.from(dataFrames(3));
  const frames = new Decoder().feed(chunk);
  new Decoder().feed(dataFrames(1));
  chunk.fill(0xff);
  assert.throws(() => frames.at(0).seq, /changed or detached/);
});
