// Every reject, every refusal and every error of the package, as a user sees it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decoder, encode, MAX_FRAME_BYTES, OapRejectError, REJECT_REASONS, Session } from '../index.mjs';
import { OBJ, pair } from './support.mjs';

const hex = (text) => Buffer.from(text, 'hex');
const body = Buffer.alloc(1);

/** What is received: by whom, the bytes, the label, the field at fault. */
const REJECTS = [
  ['bad_hello', 'HELLO.version', () => new Decoder().feed(hex('0000000e01000006080210808040'))],
  [
    'bad_hello_pq',
    'HELLO.features',
    () =>
      new Decoder({ allowPqHelloFlags: false }).feed(encode({ kind: 'HELLO', maxFrame: 4_096, features: 1 })),
  ],
  ['frame_oversize', 'length', () => new Decoder().feed(hex('00100001'))],
  ['unknown_envelope', 'kind', () => new Decoder().feed(hex('0000000807'))],
  ['header_malformed', 'DATA.seq', () => new Decoder().feed(hex('0000000a030000021001'))],
  [
    'missing_obj',
    'DATA.obj',
    () => {
      const [a, b] = pair();
      const wire = a.send({ kind: 'START', stream: 'objects/x' });
      b.recv(wire);
      b.recv(encode({ kind: 'DATA', seq: 1 }));
    },
  ],
  [
    'credit_violation',
    'DATA',
    () => {
      const [a, b] = pair({ ackWindowFrames: 1 });
      b.recv(
        a.send([
          { kind: 'START', stream: 'x' },
          { kind: 'DATA', seq: 1 },
        ]),
      );
      b.recv(encode({ kind: 'DATA', seq: 2 }));
    },
  ],
  [
    'truncated',
    'frame',
    () => {
      const decoder = new Decoder();
      decoder.feed(hex('000000'));
      decoder.finish();
    },
  ],
];

const shown = ({ reason, field }) => [reason, field];

for (const [reason, , receive] of REJECTS) {
  test(`${reason} is thrown with its code, its place and its label`, () => {
    assert.throws(receive, (error) => {
      assert.ok(error instanceof OapRejectError);
      assert.equal(error.reason, reason);
      assert.equal(error.code, 1 + REJECT_REASONS.indexOf(reason));
      assert.ok(error.offset >= 0n && error.at > error.offset, `${shown(error)}`);
      assert.ok(error.message.startsWith(`${reason}: `), error.message);
      return true;
    });
  });
}

test('each of the eight labels has its reject here', () => {
  assert.deepEqual(new Set(REJECTS.map(([reason]) => reason)), new Set(REJECT_REASONS));
});

/** What is to be encoded or sent, and refused. */
const REFUSALS = {
  bad_hello: () => new Session().send({ kind: 'HELLO', version: 2, maxFrame: 4_096 }),
  frame_oversize: () => encode({ kind: 'DATA', seq: 1, body: Buffer.alloc(MAX_FRAME_BYTES) }),
  header_malformed: () => encode({ kind: 'DATA', seq: 1, obj: 'no address' }),
  missing_obj: () => {
    const [a] = pair();
    a.send([
      { kind: 'START', stream: 'objects/x' },
      { kind: 'DATA', seq: 1, body },
    ]);
  },
  credit_violation: () => pair()[0].send({ kind: 'ACK', upTo: 1 }),
};

for (const [reason, refused] of Object.entries(REFUSALS)) {
  test(`a frame to be sent is refused as ${reason}: without a place, and nothing is made of it`, () => {
    assert.throws(refused, (error) => {
      assert.ok(error instanceof OapRejectError, error);
      assert.deepEqual([error.reason, error.offset, error.at], [reason, undefined, undefined]);
      assert.equal(error.code, 1 + REJECT_REASONS.indexOf(reason));
      return true;
    });
  });
}

test('an address on an object stream is taken', () => {
  const [a, b] = pair();
  const frames = b.recv(
    a.send([
      { kind: 'START', stream: 'objects/x' },
      { kind: 'DATA', seq: 1, obj: OBJ },
    ]),
  );
  assert.equal(frames.at(1).obj, OBJ);
});
