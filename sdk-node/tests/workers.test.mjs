import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fixture, run } from './support.mjs';

const EXPECTED = Array.from({ length: 24 }, (_, i) => 50 * 100 * (99 / 2 + (i % 8)));

for (const where of ['workers only', 'workers, then the main thread']) {
  test(`eight workers at once, ended and loaded again: ${where}`, { timeout: 120_000 }, async () => {
    const args = where === 'workers only' ? [] : ['main'];
    const { stdout } = await run(process.execPath, [fixture('workers.cjs'), ...args]);
    assert.deepEqual(JSON.parse(stdout), EXPECTED);
  });
}
