// Random calls of the package: whatever is called with whatever, there are frames, or one of the errors that the guide
// names. A short run from a fixed seed; by TIME, in seconds, a long one from a new seed (`sdk-node/fuzz`).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Decoder, encode, encodeInto, Monitor, OapConfigError, OapRejectError, Session } from '../index.mjs';
import { anyFrame, cut, objects } from './support.mjs';

const SECONDS = Number(process.env.TIME ?? 0);
const LIMITS =
  SECONDS > 0
    ? { interruptAfterTimeLimit: SECONDS * 1_000, numRuns: 2 ** 31 - 1, markInterruptAsFailure: false }
    : { numRuns: 300, seed: 1 };
const timeout = SECONDS * 2_000 + 120_000;

const known = [OapRejectError, OapConfigError, TypeError, RangeError];

/** What a call gives, or the error that it may throw. */
function tried(call) {
  try {
    return { value: call() };
  } catch (error) {
    assert.ok(
      known.some((kind) => error instanceof kind),
      error,
    );
    return { error };
  }
}

const bytes = fc.uint8Array({ maxLength: 64 });
const anything = fc.anything({ withBigInt: true, withTypedArray: true, withDate: true });
const nearly = fc
  .tuple(anyFrame, fc.dictionary(fc.constantFrom('kind', 'seq', 'upTo', 'body', 'obj', 'stream'), anything))
  .map(([frame, more]) => ({ ...frame, ...more }));
const value = fc.oneof(anyFrame, nearly, anything);

/** Frames, some of them spoilt. */
const wire = fc
  .tuple(fc.array(anyFrame, { maxLength: 6 }), bytes, fc.nat(), fc.boolean())
  .map(([list, rest, at, spoil]) => {
    const made = Buffer.concat([encode(list), rest]);
    if (spoil && made.length > 0) {
      made[at % made.length] ^= 1 << (at % 8);
    }
    return made;
  });

test('encode takes any value or throws an error of the guide, and what it makes decodes', { timeout }, () => {
  const out = Buffer.alloc(4_096);
  fc.assert(
    fc.property(fc.oneof(value, fc.array(value, { maxLength: 5 })), (given) => {
      const { value: made, error } = tried(() => encode(given));
      const into = tried(() => encodeInto(given, out));
      if (error !== undefined) {
        assert.equal(into.error?.constructor, error.constructor);
        return;
      }
      assert.deepEqual(out.subarray(0, into.value), made);
      const decoder = new Decoder();
      assert.deepEqual(encode([...decoder.feed(made)]), made);
      decoder.finish();
    }),
    LIMITS,
  );
});

test('a configuration and limits of any values are taken or refused by name', { timeout }, () => {
  const names = [
    'strictHeaders',
    'seqRolloverPolicy',
    'ackWindowFrames',
    'maxFrame',
    'features',
    'inflightCapacity',
    'timing',
  ];
  fc.assert(
    fc.property(fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), anything), (options) => {
      for (const make of [
        () => new Decoder(options),
        () => new Session(options),
        () => new Monitor(options),
      ]) {
        const { error } = tried(make);
        assert.ok(!(error instanceof OapConfigError) || Object.hasOwn(options, error.field));
      }
    }),
    LIMITS,
  );
});

const step = fc.oneof(
  fc.record({ call: fc.constant('recv'), wire, places: fc.array(fc.nat(), { maxLength: 4 }) }),
  fc.record({
    call: fc.constant('send'),
    value: fc.oneof(anyFrame, fc.array(anyFrame, { maxLength: 3 }), nearly),
  }),
  fc.record({ call: fc.constantFrom('finish', 'reset', 'hello', 'state', 'tick', 'peer') }),
);

/** One call on a session, and the frames that it gave: read late, when the table has long gone on. */
function take(session, peer, monitor, kept, { call, wire: received, places, value: given }) {
  switch (call) {
    case 'recv':
      for (const chunk of cut(received, places)) {
        kept.push(session.recv(chunk));
      }
      break;
    case 'send':
      assert.ok(session.send(given).length > 0 || given.length === 0);
      break;
    case 'hello':
      return session.send(session.hello());
    case 'peer':
      kept.push(
        session.recv(peer.send([peer.hello(), { kind: 'START', stream: 's' }, { kind: 'DATA', seq: 1 }])),
      );
      break;
    case 'state':
      return [
        session.inbound,
        session.outbound,
        session.credit,
        session.nextSeq,
        session.staged,
        session.reject,
      ];
    case 'tick':
      return monitor.readiness();
    default:
      return session[call]();
  }
  return undefined;
}

test('any calls on a session leave it, its monitor and its frames in order', { timeout }, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), fc.boolean(), (steps, strictHeaders) => {
      const monitor = new Monitor();
      const session = new Session({ strictHeaders }, { monitor });
      const kept = [];
      for (const one of steps) {
        tried(() => take(session, new Session(), monitor, kept, one));
        const { inFlight, window, credit } = session.inbound;
        assert.equal(credit, window - inFlight);
        assert.ok(session.credit >= 0);
      }
      const counted = Object.values(monitor.snapshot().frames).reduce((sum, count) => sum + count);
      const given = kept.reduce((sum, frames) => sum + frames.length, 0);
      assert.ok(counted >= given);
      kept.forEach((frames) => tried(() => objects(frames)));
      session.close();
      assert.deepEqual([monitor.snapshot().ackWindow, monitor.snapshot().inflightFrames], [0, 0]);
    }),
    LIMITS,
  );
});

