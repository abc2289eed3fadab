import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, OapRejectError, Session } from '../index.mjs';
import { objects } from './support.mjs';

/** Two sessions that have greeted each other. */
function pair(config) {
  const [a, b] = [new Session(config), new Session(config)];
  b.recv(a.send(a.hello()));
  a.recv(b.send(b.hello()));
  return [a, b];
}

test('a handshake, a stream and its acknowledgement', () => {
  const [a, b] = pair({ ackWindowFrames: 4 });
  assert.ok(a.isEstablished && b.isEstablished);
  assert.equal(a.peerMaxFrame, 1_048_576);
  const sent = [
    { kind: 'START', stream: 'notes' },
    { kind: 'DATA', seq: 1n, body: Buffer.from('abc') },
  ];
  assert.deepEqual(objects(b.recv(a.send(sent))), sent);
  assert.deepEqual(
    { ...b.inbound },
    { open: true, objects: false, lastSeq: 1n, inFlight: 1, window: 4, credit: 3 },
  );
  assert.deepEqual([a.credit, a.nextSeq, a.outbound.lastSeq], [3, 2n, 1n]);
  assert.deepEqual(objects(a.recv(b.send({ kind: 'ACK', upTo: 1 }))), [{ kind: 'ACK', upTo: 1n }]);
  assert.equal(a.credit, 4);
});

test('a refused send makes no byte and changes nothing', () => {
  const [a] = pair({ ackWindowFrames: 1 });
  a.send([
    { kind: 'START', stream: 's' },
    { kind: 'DATA', seq: 5 },
  ]);
  const before = JSON.stringify(a.outbound, (_, value) => `${value}`);
  for (const [frame, reason] of [
    [{ kind: 'DATA', seq: 6 }, 'credit_violation'],
    [{ kind: 'END', seq: 4, status: 0 }, 'credit_violation'],
    [{ kind: 'HELLO', maxFrame: 4_096 }, 'bad_hello'],
    [
      [
        { kind: 'END', seq: 5, status: 0 },
        { kind: 'START', stream: '' },
      ],
      'header_malformed',
    ],
    [
      [
        { kind: 'END', seq: 5, status: 0 },
        { kind: 'DATA', seq: 6 },
      ],
      'credit_violation',
    ],
  ]) {
    assert.throws(
      () => a.send(frame),
      (error) => error instanceof OapRejectError && error.reason === reason,
    );
    assert.equal(
      JSON.stringify(a.outbound, (_, value) => `${value}`),
      before,
    );
  }
  assert.ok(a.send({ kind: 'END', seq: 5, status: 0 }).length > 0);
});

test('DATA is refused by the session before its body has come', () => {
  const [a] = pair();
  const [start, data] = [
    { kind: 'START', stream: 'objects/x' },
    { kind: 'DATA', seq: 1, body: Buffer.alloc(1_000) },
  ];
  const bytes = encode([start, data]);
  const frames = a.recv(bytes.subarray(0, bytes.length - 1_000));
  assert.equal(frames.length, 1);
  assert.equal(frames.reject.reason, 'missing_obj');
  assert.throws(() => a.finish(), frames.reject);
  assert.throws(() => a.send(start), { reason: 'credit_violation', field: 'session' });
  assert.ok(a.send({ kind: 'ERROR', code: frames.reject.code, reason: frames.reject.reason }).length > 0);
  assert.ok(a.hasEnded);
  assert.equal(a.recv(Buffer.from('ffffffff', 'hex')).length, 0);
  a.reset();
  assert.ok(!a.hasEnded && a.reject === undefined && a.send(a.hello()).length > 0);
});

test('the configuration makes the HELLO', () => {
  const hello = new Session({ maxFrame: 8_192, ackWindowFrames: 3, features: 1n }).hello();
  assert.deepEqual(hello, { kind: 'HELLO', version: 1, maxFrame: 8_192n, features: 1n, ackWindow: 3 });
});
