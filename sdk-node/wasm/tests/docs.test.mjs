// The programs of README.md and docs/wasm.md whose output stands there.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('..', import.meta.url));
const read = (name) => readFileSync(new URL(name, import.meta.url), 'utf8');
const outputOf = (code) =>
  execFileSync(process.execPath, ['--input-type=module', '--eval', code], { cwd: here, encoding: 'utf8' });

test('the example of the README prints what it says', () => {
  const [, code] = /```js\n(.*?)```/s.exec(read('../README.md'));
  assert.equal(outputOf(code), '7n abc\n');
});

test('the examples of docs/wasm.md print what stands below them', () => {
  const page = read('../../../docs/wasm.md');
  const blocks = [...page.matchAll(/```js\n([^`]*?)```\n\n```text\n(.*?)```/gs)];
  assert.equal(blocks.length, 1);
  blocks.forEach(([, code, text]) => assert.equal(outputOf(code), text));
});
