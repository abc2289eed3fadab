import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, run } from './support.mjs';

const SLACK = 1_048_576;

test(
  'a million frames leave the heap and the memory outside of it as they were',
  { timeout: 120_000 },
  async () => {
    const { stdout } = await run(process.execPath, ['--expose-gc', fixture('million.cjs')]);
    const { before, after, sum } = JSON.parse(stdout);
    assert.equal(sum, 1_000 * (1_000 * (999 / 2) + 1_000 * (32 + 67)));
    for (const name of Object.keys(before)) {
      assert.ok(
        after[name] - before[name] < SLACK,
        `${name}: ${before[name]} bytes before, ${after[name]} after`,
      );
    }
  },
);

/** By how much the heap and the resident memory grow over many rounds of a step, in bytes. */
async function growth(setUp, step) {
  const script = `
    const { Session, Decoder, Monitor, encode } = require(${JSON.stringify(fixture('../..'))});
    ${setUp}
    const make = (count) => { for (let i = 0; i < count; i += 1) { ${step} } };
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const settle = async () => { for (let i = 0; i < 5; i += 1) { global.gc(); await turn(); } return process.memoryUsage(); };
    (async () => {
      for (let i = 0; i < 10; i += 1) { make(100); await turn(); }
      const before = await settle();
      for (let i = 0; i < 100; i += 1) { make(100); await turn(); }
      const after = await settle();
      const grown = ['heapUsed', 'external', 'arrayBuffers', 'rss'].map((name) => [name, after[name] - before[name]]);
      process.stdout.write(JSON.stringify(Object.fromEntries(grown)));
    })();`;
  const { stdout } = await run(process.execPath, ['--expose-gc', '-e', script]);
  return JSON.parse(stdout);
}

/** What is made again and again, and must be gone again. */
const CYCLES = {
  'sessions and decoders': ['', 'new Session(); new Decoder().feed(Buffer.alloc(3));'],
  'monitors, shared ones too, and what reports to them': [
    '',
    'const monitor = new Monitor(); monitor.share(); new Session({}, { monitor }); new Decoder({}, { monitor }).feed(Buffer.alloc(3));',
  ],
  'rejects, refusals and bad arguments': [
    'const bad = Buffer.from("0000000807", "hex");',
    'for (const call of [() => new Decoder().feed(bad), () => encode({ kind: "START", stream: "" }), () => new Monitor({ timing: 1 })]) { try { call(); } catch {} }',
  ],
  'tables larger than the one that is kept': [
    'const wire = encode(Array.from({ length: 3_000 }, (_, seq) => ({ kind: "DATA", seq }))); const many = Buffer.concat(Array(25).fill(wire));',
    'if (i % 50 === 0) { new Decoder().feed(many).at(-1).seq; }',
    // The allocator keeps what such tables took: it comes to stand there, whatever the rounds.
    256 * SLACK,
  ],
};

for (const [what, [setUp, step, resident = 48 * SLACK]] of Object.entries(CYCLES)) {
  test(`${what} are collected with what they hold`, { timeout: 120_000 }, async () => {
    const { rss, ...grown } = await growth(setUp, step);
    for (const [name, bytes] of Object.entries(grown)) {
      assert.ok(bytes < 2 * SLACK, `${name} grew by ${bytes}`);
    }
    assert.ok(rss < resident, `resident memory grew by ${rss}`);
  });
}
