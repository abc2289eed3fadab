// Memory at the border of the package: bodies and chunks over memory of every kind, built-ins that are patched, and lists
// and memory that change while they are read. Whatever a program does, bytes are right or an error says what is wrong.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decoder, encode, encodeInto, Session } from '../index.mjs';
import { dataFrames, fixture, objects, OBJ, pair, run } from './support.mjs';

const START = { kind: 'START', stream: 's' };
const HELLO = { kind: 'HELLO', maxFrame: 4_096 };
/** The frames behind a HELLO, which keeps them off the fast path. */
const byCore = (...frames) => encode([HELLO, ...frames]).subarray(encode(HELLO).length);

function opened() {
  const [session] = pair({ ackWindowFrames: 1_024 });
  session.send(START);
  return session;
}

/** A session that was made before the bodies were. */
let next = opened();
function bySession(...frames) {
  const bytes = next.send(frames);
  next = opened();
  return bytes;
}

/** A body where the next small Buffer of the pool will lie, so many bytes behind its start. */
function bodyInPool(behind) {
  let probe = Buffer.allocUnsafe(8);
  while (probe.byteOffset + 2_000 > probe.buffer.byteLength) {
    probe = Buffer.allocUnsafe(8);
  }
  const pool = new Uint8Array(probe.buffer);
  for (let place = probe.byteOffset; place < pool.length; place += 1) {
    pool[place] = (place * 7) % 251;
  }
  return pool.subarray(probe.byteOffset + 8 + behind, probe.byteOffset + 508 + behind);
}

const WAYS = { encode: (...frames) => encode(frames), 'the core': byCore, 'a session': bySession };
for (const [way, make] of Object.entries(WAYS)) {
  test(`a body over the pool of Buffers is encoded as it is: ${way}`, () => {
    for (const behind of [0, 1, 7, 13, 40, 100, 400]) {
      const frames = [
        { kind: 'DATA', seq: 1 },
        { kind: 'DATA', seq: 2, body: bodyInPool(behind) },
      ];
      const kept = Buffer.alloc(500, frames[1].body);
      assert.deepEqual(new Decoder().feed(make(...frames)).at(1).body, kept, `${behind} bytes behind`);
    }
  });
}

test('a text of the same call does not fall on a body over the pool', () => {
  const body = bodyInPool(0);
  const kept = Buffer.alloc(500, body);
  const bytes = encode([
    { kind: 'ERROR', code: 1, reason: 'r'.repeat(60) },
    { kind: 'DATA', seq: 2, body },
  ]);
  assert.deepEqual(new Decoder().feed(bytes).at(1).body, kept);
});

test('a body in the memory that encodeInto writes to is encoded as it was', () => {
  const out = Buffer.alloc(8_192);
  for (const [size, at] of [
    [30, 0],
    [30, 12],
    [4_000, 7],
    [7_000, 1_000],
  ]) {
    out.forEach((_, place) => (out[place] = place % 251));
    const body = out.subarray(at, at + size);
    const kept = Uint8Array.from(body);
    const frames = [
      { kind: 'ACK', upTo: 1 },
      { kind: 'DATA', seq: 1, body },
    ];
    const written = encodeInto(frames, out);
    assert.deepEqual(objects(new Decoder().feed(out.subarray(0, written)))[1].body, Buffer.from(kept));
  }
  assert.throws(() => encodeInto({ kind: 'ACK', upTo: 1 }, 'abc'), TypeError);
});

test('a patched built-in is called with no memory of a table', async () => {
  const { stdout } = await run(process.execPath, [fixture('patched.mjs')]);
  assert.deepEqual(JSON.parse(stdout), { seen: 0, right: true });
});

test('frames of more than 4 GiB are a RangeError before any memory is taken', () => {
  const body = new Uint8Array(1_000_000);
  const frames = Array(4_400).fill({ kind: 'DATA', seq: 1, body });
  const heads = Array(4_400).fill({ kind: 'DATA', seq: 1, body: new Uint8Array(976_120) });
  for (const list of [frames, heads]) {
    for (const make of [
      () => encode(list),
      () => encode([START, ...list]),
      () => encodeInto(list, new Uint8Array(8)),
      () => new Session().send(list),
    ]) {
      assert.throws(make, { name: 'RangeError', message: /at most 4294967295 bytes/ });
    }
  }
});

/** Frames of which the first makes the list longer, or shorter, when its kind is read. */
function changing(list, change) {
  const [first] = list;
  const frames = [{ ...first }, ...list.slice(1)];
  let once = true;
  Object.defineProperty(frames[0], 'seq', {
    get() {
      if (once) {
        change(frames);
        once = false;
      }
      return first.seq;
    },
  });
  return frames;
}

