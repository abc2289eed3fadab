// How many times as long oap-wasm takes as the binary, in turn and the best of many, so that a busy machine tells it too:
//   node scripts/bench.mjs

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as binary from '../../index.mjs';
import * as wasm from '../dist/esm/index.js';

const ROUNDS = 300;
const data = (count, len, obj) =>
  Array.from({ length: count }, (_, place) => ({
    kind: 'DATA',
    seq: 1 + place,
    obj,
    body: new Uint8Array(len),
  }));
const OBJ = `b3:${'0123456789abcdef'.repeat(4)}`;
const SMALL = binary.encode(data(1_000, 32));
const LARGE = binary.encode(data(200, 4_096, OBJ));
const ACKS = Array.from({ length: 32 }, (_, place) => ({ kind: 'ACK', upTo: place }));
const ONE = binary.encode(ACKS.slice(0, 1));

function readAll(frames) {
  let sum = 0;
  for (const { kind, seqNumber } of frames) {
    sum += kind === 'DATA' ? seqNumber : 0;
  }
  return sum;
}

/** What is measured, by name, for either package. */
const CASES = {
  'decode 1,000 DATA of 32 bytes': ({ Decoder }) => readAll(new Decoder().feed(SMALL)),
  'decode 200 DATA with address, 4 KiB': ({ Decoder }) => readAll(new Decoder().feed(LARGE)),
  'decode one ACK': ({ decoder }) => decoder.feed(ONE),
  'a session sends 30 DATA of 32 bytes': ({ Session }) => {
    const [session, peer] = [new Session(), new Session()];
    session.recv(peer.send(peer.hello()));
    session.send([session.hello(), { kind: 'START', stream: 's' }]);
    session.send(data(30, 32));
  },
};

/** Streams over loopback, each in a process of its own: bodies and their bytes. */
const STREAMS = {
  'a connection carries 2,000 DATA of 64 KiB': [2_000, 65_536],
  'a connection carries 200,000 DATA of 32 bytes': [200_000, 32],
};
const STREAM_ROUNDS = 5;

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const WAYS = [[], ['--require', pathOf('../tests/without-binary.cjs')]];

function tell(name, best) {
  const [fast, slow] = best.map((ms) => (ms < 1 ? `${(ms * 1_000).toFixed(1)} µs` : `${ms.toFixed(0)} ms`));
  console.log(`${name}: ${fast}, on WebAssembly ${slow}: ${(best[1] / best[0]).toFixed(1)} times as long`);
}

const packages = [binary, wasm].map((oap) => ({ ...oap, decoder: new oap.Decoder() }));

for (const [name, act] of Object.entries(CASES)) {
  const best = [Infinity, Infinity];
  for (let round = 0; round < ROUNDS; round += 1) {
    packages.forEach((oap, place) => {
      const before = performance.now();
      for (let again = 0; again < 10; again += 1) {
        act(oap);
      }
      best[place] = Math.min(best[place], (performance.now() - before) / 10);
    });
  }
  tell(name, best);
}

for (const [name, [bodies, bytes]] of Object.entries(STREAMS)) {
  const best = [Infinity, Infinity];
  for (let round = 0; round < STREAM_ROUNDS; round += 1) {
    WAYS.forEach((way, place) => {
      const told = execFileSync(process.execPath, [...way, pathOf('stream.mjs'), bodies, bytes], {
        encoding: 'utf8',
      });
      best[place] = Math.min(best[place], Number(told));
    });
  }
  tell(name, best);
}
