// oap.wasm itself: what it asks for, what it offers, how large it is.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const { WASM } = require('../dist/cjs/module.js');
const bytes = Buffer.from(WASM, 'base64');
const wasm = new WebAssembly.Module(bytes);
const header = readFileSync(new URL('../../../include/oap.h', import.meta.url), 'utf8');

/** What its host needs beside oap.h; the last two are the linker's. */
const OWN = ['oap_wasm_alloc', 'oap_wasm_end_message', 'oap_wasm_free'];
const OTHERS = ['__data_end', '__heap_base', 'memory'];

test('it imports nothing, and exports the functions of oap.h, its memory and what a host needs of it', () => {
  const declared = header.replace(/\/\*.*?\*\//gs, '').matchAll(/\b(oap_\w+)\(/g);
  const functions = Array.from(declared, ([, name]) => name);
  assert.ok(functions.length > 90);
  assert.deepEqual(WebAssembly.Module.imports(wasm), []);
  const names = WebAssembly.Module.exports(wasm).map(({ name }) => name);
  assert.deepEqual(names.sort(), [...functions, ...OWN, ...OTHERS].sort());
});

test('nothing of the package asks for a module of Node or of another package', () => {
  for (const folder of ['esm', 'cjs']) {
    const dist = new URL(`../dist/${folder}/`, import.meta.url);
    for (const name of readdirSync(dist).filter((it) => it.endsWith('.js'))) {
      const text = readFileSync(new URL(name, dist), 'utf8');
      for (const [, from] of text.matchAll(/(?:\bfrom |\brequire\(|\bimport\()['"](.*?)['"]/g)) {
        assert.match(from, /^\.\/[\w-]+\.js$/, name);
      }
    }
  }
});

test('the public API is that of docs/api-history/wasm.d.ts', () => {
  const kept = readFileSync(new URL('../../../docs/api-history/wasm.d.ts', import.meta.url), 'utf8');
  const said = execFileSync(fileURLToPath(new URL('../../api', import.meta.url)), ['wasm'], {
    encoding: 'utf8',
  });
  assert.equal(said, kept, 'a change that is meant: sdk-node/api wasm > docs/api-history/wasm.d.ts');
});

test('it has at most 160 KiB, 72 KiB packed, and no path of who built it', () => {
  assert.ok(bytes.length <= 160 * 1024, `${bytes.length}`);
  assert.ok(gzipSync(bytes, { level: 9 }).length <= 72 * 1024);
  assert.equal(bytes.includes('/home/') || bytes.includes('/root/') || bytes.includes(process.cwd()), false);
});
