import assert from 'node:assert/strict';
import { test } from 'node:test';
import vm from 'node:vm';
import fc from 'fast-check';
import { Decoder, encode, OapRejectError } from '../index.mjs';
import { anyFrames, cut, dataFrames, EACH, objects } from './support.mjs';

/** What a decoder makes of chunks: plain frames and the verdict. */
function outcome(chunks, config) {
  const decoder = new Decoder(config);
  const frames = [];
  try {
    for (const chunk of chunks) {
      for (const frame of decoder.feed(chunk)) {
        frames.push(frame.toObject());
      }
    }
    decoder.finish();
    return { frames };
  } catch (error) {
    assert.ok(error instanceof OapRejectError, error);
    return { frames, reason: error.reason, offset: error.offset, field: error.field };
  }
}

test('frames and verdict are the same however the bytes are split', () => {
  const places = fc.array(fc.nat(), { maxLength: 20 });
  const tail = fc.uint8Array({ maxLength: 20 });
  fc.assert(
    fc.property(anyFrames, tail, places, fc.boolean(), (frames, rest, where, strictHeaders) => {
      const bytes = Buffer.concat([encode(frames), rest]);
      const whole = outcome([bytes], { strictHeaders });
      assert.deepEqual(outcome(cut(bytes, where), { strictHeaders }), whole);
      assert.deepEqual(whole.frames.slice(0, frames.length), frames);
    }),
    { numRuns: 400 },
  );
});

test('byte by byte gives the same as at once', () => {
  const bytes = encode(EACH);
  assert.deepEqual(outcome(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))), { frames: EACH });
});

test('arbitrary bytes give frames or a reject, never anything else', () => {
  const bytes = fc.uint8Array({ maxLength: 400 });
  const prefixed = fc
    .tuple(
      fc.integer({ min: 0, max: 60 }),
      fc.integer({ min: 0, max: 7 }),
      fc.integer({ min: 0, max: 30 }),
      bytes,
    )
    .map(([length, kind, header, rest]) => Buffer.from([0, 0, 0, length, kind, 0, 0, header, ...rest]));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(bytes, prefixed), { maxLength: 6 }),
      fc.boolean(),
      (chunks, strictHeaders) => {
        outcome(chunks, { strictHeaders });
      },
    ),
    { numRuns: 2_000 },
  );
});

test('a reject says label, code, field, limit and place', () => {
  const decoder = new Decoder({ maxFrame: 4_096 });
  decoder.feed(dataFrames(1));
  assert.throws(() => decoder.feed(Buffer.from('00001001', 'hex')), {
    name: 'OapRejectError',
    reason: 'frame_oversize',
    code: 3,
    field: 'length',
    limit: 4_096n,
    offset: 13n,
    at: 17n,
    message:
      'frame_oversize: length is over the largest frame allowed (limit 4096); frame at byte 13, known at byte 17',
  });
  assert.equal(decoder.reject.reason, 'frame_oversize');
  decoder.reset();
  assert.equal(decoder.reject, undefined);
  assert.equal(decoder.feed(dataFrames(1)).length, 1);
});

test('finish says truncated inside a frame and nothing between frames', () => {
  const decoder = new Decoder();
  decoder.finish();
  decoder.feed(Buffer.from('000000', 'hex'));
  assert.equal(decoder.staged, 3);
  assert.throws(() => decoder.finish(), { reason: 'truncated', offset: 0n, at: 3n });
});

test('a chunk without bytes is no end and no reject', () => {
  const decoder = new Decoder();
  assert.equal(decoder.feed(new Uint8Array(0)).length, 0);
  const bytes = dataFrames(1);
  decoder.feed(bytes.subarray(0, 9));
  assert.equal(decoder.feed(Buffer.alloc(0)).length, 0);
  assert.equal(decoder.feed(bytes.subarray(9)).length, 1);
});

test('shared memory is copied: what another thread writes later changes nothing', () => {
  const bytes = dataFrames(3);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const frames = new Decoder().feed(shared);
  shared.fill(0);
  new Decoder().feed(dataFrames(1));
  assert.deepEqual(
    [...frames].map((frame) => frame.seqNumber),
    [1, 2, 3],
  );
  assert.ok(frames.at(0).body.buffer instanceof ArrayBuffer);
});

test('a chunk whose memory is detached is a TypeError, also when it is detached while frames are in use', () => {
  const detached = new Uint8Array(new ArrayBuffer(16));
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const decoder = new Decoder();
  assert.throws(() => decoder.feed(detached), TypeError);

  const chunk = Uint8Array.from(dataFrames(2));
  const frames = decoder.feed(chunk);
  const { body } = frames.at(0);
  structuredClone(chunk.buffer, { transfer: [chunk.buffer] });
  assert.equal(body.length, 0);
  assert.throws(() => frames.at(0).body, TypeError);
  assert.equal(frames.at(0).seq, 1n);
  new Decoder().feed(dataFrames(1));
  assert.throws(() => frames.at(0).seq, /changed or detached/);
});

test('memory that shrinks under its frames is an error, not a crash', (t) => {
  let chunk;
  const bytes = dataFrames(2);
  const memory = new ArrayBuffer(bytes.length, { maxByteLength: 64 });
  if (!memory.resizable) {
    t.diagnostic('this Node has no resizable ArrayBuffer');
    return;
  }
  chunk = new Uint8Array(memory);
  chunk.set(bytes);
  const frames = new Decoder().feed(chunk);
  memory.resize(4);
  assert.throws(() => frames.at(1).body, RangeError);
  new Decoder().feed(bytes);
  assert.throws(() => frames.at(1).seq, /changed or detached/);
});

test('what is no Uint8Array is a TypeError; one of another realm is taken', () => {
  const decoder = new Decoder();
  for (const chunk of [
    undefined,
    null,
    'abc',
    [0, 0],
    new ArrayBuffer(8),
    new Uint16Array(8),
    new DataView(new ArrayBuffer(8)),
  ]) {
    assert.throws(() => decoder.feed(chunk), TypeError);
  }
  const foreign = vm.runInNewContext('Uint8Array.from(bytes)', { bytes: [...dataFrames(1)] });
  assert.equal(decoder.feed(foreign).at(0).seq, 1n);
});

test('a chunk in the middle of a larger memory is read where it is', () => {
  const bytes = dataFrames(2);
  const memory = Buffer.concat([Buffer.alloc(13), bytes, Buffer.alloc(7)]);
  const frames = new Decoder().feed(memory.subarray(13, 13 + bytes.length));
  assert.deepEqual([...frames.at(1).body], [1, 1, 1]);
});
