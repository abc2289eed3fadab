// Frames are values: compared, printed, put into JSON, cloned and spread as values are, or the advice what to do instead.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect, isDeepStrictEqual } from 'node:util';
import {
  arrayBufferEquality,
  equals,
  iterableEquality,
  sparseArrayEquality,
  typeEquality,
} from '@jest/expect-utils';
import { Decoder, encode, OapRejectError } from '../index.mjs';
import { EACH, objects, OBJ } from './support.mjs';

const decode = (...list) => new Decoder().feed(encode(list));
const one = (frame) => decode(frame).at(0);
const SECRET = { kind: 'DATA', seq: 1n, obj: OBJ, body: Buffer.from('secret') };

/** Pairs that differ in one thing each. */
const DIFFERENT = [
  [SECRET, { ...SECRET, body: Buffer.from('secreT') }],
  [SECRET, { ...SECRET, seq: 2n }],
  [SECRET, { ...SECRET, obj: OBJ.replace('0', '1') }],
  [SECRET, { ...SECRET, obj: undefined }],
  [SECRET, { ...SECRET, body: Buffer.alloc(0) }],
  [EACH[0], { ...EACH[0], features: 4n }],
  [EACH[0], { ...EACH[0], features: undefined }],
  [EACH[0], { ...EACH[0], ackWindow: 32 }],
  [EACH[1], { ...EACH[1], stream: 'objects' }],
  [EACH[3], { ...EACH[3], upTo: 1n }],
  [EACH[4], { ...EACH[4], status: 0 }],
  [EACH[5], { ...EACH[5], reason: '' }],
  [EACH[3], EACH[4]],
];

test('assert and Jest tell different frames apart, and find equal ones equal wherever they lie', () => {
  const strict = [iterableEquality, typeEquality, sparseArrayEquality, arrayBufferEquality];
  const toEqual = (a, b) => equals(a, b, [iterableEquality]);
  const toStrictEqual = (a, b) => equals(a, b, strict, true);
  const same = [isDeepStrictEqual, toEqual, toStrictEqual];
  for (const [first, second] of DIFFERENT) {
    for (const isSame of same) {
      assert.equal(isSame(one(first), one(second)), false, inspect(second));
      assert.equal(isSame(decode(first), decode(second)), false);
      assert.equal(isSame([one(first)], [one(second)]), false);
    }
  }
  for (const frame of EACH) {
    for (const isSame of same) {
      assert.ok(isSame(one(frame), decode({ kind: 'ACK', upTo: 1 }, frame, SECRET).at(1)));
      assert.ok(isSame(decode(frame), decode(frame)));
    }
  }
  assert.throws(
    () => assert.deepStrictEqual(one(SECRET), one({ ...SECRET, seq: 3n })),
    (error) => {
      assert.doesNotMatch(error.message, /secret|73 65 63/);
      return error instanceof assert.AssertionError;
    },
  );
});

test('JSON has what a frame holds, but payload and feature bits; numbers of 64 bits are strings', () => {
  assert.deepEqual(JSON.parse(JSON.stringify([...decode(...EACH)])), [
    { kind: 'HELLO', version: 1, maxFrame: '65536', ackWindow: 7 },
    { kind: 'START', stream: 'objects/ä' },
    { kind: 'DATA', seq: '18446744073709551615', obj: OBJ, len: 3 },
    { kind: 'ACK', upTo: '9007199254740991' },
    { kind: 'END', seq: '3', status: 65_535 },
    { kind: 'ERROR', code: 7, reason: 'no ☂' },
  ]);
  const bad = Buffer.concat([encode({ kind: 'ACK', upTo: 1 }), Buffer.from('0000000899', 'hex')]);
  assert.deepEqual(JSON.parse(JSON.stringify(new Decoder().feed(bad))), {
    frames: [{ kind: 'ACK', upTo: '1' }],
    reject: {
      name: 'OapRejectError',
      message: 'unknown_envelope: kind is none of 1..=6; frame at byte 10, known at byte 15',
      reason: 'unknown_envelope',
      code: 4,
      field: 'kind',
      offset: '10',
      at: '15',
    },
  });
});

test('a refusal has its limit in JSON', () => {
  const refused = (() => {
    try {
      return encode({ kind: 'START', stream: '' });
    } catch (error) {
      return error;
    }
  })();
  assert.ok(refused instanceof OapRejectError);
  assert.equal(JSON.parse(JSON.stringify(refused)).limit, '1');
});

test('who clones, posts or spreads a frame is told to take toObject', () => {
  const advice = /frame\.toObject\(\)/;
  const frames = decode(SECRET);
  for (const value of [frames, frames.at(0), [frames.at(0)], { ...frames.at(0) }]) {
    assert.throws(() => structuredClone(value), { name: 'DataCloneError', message: advice });
  }
  const spread = { ...frames.at(0), seq: 5n };
  assert.match(inspect(spread), advice);
  assert.doesNotMatch(inspect(spread, { depth: 9, showHidden: true }), /secret|73 65 63/);
  assert.throws(() => encode(spread), { name: 'TypeError', message: advice });
  assert.deepEqual(
    structuredClone(objects(frames)).map(({ seq }) => seq),
    [1n],
  );
});