const datas = (count) => Array.from({ length: count }, (_, place) => ({ kind: 'DATA', seq: 1 + place }));

test('of a list that grows while it is read, the frames count that it had; one that shrinks is a TypeError', () => {
  const more = (frames) => frames.push(...datas(200));
  for (const make of Object.values(WAYS)) {
    const count = (list) => new Decoder().feed(make(...list)).length;
    assert.equal(count(datas(5)), 5);
  }
  for (const list of [changing(datas(1), more), changing(datas(64), more), changing(datas(70), more)]) {
    const length = list.length;
    assert.equal(new Decoder().feed(encode(list)).length, length);
  }
  const [session] = pair({ ackWindowFrames: 1_024 });
  session.send(START);
  assert.equal(new Decoder().feed(session.send(changing(datas(1), more))).length, 1);
  const last = { kind: 'END', seq: 1, status: 0 };
  assert.equal(new Decoder().feed(encode(changing([...datas(1), last], more))).length, 2);
  const fewer = (frames) => frames.pop();
  assert.throws(() => encode(changing(datas(3), fewer)), { name: 'TypeError', message: /kind/ });
  assert.throws(() => new Session().send(changing(datas(3), fewer)), { name: 'TypeError', message: /kind/ });
});

test('a body whose memory is taken away while later frames are read is a TypeError', () => {
  for (const others of [[], [{ kind: 'DATA', seq: 3, body: Buffer.from('ccc') }]]) {
    const body = new Uint8Array(new ArrayBuffer(3)).fill(97);
    const thief = {
      kind: 'END',
      status: 0,
      get seq() {
        structuredClone(body.buffer, { transfer: [body.buffer] });
        return 2;
      },
    };
    assert.throws(() => encode([{ kind: 'DATA', seq: 1, body }, thief, ...others]), {
      name: 'TypeError',
      message: /detached or resized/,
    });
  }
});

/** Memory of another kind than it says. */
function disguised(bytes, property, value) {
  return Object.defineProperty(bytes, property, { value });
}

test('what an array says of itself is not asked: its memory, its length and its place are looked up', () => {
  const bytes = dataFrames(2);
  const shared = () => {
    const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
    copy.set(bytes);
    return copy;
  };
  const own = () => Uint8Array.from(bytes);
  const body = Buffer.from([1, 1, 1]);
  for (const chunk of [
    disguised(shared(), 'buffer', new ArrayBuffer(99)),
    disguised(own(), 'buffer', new ArrayBuffer(99)),
    disguised(own(), 'buffer', new SharedArrayBuffer(99)),
    disguised(own(), 'length', 0),
    disguised(own(), 'length', 2 ** 40),
    disguised(own(), 'byteOffset', 7),
    Object.setPrototypeOf(shared(), null),
    Object.setPrototypeOf(own(), Uint16Array.prototype),
  ]) {
    const frames = new Decoder().feed(chunk);
    assert.deepEqual([frames.length, frames.at(1).body], [2, body]);
    for (const make of Object.values(WAYS)) {
      const made = Uint8Array.from(make({ kind: 'DATA', seq: 1, body: chunk }));
      assert.deepEqual(Buffer.from(new Decoder().feed(made).at(0).body), Buffer.from(bytes));
    }
  }
});

test('a body or chunk that lies outside of memory which has shrunk is a TypeError', (t) => {
  const memory = new ArrayBuffer(64, { maxByteLength: 64 });
  if (!memory.resizable) {
    t.diagnostic('this Node has no resizable ArrayBuffer');
    return;
  }
  const outside = new Uint8Array(memory, 32);
  const fixed = new Uint8Array(memory, 40, 8);
  memory.resize(16);
  for (const gone of [outside, fixed]) {
    assert.throws(() => new Decoder().feed(gone), TypeError);
    for (const make of Object.values(WAYS)) {
      assert.throws(() => make({ kind: 'DATA', seq: 1, obj: OBJ, body: gone }), TypeError);
    }
  }
});

test('the size of shared memory is judged before it is copied', () => {
  const large = new Uint8Array(new SharedArrayBuffer(2 ** 32));
  const start = performance.now();
  assert.throws(() => new Decoder().feed(large), { name: 'RangeError', message: /at most 4294967295 bytes/ });
  assert.throws(() => encode({ kind: 'DATA', seq: 1, body: large }), RangeError);
  assert.ok(performance.now() - start < 1_000);
});
