// The examples of docs/node.md: each compiles under the strict settings, runs, and prints what stands behind it.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { here, run } from './support.mjs';

const FILE = join(here, '../../docs/node.md');
/** A fenced block of code, and the output that may follow it. */
const BLOCK = /^```(js|ts|cjs)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?/gms;
const EXTENSION = { js: 'mjs', ts: 'mts', cjs: 'cjs' };
const TSC = join(here, '../node_modules/typescript/bin/tsc');

const text = readFileSync(FILE, 'utf8');
const blocks = [...text.matchAll(BLOCK)].map(([, language, code, output], number) => ({
  name: `example-${number + 1}.${EXTENSION[language]}`,
  script:
    language === 'ts' ? `out/example-${number + 1}.mjs` : `example-${number + 1}.${EXTENSION[language]}`,
  code,
  output,
  line: text.slice(0, text.indexOf(code)).split('\n').length,
}));

// Inside the package, so that `oap` is the package itself.
const folder = mkdtempSync(join(here, 'docs-'));
after(() => rmSync(folder, { recursive: true }));
for (const { name, code } of blocks) {
  writeFileSync(join(folder, name), code);
}

test('the guide has examples', () => {
  assert.ok(blocks.length >= 10, `${blocks.length} found`);
});

test('the examples in TypeScript compile', { timeout: 120_000 }, async () => {
  const settings = {
    extends: '../../tsconfig.json',
    compilerOptions: {
      rootDir: '.',
      outDir: 'out',
      noEmitOnError: true,
      declaration: false,
      noUnusedLocals: false,
    },
    include: ['*.mts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  await run(process.execPath, [TSC, '-p', folder]).catch((error) => assert.fail(error.stdout));
});

for (const { script, output, line } of blocks) {
  test(`the example at line ${line} runs`, { timeout: 60_000 }, async () => {
    const { stdout } = await run(process.execPath, [join(folder, script)]);
    if (output !== undefined) {
      assert.equal(stdout, output);
    }
  });
}
