// How many times as long oap-wasm takes as the binary, in turn and the best of many, so that a busy machine tells it too:
//   node scripts/bench.mjs

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
  const [fast, slow] = best.map((ms) => `${(ms * 1_000).toFixed(1)} µs`);
  console.log(`${name}: ${fast}, on WebAssembly ${slow}: ${(best[1] / best[0]).toFixed(1)} times as long`);
}
