// One row of the benchmark: warms up, then times a round whenever it is asked to.

import { argv, hrtime } from 'node:process';
import { prepare } from './cases.mjs';

const WARM_UP_MS = 400;
const ROUND_US = 300;

const [, , work, what] = argv;
const { run, count } = prepare(work, what);
const sum = run();

/** Nanoseconds that so many runs take. */
function time(repeats) {
  const start = hrtime.bigint();
  let same = true;
  for (let i = 0; i < repeats; i += 1) {
    same = run() === sum && same;
  }
  const ns = Number(hrtime.bigint() - start);
  if (!same || sum === 0) {
    throw new Error(`${work}, ${what}: something else was read`);
  }
  return ns;
}

const end = Date.now() + WARM_UP_MS;
let fastest = Infinity;
for (let round = 0; round < 100 || Date.now() < end; round += 1) {
  fastest = Math.min(fastest, time(10) / 10);
}
const repeats = Math.max(1, Math.round((ROUND_US * 1_000) / fastest));
process.on('message', () => process.send(time(repeats) / repeats / count));
process.send('ready');
