// What a frame, a call or a hostile byte costs: nanoseconds, medians of rounds in which the rows of a work take turns.
// Each row lives in a process of its own, where no other row has shaped the code.
//   sdk-node/bench                           a table for people
//   sdk-node/bench            --json         a row a line
//   sdk-node/bench            WORK …         some works only

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { unitOf, works } from './cases.mjs';

const ROUNDS = 61;
const ROW = fileURLToPath(new URL('row.mjs', import.meta.url));

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

async function ask(child, question) {
  const answer = once(child, 'message');
  child.send(question);
  return (await answer)[0];
}

async function measure(work) {
  const rows = await Promise.all(
    Object.entries(works[work]).map(async ([what, [role]]) => {
      const child = fork(ROW, [work, what]);
      await once(child, 'message');
      return { child, work, what, role, rounds: [] };
    }),
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { child, rounds } of rows) {
      rounds.push(await ask(child, 'round'));
    }
  }
  rows.forEach(({ child }) => child.disconnect());
  return rows.map(({ what, role, rounds }) => {
    return { language: 'node', work, what, role, unit: unitOf(work), ns: Number(median(rounds).toFixed(3)) };
  });
}

function show(rows) {
  const [{ work, unit, ns: base }] = rows;
  console.log(`\n${work}: ns a ${unit}`);
  for (const { what, role, ns } of rows) {
    const ratio = `${(ns / base).toFixed(2)} ×`;
    console.log(
      `  ${what.padEnd(45)} ${role.padEnd(5)} ${ns.toFixed(unit === 'byte' ? 3 : 1).padStart(9)} ${ratio.padStart(8)}`,
    );
  }
}

const wanted = argv.slice(2).filter((word) => word !== '--json');
for (const work of wanted.length > 0 ? wanted : Object.keys(works)) {
  const rows = await measure(work);
  if (argv.includes('--json')) {
    rows.forEach((row) => console.log(JSON.stringify(row)));
  } else {
    show(rows);
  }
}
