import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Decoder, encode, encodeInto, MAX_FRAME_BYTES, OapRejectError, Session } from '../index.mjs';
import { anyFrame, anyFrames, EACH, objects, OBJ } from './support.mjs';

test('what is encoded decodes to the same, and decoded frames encode to the same bytes', () => {
  fc.assert(
    fc.property(anyFrames, (frames) => {
      const bytes = encode(frames);
      const decoded = new Decoder().feed(bytes);
      assert.deepEqual(objects(decoded), frames);
      assert.deepEqual(encode([...decoded]), bytes);
      assert.deepEqual(Buffer.concat(frames.map((frame) => encode(frame))), bytes);
    }),
    { numRuns: 400 },
  );
});

/** The core alone: a HELLO keeps a batch off the fast path of DATA and ACK. */
const HELLO = EACH[0];
const byCore = (frame) => encode([HELLO, frame]).subarray(encode(HELLO).length);

const good = (make) => {
  try {
    return make().toString('hex');
  } catch (error) {
    return `${error.name} ${error.reason} ${error.message}`;
  }
};

const nearlyFrame = fc.oneof(
  anyFrame,
  fc.record({
    kind: fc.constant('DATA'),
    seq: fc.oneof(
      fc.constantFrom(
        0,
        127,
        128,
        16_383,
        16_384,
        2 ** 31 - 1,
        2 ** 31,
        2 ** 32,
        2 ** 49,
        2 ** 53 - 1,
        2 ** 53,
        -1,
        0.5,
        NaN,
        '1',
      ),
      fc.constantFrom(
        0n,
        127n,
        128n,
        2n ** 31n,
        2n ** 53n - 1n,
        2n ** 53n,
        2n ** 63n,
        2n ** 64n - 1n,
        2n ** 64n,
        -1n,
      ),
    ),
    obj: fc.constantFrom(
      undefined,
      OBJ,
      OBJ.toUpperCase(),
      OBJ.slice(1),
      `${OBJ}0`,
      `${OBJ.slice(0, -1)}g`,
      `b4${OBJ.slice(2)}`,
      `${OBJ.slice(0, -1)}ı`,
      `${OBJ.slice(0, -1)}\u0130`,
      '',
      7,
      null,
    ),
    body: fc.constantFrom(
      undefined,
      Buffer.alloc(0),
      Buffer.alloc(3, 1),
      new Uint8Array(2),
      'abc',
      new Uint16Array(2),
      null,
    ),
  }),
  fc.record({
    kind: fc.constantFrom('ACK', 'PING'),
    upTo: fc.constantFrom(0, 300, 2 ** 53, undefined, 2n ** 64n - 1n, 2n ** 64n),
  }),
);

test('the fast path of DATA and ACK is equal to the core, in what it makes and in what it refuses', () => {
  fc.assert(
    fc.property(nearlyFrame, (frame) => {
      assert.equal(
        good(() => encode(frame)),
        good(() => byCore(frame)),
      );
    }),
    { numRuns: 4_000 },
  );
});

test('a frame has at most 1 MiB, on both paths', () => {
  const body = Buffer.alloc(MAX_FRAME_BYTES - 10);
  const data = { kind: 'DATA', seq: 1, body };
  assert.equal(encode(data).length, MAX_FRAME_BYTES);
  assert.deepEqual(byCore(data), encode(data));
  const over = { ...data, body: Buffer.alloc(body.length + 1) };
  for (const make of [() => encode(over), () => byCore(over)]) {
    assert.throws(make, {
      name: 'OapRejectError',
      reason: 'frame_oversize',
      limit: BigInt(MAX_FRAME_BYTES),
      offset: undefined,
      at: undefined,
    });
  }
});

test('a batch is encoded whole or not at all', () => {
  assert.throws(() => encode([...EACH, { kind: 'START', stream: '' }]), {
    reason: 'header_malformed',
    field: 'START.stream',
  });
  assert.equal(encode([]).length, 0);
});

test('what no field can hold is a TypeError that names it', () => {
  const wrong = [
    [{ kind: 'DATA', seq: -1n }, /seq/],
    [{ kind: 'DATA', seq: 2n ** 64n }, /seq/],
    [{ kind: 'DATA', seq: 2 ** 53 }, /seq/],
    [{ kind: 'DATA', seq: 1, body: 'abc' }, /body/],
    [{ kind: 'ACK' }, /upTo/],
    [{ kind: 'END', seq: 1, status: 1.5 }, /status/],
    [{ kind: 'END', seq: 1, status: 2 ** 32 }, /status/],
    [{ kind: 'ERROR', code: '1', reason: '' }, /code/],
    [{ kind: 'ERROR', code: 1, reason: '\ud800' }, /reason/],
    [{ kind: 'HELLO', maxFrame: 4_096, features: 1.5 }, /features/],
    [{ kind: 'data', seq: 1 }, /kind/],
    [undefined, /kind/],
    [7, /kind/],
  ];
  for (const [frame, message] of wrong) {
    assert.throws(() => encode(frame), { name: 'TypeError', message }, String(message));
    assert.throws(() => new Session().send(frame), { name: 'TypeError', message }, String(message));
  }
});

test('a value that a field can hold and the protocol forbids is a refusal', () => {
  for (const [frame, field] of [
    [{ kind: 'END', seq: 1, status: 65_536 }, 'END.status'],
    [{ kind: 'HELLO', version: 2, maxFrame: 4_096 }, 'HELLO.version'],
    [{ kind: 'START', stream: 'x'.repeat(70_000) }, 'START.stream'],
    [{ kind: 'START', stream: 'a\n' }, 'START.stream'],
  ]) {
    assert.throws(
      () => encode(frame),
      (error) => error instanceof OapRejectError && error.field === field,
      field,
    );
  }
});

test('a body of shared memory is copied, one whose memory is detached is a TypeError', () => {
  const shared = new Uint8Array(new SharedArrayBuffer(3)).fill(7);
  const detached = new Uint8Array(new ArrayBuffer(3));
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  for (const make of [encode, byCore]) {
    assert.equal(make({ kind: 'DATA', seq: 1, body: shared }).toString('hex'), '0000000d030000020801070707');
    assert.throws(() => make({ kind: 'DATA', seq: 1, body: detached }), TypeError);
  }
});

test('encodeInto writes what encode gives, as far as there is room', () => {
  fc.assert(
    fc.property(anyFrames, fc.integer({ min: -3, max: 200 }), (frames, spare) => {
      const bytes = encode(frames);
      const out = new Uint8Array(Math.max(0, bytes.length + spare));
      if (out.length < bytes.length) {
        assert.throws(() => encodeInto(frames, out), {
          name: 'RangeError',
          message: new RegExp(`take ${bytes.length} bytes`),
        });
      } else {
        assert.equal(encodeInto(frames, out), bytes.length);
        assert.deepEqual(Buffer.from(out.subarray(0, bytes.length)), bytes);
      }
    }),
    { numRuns: 400 },
  );
  assert.throws(() => encodeInto({ kind: 'START', stream: '' }, Buffer.alloc(100)), {
    reason: 'header_malformed',
  });
});

test('a getter of a frame may encode other frames', () => {
  const inner = [HELLO, { kind: 'START', stream: 'inner' }];
  const frame = {
    kind: 'DATA',
    seq: 1,
    get body() {
      return encode(inner);
    },
  };
  assert.deepEqual(byCore(frame), encode({ kind: 'DATA', seq: 1, body: encode(inner) }));
});
