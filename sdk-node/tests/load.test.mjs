import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as esm from '../index.mjs';
import { libraryOf, target, triple } from '../scripts/platform.mjs';
import { here, run } from './support.mjs';

const require = createRequire(import.meta.url);

/** A copy of the package without its native half; `place` puts something else there. */
function copyOfPackage(t, place) {
  const root = mkdtempSync(join(tmpdir(), 'oap-load-'));
  t.after(() => rmSync(root, { recursive: true }));
  for (const part of ['dist', 'package.json', 'index.mjs']) {
    cpSync(join(here, '..', part), join(root, part), { recursive: true });
  }
  place(root);
  return root;
}

/** What loading such a copy throws. */
async function failureOf(t, place) {
  const root = copyOfPackage(t, place);
  const script = `try { require(${JSON.stringify(root)}); } catch (error) {
    process.stdout.write(JSON.stringify({ name: error.constructor.name, message: error.message, causes: error.errors.map((it) => it.cause.code ?? it.cause.message) }));
  }`;
  return JSON.parse((await run(process.execPath, ['-e', script])).stdout);
}

test('without a native half the error names what was looked for', async (t) => {
  const { name, message, causes } = await failureOf(t, () => {});
  assert.equal(name, 'AggregateError');
  assert.match(message, new RegExp(`can't load its native half for ${triple}`));
  assert.ok(message.includes(`oap.${triple}.node`) && message.includes(`oap-${triple}`));
  assert.ok(message.includes('or oap-wasm-'));
  assert.deepEqual(causes, ['MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'MODULE_NOT_FOUND']);
});

test(
  'the C library is that of the loader which the program names',
  { skip: process.platform !== 'linux' },
  async (t) => {
    for (const [loader, libc] of Object.entries({
      '/lib/ld-musl-x86_64.so.1': 'musl',
      '/lib64/ld-linux-x86-64.so.2': 'gnu',
      '/lib/ld-linux-aarch64.so.1': 'gnu',
      'neither, so that the report tells': triple.split('-')[2],
    })) {
      const program = (root) => writeFileSync(join(root, 'node'), `\x7fELF ${loader}\0`);
      const root = copyOfPackage(t, program);
      const script = `process.execPath = process.argv[1]; try { require(${JSON.stringify(root)}); } catch (error) { console.log(error.message); }`;
      const { stdout } = await run(process.execPath, ['-e', script, join(root, 'node')]);
      assert.match(stdout, new RegExp(`native half for linux-${process.arch}-${libc}:`), loader);
    }
  },
);

test('where no binary is, oap-wasm takes its place, and that is said once', async (t) => {
  const root = copyOfPackage(t, (root) => {
    const fallback = join(root, 'node_modules/oap-wasm');
    mkdirSync(fallback, { recursive: true });
    writeFileSync(join(fallback, 'package.json'), '{ "exports": { "./native": "./native.js" } }');
    const binary = JSON.stringify(join(here, '..', `oap.${triple}.node`));
    writeFileSync(join(fallback, 'native.js'), `exports.native = require(${binary});`);
  });
  const load = `require(${JSON.stringify(root)});`;
  const script = `${load} new (require('node:worker_threads').Worker)(${JSON.stringify(load)}, { eval: true });`;
  const { stderr } = await run(process.execPath, ['-e', script]);
  assert.equal(
    stderr.match(/\[OAP_WASM\] Warning: oap runs on WebAssembly, which is slower: install oap-/g)?.length,
    1,
  );
  assert.ok(stderr.includes(`- ../oap.${triple}.node: `) && stderr.includes(`- oap-${triple}: `), stderr);
});

test('a native half that does not load says why, and so does one of another version', async (t) => {
  const { message, causes } = await failureOf(t, (root) => {
    writeFileSync(join(root, `oap.${triple}.node`), 'no shared library');
    const other = join(root, 'node_modules', `oap-${triple}`);
    mkdirSync(other, { recursive: true });
    writeFileSync(join(other, 'index.js'), "exports.constants = () => ({ packageVersion: '9.9.9' });");
  });
  assert.equal(causes[0], 'ERR_DLOPEN_FAILED');
  assert.match(causes[1], /is of version 9\.9\.9, not /);
  assert.ok(causes[1] && message.includes(causes[1]));
});

test('ESM and CJS give the same things under the same names', () => {
  const cjs = require('..');
  assert.deepEqual(Object.keys(esm).sort(), Object.keys(cjs).sort());
  for (const [name, value] of Object.entries(esm)) {
    assert.equal(value, cjs[name], name);
  }
});

/** The addon of fixtures/panic.rs, loaded. */
function panicking() {
  execFileSync('cargo', ['build', '--quiet', '--release', '--package', 'oap-node', '--example', 'panic'], {
    cwd: here,
  });
  const addon = { exports: {} };
  process.dlopen(addon, join(target, 'examples', libraryOf('panic')));
  return addon;
}

test('a panic behind the boundary is an Error, and every native function is behind it', () => {
  const { exports: addon } = panicking();
  for (let i = 0; i < 2; i += 1) {
    assert.throws(
      () => addon.panic(),
      (error) => error instanceof Error && /asked for by a test/.test(error.message),
    );
  }
  for (const name of readdirSync(join(here, '../src'))) {
    const source = readFileSync(join(here, '../src', name), 'utf8');
    for (const [, options, what] of source.matchAll(
      /#\[napi(?:\((.*?)\))?\]\s+(?:#\[.*\]\s+)*pub (fn|struct|enum)/g,
    )) {
      assert.ok(what !== 'fn' || options.includes('catch_unwind'), `${name}: ${options}`);
    }
  }
});
