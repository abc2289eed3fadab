// oap.wasm itself: what it asks for, what it offers, how large it is.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

const require = createRequire(import.meta.url);
const { WASM } = require('../dist/cjs/module.js');
const bytes = Buffer.from(WASM, 'base64');
const wasm = new WebAssembly.Module(bytes);
const header = readFileSync(new URL('../../../include/oap.h', import.meta.url), 'utf8');

/** What its host needs beside oap.h; the last two are the linker's. */
const OWN = ['oap_wasm_alloc', 'oap_wasm_encode_refusal', 'oap_wasm_end_message', 'oap_wasm_free'];
const OTHERS = ['__data_end', '__heap_base', 'memory'];

test('it imports nothing, and exports the functions of oap.h, its memory and what a host needs of it', () => {
  const declared = header.replace(/\/\*.*?\*\//gs, '').matchAll(/\b(oap_\w+)\(/g);
  const functions = Array.from(declared, ([, name]) => name);
  assert.ok(functions.length > 90);
  assert.deepEqual(WebAssembly.Module.imports(wasm), []);
  const names = WebAssembly.Module.exports(wasm).map(({ name }) => name);
  assert.deepEqual(names.sort(), [...functions, ...OWN, ...OTHERS].sort());
});

test('it has at most 160 KiB, 72 KiB packed, and no path of who built it', () => {
  assert.ok(bytes.length <= 160 * 1024, `${bytes.length}`);
  assert.ok(gzipSync(bytes, { level: 9 }).length <= 72 * 1024);
  assert.equal(bytes.includes('/home/') || bytes.includes('/root/') || bytes.includes(process.cwd()), false);
});
