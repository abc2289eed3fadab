// The memory of the module: it grows under everything that is in use, handles go when their objects do, hostile bytes and lengths
// harm nothing.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Connection, Decoder, encode, Monitor, Session } from '../dist/esm/index.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
const require = createRequire(import.meta.url);
const heap = require('../dist/cjs/heap.js');
const { native } = require('../dist/cjs/native.js');

const MIB = 1 << 20;
const large = (seq) => ({ kind: 'DATA', seq, body: new Uint8Array(MIB - 100).fill(seq) });

test('memory that grows under frames, decoders and monitors changes none of them', () => {
  const monitor = new Monitor();
  const decoder = new Decoder({}, { monitor });
  const whole = encode([large(1), large(2), large(3)]);
  const first = decoder.feed(whole.subarray(0, 100));
  assert.equal(first.length, 0);
  // One chunk that the memory has no room for, by another decoder between the chunks of this one.
  const batch = new Decoder().feed(encode(Array.from({ length: 40 }, (_, place) => large(place))));
  const rest = decoder.feed(whole.subarray(100));
  assert.deepEqual(
    Array.from(rest, ({ seqNumber, body }) => [seqNumber, body[0], body.length]),
    [
      [1, 1, MIB - 100],
      [2, 2, MIB - 100],
      [3, 3, MIB - 100],
    ],
  );
  assert.equal(batch.at(39).body[7], 39);
  assert.equal(monitor.snapshot().frames.DATA, 3);
});

test('10 MB of noise are a reject, at once and byte by byte', () => {
  const noise = new Uint8Array(10 * MIB);
  for (let at = 0; at < noise.length; at += 1) {
    noise[at] = (at * 2_654_435_761) >>> 13;
  }
  assert.throws(() => new Decoder().feed(noise), { name: 'OapRejectError' });
  const decoder = new Decoder();
  assert.throws(() => noise.subarray(0, 1_000).forEach((byte) => decoder.feed(Uint8Array.of(byte))), {
    name: 'OapRejectError',
  });
  assert.throws(() => decoder.feed(noise), { name: 'OapRejectError' });
});

test('lengths of 32 bits and more take no memory', () => {
  const before = heap.heap().length;
  for (const length of [0xffff_ffff, 0x8000_0000, MIB + 1]) {
    const prefix = new Uint8Array(8);
    new DataView(prefix.buffer).setUint32(0, length);
    prefix[4] = 3;
    assert.throws(() => new Decoder().feed(prefix), { reason: 'frame_oversize' });
  }
  assert.throws(() => heap.alloc(0xffff_ffff), /^RangeError: oap\.wasm has no memory for 4294967295 bytes$/);
  assert.equal(heap.heap().length, before);
  const monitor = new Monitor();
  monitor.countFrame('DATA', Number.MAX_SAFE_INTEGER);
  assert.equal(monitor.snapshot().frames.DATA, 1);
});

test('a session that is closed and a connection that is disposed are freed: they say what they said, and take nothing', () => {
  const session = new Session();
  const sent = session.send(session.hello());
  session.close();
  session.close();
  assert.equal(session.outbound.open, false);
  assert.equal(session.hello().maxFrame, BigInt(MIB));
  for (const late of [() => session.send([]), () => session.recv(sent), () => session.finish()]) {
    assert.throws(late, /the session is closed/);
  }
  const connection = new Connection();
  connection[Symbol.dispose]?.();
  connection.abort();
  assert.equal(connection.receive(sent).length, 0);
  assert.equal(connection.transmit().length, 0);
  connection.take(1);
  connection.handleTimeout();
  if (Symbol.dispose !== undefined) {
    assert.deepEqual([connection.state, connection.endReason], ['ended', 'aborted']);
    assert.throws(() => connection.start('s'), { name: 'OapConnectionError', reason: 'aborted' });
  }
});

test('what is closed is freed at once, and once', () => {
  const freed = [];
  const { oap_session_free: session, oap_connection_free: connection } = heap.calls;
  heap.calls.oap_session_free = (handle) => freed.push(['session', session(handle)]);
  heap.calls.oap_connection_free = (handle) => freed.push(['connection', connection(handle)]);
  const closed = new native.NativeSession({}, undefined);
  closed.close();
  closed.close();
  const left = new native.NativeConnection({}, [], true, false, undefined);
  left.abort();
  left.leave();
  left.leave();
  Object.assign(heap.calls, { oap_session_free: session, oap_connection_free: connection });
  assert.deepEqual(
    freed.map(([what]) => what),
    ['session', 'connection'],
  );
  assert.equal(left.reason().word, 'aborted');
});

test('handles are freed with their objects', async () => {
  const round = () => {
    for (let count = 0; count < 1_000; count += 1) {
      new native.NativeDecoder({}, undefined);
      new native.NativeConnection({}, [], true, false, new native.NativeMonitor({}, true));
      new native.NativeSession({}, undefined);
    }
  };
  const settled = async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      gc();
      await sleep(10);
    }
    return heap.heap().length;
  };
  round();
  const once = await settled();
  for (let more = 0; more < 3; more += 1) {
    round();
    await settled();
  }
  assert.ok((await settled()) <= once, `${await settled()} after ${once}`);
});

test('a trap is an Error, and so is every call behind it', () => {
  // In a module of its own: nothing can be done with it afterwards.
  const path = require.resolve('../dist/cjs/heap.js');
  const kept = require.cache[path];
  delete require.cache[path];
  const { calls } = require(path);
  require.cache[path] = kept;
  const error = /^Error: oap\.wasm failed in oap_decoder_free and can't be used any more$/;
  assert.throws(() => calls.oap_decoder_free(0xffff_fff0), error);
  assert.throws(() => calls.oap_abi_version(), error);
});
