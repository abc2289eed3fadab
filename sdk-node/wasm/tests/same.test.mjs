// The module beside the binary: the same answers and the same errors, word for word.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyFrames, cut } from '../../tests/support.mjs';
import * as binary from '../../index.mjs';
import * as wasm from '../dist/esm/index.js';

const require = createRequire(import.meta.url);
const natives = [require('../../dist/native.js').native, require('../dist/cjs/native.js').native];
const both = (ask) => natives.map(ask);
const LIMITS = { seed: 1, numRuns: 300 };

/** What a call gives, or all that its error says. */
function outcome(call) {
  try {
    return call();
  } catch (error) {
    return { threw: error.constructor.name, message: error.message, ...error };
  }
}

const same = (call) => {
  const [expected, got] = [binary, wasm].map((oap) => outcome(() => call(oap)));
  assert.deepEqual(got, expected);
};

const plain = (frames) => Array.from(frames, (frame) => plainOf(frame.toObject()));
const plainOf = ({ body, ...fields }) =>
  body === undefined ? fields : { ...fields, body: Buffer.from(body).toString('hex') };

test('names, limits and defaults are the same', () => {
  for (const name of ['constants', 'connectionOptions', 'connectionWindow', 'defaultLimits']) {
    const [expected, got] = both((native) => native[name]());
    assert.deepEqual(got, expected, name);
  }
  const some = {
    maxFrame: 5_000n,
    features: 2n ** 64n - 1n,
    seqRolloverPolicy: 'wrap',
    strictHeaders: false,
  };
  for (const settings of [{}, some]) {
    const [expected, got] = both((native) => native.resolveConfig(settings));
    assert.deepEqual({ features: undefined, ...got }, { features: undefined, ...expected });
  }
});

test('a setting that is refused is refused alike', () => {
  const values = {
    maxFrame: [4_095, 2 ** 21, -1, 0.5],
    ackWindowFrames: [0, 1_025],
    features: [-1n, 2n ** 64n],
  };
  const others = { seqRolloverPolicy: ['never', 3], strictHeaders: [1, 'true', null], unknown: [1] };
  for (const [name, given] of Object.entries({ ...values, ...others })) {
    given.forEach((value) => same(({ Config }) => new Config({ [name]: value })));
  }
  for (const limits of [{ stallTimeout: 0 }, { sendBuffer: 2 ** 33 }, { receiveLimit: 0 }]) {
    const core = {
      stallTimeout: 'stall_timeout_ns',
      sendBuffer: 'send_buffer',
      receiveLimit: 'receive_limit',
    };
    const given = Object.entries(limits).map(([name, value]) => ({ name: core[name], value: BigInt(value) }));
    const [expected, got] = both((native) => native.checkConnectionOptions(given));
    assert.deepEqual(got, expected);
  }
});

test('frames that are refused are refused alike, by encode and by a session', () => {
  const bad = [
    { kind: 'START', stream: '' },
    { kind: 'START', stream: 'a'.repeat(1_025) },
    { kind: 'START', stream: 'a\u0007' },
    { kind: 'DATA', seq: 1, obj: '' },
    { kind: 'DATA', seq: 1, obj: 'b3:XYZ' },
    { kind: 'DATA', seq: 1, body: new Uint8Array(2 ** 20) },
    { kind: 'HELLO', version: 2, maxFrame: 4_096 },
    { kind: 'HELLO', maxFrame: 1 },
    { kind: 'HELLO', maxFrame: 4_096, ackWindow: 0 },
    { kind: 'END', seq: 1, status: 65_536 },
    { kind: 'ERROR', code: 65_536, reason: '' },
    { kind: 'ERROR', code: 1, reason: 'r'.repeat(1_025) },
    { kind: 'NONE' },
    { kind: 'DATA', seq: -1 },
    { kind: 'ACK', upTo: 2n ** 64n },
    { kind: 'DATA', seq: 1, body: 'text' },
    null,
  ];
  for (const frame of bad) {
    same(({ encode }) => encode(frame));
    same(({ Session }) => {
      const session = new Session();
      session.send(session.hello());
      session.send(frame);
    });
  }
  same(({ Session }) => new Session().send({ kind: 'DATA', seq: 1 }));
});

test('a text that begins with a byte order mark keeps it', () => {
  const bytes = binary.encode({ kind: 'START', stream: '\ufeffa' });
  same(({ Decoder }) => plain(new Decoder().feed(bytes)));
});

test('whatever bytes come, frames and reject are the same, in any split', () => {
  const noise = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 });
  fc.assert(
    fc.property(anyFrames, noise, fc.array(fc.nat(), { maxLength: 4 }), (list, changes, places) => {
      const bytes = binary.encode(list);
      changes.forEach(([at, value]) => bytes.length > 0 && (bytes[at % bytes.length] = value));
      for (const way of ['Decoder', 'Session']) {
        same((oap) => {
          const decoder = new oap[way]();
          const found = cut(bytes, places).flatMap((chunk) => {
            const frames = way === 'Decoder' ? decoder.feed(chunk) : decoder.recv(chunk);
            return [...plain(frames.reject ? frames.from(0) : frames), frames.reject?.message];
          });
          decoder.finish();
          return found;
        });
      }
    }),
    LIMITS,
  );
});

test('a connection ends with the same words', () => {
  const endings = {
    abort: (core) => core.abort(),
    transportFailed: (core) => core.transportFailed(),
    receiveEnd: (core) => core.receiveEnd(),
    timeout: (core) => {
      core.setTime(10n ** 12n);
      core.handleTimeout();
    },
    close: (core) => {
      core.close();
      core.setTime(10n ** 12n);
      core.handleTimeout();
    },
  };
  for (const [name, end] of Object.entries(endings)) {
    const [expected, got] = both((native) => {
      const core = new native.NativeConnection({}, [], true, true);
      end(core);
      return core.reason();
    });
    assert.deepEqual(got, expected, name);
  }
});
