// Builds oap-wasm: the module by tools/dist/wasm, and JavaScript of the sources that it shares with `oap` and of its own,
// as ES modules and as CommonJS. Exits with 77 where the module can't be built.

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { abiOf } from './abi.mjs';

const here = fileURLToPath(new URL('..', import.meta.url));
const root = join(here, '../..');
const work = join(root, 'target/wasm/npm');
const wasm = join(work, 'oap.wasm');

/** The files of `oap` that need nothing of Node; those of this folder stand for the others. */
const SHARED = [
  'binding',
  'config',
  'connection-options',
  'constants',
  'decoder',
  'encode',
  'engine',
  'errors',
  'fast-path',
  'frame',
  'frames',
  'generated',
  'json',
  'layout',
  'memory',
  'monitor',
  'numbers',
  'receiver',
  'session',
  'table',
];

function sources(to) {
  for (const name of SHARED) {
    cpSync(join(here, '../ts', `${name}.ts`), join(to, `${name}.ts`));
  }
  for (const name of readdirSync(join(here, 'ts'))) {
    cpSync(join(here, 'ts', name), join(to, name));
  }
  writeFileSync(join(to, 'abi.ts'), abiOf(join(root, 'include/oap.h')));
  const base64 = readFileSync(wasm).toString('base64');
  writeFileSync(join(to, 'module.ts'), `/** oap.wasm. */\nexport const WASM: string = '${base64}';\n`);
}

/** Compiles for `type`, the way in which package.json says the format of modules. */
function compile(type, outDir) {
  const place = join(work, type);
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, 'ts'), { recursive: true });
  sources(join(place, 'ts'));
  const { compilerOptions } = JSON.parse(readFileSync(join(here, '../tsconfig.json'), 'utf8'));
  const own = { lib: ['ES2022', 'DOM', 'ESNext.Disposable'], types: [], outDir };
  writeFileSync(
    join(place, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...compilerOptions, ...own }, include: ['ts'] }),
  );
  rmSync(outDir, { recursive: true, force: true });
  mkdirSync(outDir, { recursive: true });
  for (const folder of [place, outDir]) {
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ type })}\n`);
  }
  execFileSync(process.execPath, [join(here, '../node_modules/typescript/bin/tsc'), '--project', place], {
    stdio: 'inherit',
  });
  for (const name of readdirSync(outDir).filter((it) => it.endsWith('.d.ts'))) {
    const types = readFileSync(join(outDir, name), 'utf8');
    writeFileSync(join(outDir, name), types.replace(/\bBuffer\b/g, 'Uint8Array'));
  }
}

const { status } = spawnSync(join(root, 'tools/dist/wasm'), ['oap-ffi', wasm], {
  stdio: 'inherit',
});
if (status !== 0) {
  process.exit(status ?? 1);
}
compile('module', join(here, 'dist/esm'));
compile('commonjs', join(here, 'dist/cjs'));
