// ns a frame, medians of many rounds. Each row runs in a process of its own, where no other row has shaped the code.
//   npm run bench                 all rows
//   npm run bench -- encode       the groups whose names hold "encode"

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { groups, prepare, works } from './cases.mjs';

const ROUNDS = 301;
const WARM_UP = 60;
const FRAMES_A_ROUND = 8_000;
const PASSES = 3;

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

function measure(group, name, work) {
  const { run, count } = prepare(group, name, work);
  const repeats = Math.ceil(FRAMES_A_ROUND / count);
  let sink = 0;
  const rounds = Array.from({ length: ROUNDS + WARM_UP }, () => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < repeats; i += 1) {
      sink += Number(run()) || 1;
    }
    return Number(process.hrtime.bigint() - start) / repeats / count;
  });
  if (sink === 0) {
    throw new Error('nothing was read');
  }
  return median(rounds.slice(WARM_UP));
}

const self = fileURLToPath(import.meta.url);

const apart = (...row) =>
  median(
    Array.from({ length: PASSES }, () => Number(execFileSync(process.execPath, [self, '--row', ...row]))),
  );

function compare(group) {
  console.log(`\n${group}`);
  for (const work of works) {
    const [[, base], ...others] = groups[group].map((name) => [name, apart(group, name, work)]);
    const versus = others.map(
      ([name, ns], i) => `${groups[group][i + 1]} ${ns.toFixed(1)} (${(ns / base).toFixed(1)} ×)`,
    );
    console.log(`  ${work}: ${[`oap ${base.toFixed(1)} ns`, ...versus].join(', ')}`);
  }
}

const [first = '', ...row] = process.argv.slice(2);
if (first === '--row') {
  console.log(measure(...row));
} else {
  Object.keys(groups)
    .filter((group) => group.includes(first))
    .forEach(compare);
}
