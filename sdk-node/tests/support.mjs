// What the tests share.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { connect, createServer, encode, Session } from '../index.mjs';

export const here = fileURLToPath(new URL('.', import.meta.url));
export const fixture = (name) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
export const run = promisify(execFile);

/** Why a test of the binaries alone is not run on `oap-wasm`. */
export const ofBinaries =
  process.execArgv.some((it) => it.endsWith('without-binary.cjs')) && 'other on WebAssembly: docs/wasm.md';

export const OBJ = `b3:${'0123456789abcdef'.repeat(4)}`;

/** One frame of each kind. */
export const EACH = [
  { kind: 'HELLO', version: 1, maxFrame: 65_536n, features: 5n, ackWindow: 7 },
  { kind: 'START', stream: 'objects/ä' },
  { kind: 'DATA', seq: 2n ** 64n - 1n, obj: OBJ, body: Buffer.from('abc') },
  { kind: 'ACK', upTo: 9_007_199_254_740_991n },
  { kind: 'END', seq: 3n, status: 65_535 },
  { kind: 'ERROR', code: 7, reason: 'no ☂' },
];

/** The frames of a batch as plain objects. */
export const objects = (frames) => Array.from(frames, (frame) => frame.toObject());

const u64 = fc.bigInt(0n, 2n ** 64n - 1n);
const u16 = fc.integer({ min: 0, max: 65_535 });
const text = (minLength) =>
  fc.string({ unit: 'grapheme', minLength, maxLength: 40 }).map((it) => it.replace(/[\x00-\x1f\x7f]/g, '.'));
const obj = fc
  .array(fc.constantFrom(...'0123456789abcdef'), { minLength: 64, maxLength: 64 })
  .map((digits) => `b3:${digits.join('')}`);
const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
const plain = (fields, requiredKeys = Object.keys(fields)) =>
  fc.record(fields, { requiredKeys, noNullPrototype: true });

/** Any good frame, as `toObject` gives it. */
export const anyFrame = fc.oneof(
  plain(
    {
      kind: fc.constant('HELLO'),
      version: fc.constant(1),
      maxFrame: fc.bigInt(4_096n, 1_048_576n),
      features: u64,
      ackWindow: fc.integer({ min: 1, max: 1_024 }),
    },
    ['kind', 'version', 'maxFrame'],
  ),
  plain({ kind: fc.constant('START'), stream: text(1) }),
  plain({ kind: fc.constant('DATA'), seq: u64, obj, body }, ['kind', 'seq', 'body']),
  plain({ kind: fc.constant('ACK'), upTo: u64 }),
  plain({ kind: fc.constant('END'), seq: u64, status: u16 }),
  plain({ kind: fc.constant('ERROR'), code: u16, reason: text(0) }),
);

export const anyFrames = fc.array(anyFrame, { maxLength: 12 });

/** Cuts bytes where the numbers say, each modulo the length. */
export function cut(bytes, places) {
  const at = [...new Set([0, bytes.length, ...places.map((place) => place % (bytes.length + 1))])];
  at.sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

/** `count` DATA frames from seq `first` on. */
export const dataFrames = (count, first = 1, len = 3) =>
  encode(
    Array.from({ length: count }, (_, i) => ({ kind: 'DATA', seq: first + i, body: Buffer.alloc(len, i) })),
  );

/** A server on loopback, ended with the test; gives a function that connects to it. */
export async function serve(test, handler, options = {}) {
  const server = createServer({ onError: () => {}, ...options }, handler);
  const { port } = await server.listen(0, '127.0.0.1');
  const open = [];
  test.after(() => {
    open.forEach((connection) => connection.abort());
    server.abort();
  });
  const dial = (more = {}) => {
    const connection = connect({ host: '127.0.0.1', port, ...more });
    open.push(connection);
    return connection;
  };
  return { server, port, dial };
}

/** A session that has received that many DATA frames which it has not acknowledged, and its peer. */
export function receiving(monitor, count) {
  const [session, peer] = [new Session({}, { monitor }), new Session()];
  session.recv(peer.send(peer.hello()));
  peer.recv(session.send(session.hello()));
  session.recv(peer.send({ kind: 'START', stream: 's' }));
  for (let seq = 1; seq <= count; seq += 1) {
    session.recv(peer.send({ kind: 'DATA', seq }));
  }
  return [session, peer];
}

/** The samples of a text page by name and labels. */
export function samplesOf(page) {
  const lines = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }),
  );
}

/** Two sessions that have said HELLO to each other. */
export function pair(config = {}) {
  const [a, b] = [new Session(config), new Session(config)];
  b.recv(a.send(a.hello()));
  a.recv(b.send(b.hello()));
  return [a, b];
}