test('a decoder gives the same for any bytes in any pieces, with a monitor and without', { timeout }, () => {
  const outcome = (chunks, options) => {
    const decoder = new Decoder({}, options);
    const frames = [];
    const { error } = tried(() => {
      for (const chunk of chunks) {
        for (const frame of decoder.feed(chunk)) {
          frames.push(frame.toObject());
        }
      }
      decoder.finish();
    });
    return { frames, message: error?.message };
  };
  fc.assert(
    fc.property(wire, fc.array(fc.nat(), { maxLength: 12 }), (made, places) => {
      const monitor = new Monitor();
      const whole = outcome([made]);
      assert.deepEqual(outcome(cut(made, places), { monitor }), whole);
      const { frames, rejects } = monitor.snapshot();
      assert.equal(
        Object.values(frames).reduce((a, b) => a + b),
        whole.frames.length,
      );
      assert.equal(
        Object.values(rejects).reduce((a, b) => a + b),
        whole.message === undefined ? 0 : 1,
      );
    }),
    LIMITS,
  );
});

/** A copy of bytes in memory of some kind: what was around it, and whose it is, must not matter. */
const MEMORY = {
  pooled: (bytes) => Buffer.from(bytes),
  own: (bytes) => Uint8Array.from(bytes),
  'in the middle of another': (bytes) =>
    Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(9)]).subarray(7, 7 + bytes.length),
  resizable: (bytes) => filled(new ArrayBuffer(bytes.length, { maxByteLength: bytes.length + 64 }), bytes),
  shared: (bytes) => filled(new SharedArrayBuffer(bytes.length), bytes),
  growable: (bytes) =>
    filled(new SharedArrayBuffer(bytes.length, { maxByteLength: bytes.length + 64 }), bytes),
  transferred: (bytes) => {
    const { buffer } = Uint8Array.from(bytes);
    return new Uint8Array(structuredClone(buffer, { transfer: [buffer] }));
  },
  disguised: (bytes) =>
    Object.defineProperty(Uint8Array.from(bytes), 'buffer', { value: new ArrayBuffer(8) }),
  'of no class': (bytes) => Object.setPrototypeOf(Uint8Array.from(bytes), null),
};

function filled(memory, bytes) {
  const copy = new Uint8Array(memory);
  copy.set(bytes);
  return copy;
}

const kind = fc.constantFrom(...Object.keys(MEMORY));
/** What is done to the memory of chunk and bodies once the call has taken them. */
const after = fc.constantFrom('nothing', 'transfer', 'resize', 'overwrite');

function spoil(array, how) {
  const buffer = Object.getOwnPropertyDescriptor(TYPED_ARRAY, 'buffer').get.call(array);
  if (how === 'transfer' && buffer instanceof ArrayBuffer && buffer !== Buffer.allocUnsafe(1).buffer) {
    structuredClone(buffer, { transfer: [buffer] });
  } else if (how === 'resize' && buffer.resizable) {
    buffer.resize(0);
  } else if (how === 'overwrite') {
    Uint8Array.prototype.fill.call(array, 0xa5);
  }
}

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype);

test('memory of any kind, and what becomes of it later, changes no byte that was made', { timeout }, () => {
  fc.assert(
    fc.property(
      fc.array(anyFrame, { maxLength: 5 }),
      fc.nat(),
      kind,
      kind,
      after,
      (list, place, ofBody, ofChunk, how) => {
        const expected = encode(list);
        const given = list.map((frame) =>
          frame.kind === 'DATA' ? { ...frame, body: MEMORY[ofBody](frame.body) } : frame,
        );
        const made = encode(given);
        const into = Buffer.alloc(expected.length);
        encodeInto(given, into);
        given.forEach(({ body }) => body !== undefined && spoil(body, how));
        assert.deepEqual([made, into], [expected, expected]);
        const decoder = new Decoder();
        const chunks = cut(expected, [place]).map((chunk) => MEMORY[ofChunk](chunk));
        const frames = chunks.map((chunk) => decoder.feed(chunk));
        assert.deepEqual(frames.flatMap(objects), list);
        new Decoder().feed(expected);
        chunks.forEach((chunk) => spoil(chunk, how));
        // What is read late of memory that is gone is an error, or what is now there; never a fault of the process.
        frames.forEach((batch) => {
          try {
            objects(batch);
          } catch (error) {
            assert.match(`${error}`, /TypeError|RangeError|changed or detached/);
          }
        });
      },
    ),
    LIMITS,
  );
});

test('built-ins that are patched change no byte that is made or read', { timeout }, () => {
  const patched = [
    [Buffer, ['from', 'allocUnsafe', 'allocUnsafeSlow', 'concat']],
    [TYPED_ARRAY, ['set', 'subarray', 'slice', 'fill']],
    [TextEncoder.prototype, ['encode']],
  ].flatMap(([holder, names]) => names.map((name) => [holder, name, holder[name]]));
  fc.assert(
    fc.property(fc.array(anyFrame, { minLength: 1, maxLength: 5 }), fc.nat(), (list, place) => {
      const expected = encode(list);
      const chunks = cut(expected, [place]);
      const decoder = new Decoder();
      let made;
      let frames;
      try {
        for (const [holder, name] of patched) {
          holder[name] = () => {
            throw new Error(`${name} is patched`);
          };
        }
        made = encode(list);
        frames = chunks.map((chunk) => decoder.feed(chunk));
      } finally {
        patched.forEach(([holder, name, old]) => (holder[name] = old));
      }
      assert.deepEqual(made, expected);
      assert.deepEqual(frames.flatMap(objects), list);
    }),
    LIMITS,
  );
});
