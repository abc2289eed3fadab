// The engine of a connection, by hand: two of them, and the bytes between.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Connection } from '../dist/esm/index.js';

/** Moves what both have to say until neither has more; gives the frames that each was given. */
function settle(a, b) {
  const given = [[], []];
  for (let moved = true; moved;) {
    moved = [
      [a, b, given[1]],
      [b, a, given[0]],
    ]
      .map(([from, to, frames]) => {
        const bytes = from.transmit();
        from.transmitted(bytes.length);
        const batch = to.receive(bytes.slice());
        frames.push(...Array.from(batch, (frame) => frame.toObject()));
        to.take(batch.length);
        return bytes.length > 0;
      })
      .includes(true);
  }
  return given;
}

test('two sides greet, send a stream and close in good order', () => {
  const [a, b] = [new Connection(), new Connection()];
  assert.equal(a.start('early'), 'handshake');
  settle(a, b);
  assert.deepEqual([a.state, b.state], ['open', 'open']);
  assert.equal(a.start('s'), 'queued');
  assert.equal(a.data(Uint8Array.of(1, 2, 3)), 'queued');
  assert.equal(a.end(), 'queued');
  const [, frames] = settle(a, b);
  assert.deepEqual(frames, [
    { kind: 'START', stream: 's' },
    { kind: 'DATA', seq: 1n, body: Uint8Array.of(1, 2, 3) },
    { kind: 'END', seq: 1n, status: 0 },
  ]);
  a.close();
  settle(a, b);
  b.receiveEnd();
  b.close();
  settle(a, b);
  a.receiveEnd();
  assert.deepEqual([a.endReason, b.endReason, a.failure], ['clean', 'clean', undefined]);
});

test('without credit a send waits, and an acknowledgement ends that', () => {
  const [a, b] = [new Connection(), new Connection({ ackWindowFrames: 2 })];
  settle(a, b);
  a.start('s');
  assert.deepEqual(
    [1, 2, 3].map(() => a.data(new Uint8Array(9))),
    ['queued', 'queued', 'credit'],
  );
  settle(a, b);
  assert.equal(a.data(new Uint8Array(9)), 'queued');
});

test('a peer that breaks a rule ends it, and a late call says so', () => {
  const connection = new Connection();
  connection.receive(new Uint8Array(64).fill(255));
  assert.equal(connection.endReason, 'reject:frame_oversize');
  assert.match(connection.failure.message, /^the peer broke a rule: frame_oversize: /);
  assert.throws(() => connection.start('s'), { name: 'OapConnectionError', reason: 'reject' });
});

test('a refusal and a misuse are errors', () => {
  const [a, b] = [new Connection(), new Connection()];
  settle(a, b);
  assert.throws(() => a.start(''), { name: 'OapRejectError', field: 'START.stream' });
  a.start('objects');
  assert.throws(() => a.data(new Uint8Array(1)), { name: 'OapRejectError', reason: 'missing_obj' });
  assert.throws(() => a.data('text'), TypeError);
  assert.throws(() => a.take(-1), TypeError);
  assert.throws(() => new Connection({}, { stallTimeout: 0 }), {
    name: 'OapConfigError',
    field: 'stallTimeout',
  });
});

test('the time runs out', async () => {
  const connection = new Connection({}, { handshakeTimeout: 1 });
  assert.ok(connection.timeout <= 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  connection.handleTimeout();
  assert.equal(connection.endReason, 'handshake_timeout');
});
