// Misuse of connections, servers and streams: a TypeError at once, which says what to do, and nothing on the wire.

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import {
  connect,
  createServer,
  encode,
  OapConnection,
  OapDecoderStream,
  oapDecoderTransform,
} from '../index.mjs';
import { serve } from './support.mjs';

const LIMIT = { timeout: 20_000 };

/** A connection whose peer notes what it gets. */
async function noted(t) {
  const got = [];
  const { dial } = await serve(t, async (connection) => {
    for await (const frame of connection.frames()) {
      got.push(frame.stream ?? frame.kind);
    }
  });
  const connection = dial();
  await connection.ready();
  return { connection, got };
}

test('a stream that can’t be sent is refused before its START', LIMIT, async (t) => {
  const { connection, got } = await noted(t);
  const source = [Buffer.from('x')];
  for (const [given, message] of [
    [['s', Buffer.from('bytes')], /put a single one into an array/],
    [['s', 'text'], /iterable of Uint8Arrays/],
    [['s', undefined], /iterable of Uint8Arrays/],
    [['s', 5], /iterable of Uint8Arrays/],
    [['s', {}], /iterable of Uint8Arrays/],
    [[source, 's'], /the name of a stream is a string/],
    [['s', source, { obj: 5 }], /obj is a string/],
  ]) {
    assert.throws(() => connection.sendStream(...given), { name: 'TypeError', message });
  }
  assert.throws(() => connection.start(), { name: 'TypeError', message: /name of a stream/ });
  assert.throws(() => connection.data('text'), { name: 'TypeError', message: /a body is a Uint8Array/ });
  await connection.sendStream('good', source);
  await connection.close();
  assert.deepEqual(got, ['good', 'DATA', 'END']);
});

test('a server without a handler, and options that are none', () => {
  for (const given of [[{}], [], [{}, {}], [null, undefined]]) {
    assert.throws(() => createServer(...given), {
      name: 'TypeError',
      message: /createServer\(options, async/,
    });
  }
  assert.throws(() => createServer('options', () => {}), {
    name: 'TypeError',
    message: /options are an object/,
  });
  for (const given of ['localhost', 80, null, undefined]) {
    assert.throws(() => connect(given), { name: 'TypeError', message: /options are an object/ });
    assert.throws(() => new OapConnection(given), { name: 'TypeError', message: /a Duplex/ });
  }
});

test('two loops at once: the second is told, the first goes on', LIMIT, async (t) => {
  const { dial } = await serve(t, async (connection) => {
    await connection.sendStream('s', [Buffer.from('a'), Buffer.from('b')]);
    await connection.ended();
  });
  const connection = dial();
  const advice = { name: 'TypeError', message: /leave the loop \(break\)/ };
  const taken = [];
  for await (const frame of connection.frames()) {
    taken.push(frame.kind);
    for (const other of [connection.frames(), connection[Symbol.asyncIterator]()]) {
      assert.throws(() => other.next(), advice);
      await other.return();
    }
    if (frame.kind === 'END') {
      break;
    }
  }
  assert.deepEqual(taken, ['START', 'DATA', 'DATA', 'END']);
  const waiting = connection.read();
  await assert.rejects(connection.read(), advice);
  await assert.rejects(connection.readBatch(), advice);
  assert.throws(() => connection.frames().next(), advice);
  connection.abort();
  await assert.rejects(waiting, { reason: 'aborted' });
});

test(
  'a read that was given up, and a loop that threw, leave the connection to the next',
  LIMIT,
  async (t) => {
    const { dial } = await serve(t, async (connection) => {
      await connection.read();
      await connection.sendStream('s', []);
      await connection.ended();
    });
    const connection = dial();
    await assert.rejects(connection.read(AbortSignal.timeout(5)), { name: 'TimeoutError' });
    await connection.start('go');
    await assert.rejects(async () => {
      for await (const { stream } of connection.frames()) {
        throw new Error(stream);
      }
    }, /^Error: s$/);
    for await (const frames of connection) {
      assert.equal(frames.at(0).kind, 'END');
      break;
    }
  },
);

test('text in a decoder stream is refused', LIMIT, async () => {
  const advice = { name: 'TypeError', message: /read its source without an encoding/ };
  const text = () => Readable.from([encode({ kind: 'ACK', upTo: 1 }).toString('latin1')]);
  await assert.rejects(async () => {
    for await (const _ of text().pipe(new OapDecoderStream()));
  }, advice);
  await assert.rejects(async () => {
    for await (const _ of Readable.toWeb(text()).pipeThrough(oapDecoderTransform()));
  }, advice);
});
