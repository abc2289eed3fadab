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

test('sessions and decoders are collected with what they hold', { timeout: 120_000 }, async () => {
  const script = `
    const { Session, Decoder } = require(${JSON.stringify(fixture('../..'))});
    const make = (count) => { for (let i = 0; i < count; i += 1) { new Session(); new Decoder().feed(Buffer.alloc(3)); } };
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const settle = async () => { for (let i = 0; i < 5; i += 1) { global.gc(); await turn(); } return process.memoryUsage(); };
    (async () => {
      make(1000);
      const before = await settle();
      for (let i = 0; i < 100; i += 1) { make(1000); await turn(); }
      const after = await settle();
      process.stdout.write(JSON.stringify([after.heapUsed - before.heapUsed, after.rss - before.rss]));
    })();`;
  const { stdout } = await run(process.execPath, ['--expose-gc', '-e', script]);
  const [heap, resident] = JSON.parse(stdout);
  assert.ok(heap < 2 * SLACK, `heap grew by ${heap}`);
  assert.ok(resident < 64 * SLACK, `resident memory grew by ${resident}`);
});
