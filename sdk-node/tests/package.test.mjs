// The packages as they are published, in clean projects, without a network.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { target, triple } from '../scripts/platform.mjs';
import { here, run } from './support.mjs';

const root = join(here, '..');
const START = "new oap.Decoder().feed(oap.encode({ kind: 'ACK', upTo: 7 })).at(0).upTo";
const ESM = `import * as oap from 'oap';\nconsole.log(${START});\n`;
const CJS = `const oap = require('oap');\nconsole.log(${START});\n`;

let folder;
let tarballs;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oap-package-'));
  const { stdout } = await run(join(root, 'pack'), [folder]);
  tarballs = stdout.trim().split('\n');
});

after(() => rmSync(folder, { recursive: true }));

/** A clean project that has these installed. */
async function project(...packages) {
  const place = mkdtempSync(join(folder, 'project-'));
  writeFileSync(join(place, 'package.json'), '{ "private": true }');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...packages], { cwd: place });
  writeFileSync(join(place, 'start.mjs'), ESM);
  writeFileSync(join(place, 'start.cjs'), CJS);
  return place;
}

async function starts(place) {
  for (const start of ['start.mjs', 'start.cjs']) {
    const { stdout } = await run(process.execPath, [start], { cwd: place });
    assert.equal(stdout, '7n\n', start);
  }
}

test(
  'the packed package and that of the platform start in a clean project, by import and by require',
  { timeout: 120_000 },
  async () => {
    const place = await project(...tarballs);
    assert.deepEqual(
      readdirSync(join(place, 'node_modules/oap')).filter((name) => name.endsWith('.node')),
      [],
    );
    await starts(place);
  },
);

test(
  'the part for prom-client is found, by import and by require, where prom-client is not',
  { timeout: 120_000 },
  async () => {
    const place = await project(...tarballs);
    const collect =
      'const names = []; collectOap(new Monitor(), { register: { registerMetric: ({ name }) => names.push(name) } });' +
      'console.log(names.length === METRICS.length);';
    writeFileSync(
      join(place, 'collect.mjs'),
      `import { METRICS, Monitor } from 'oap'; import { collectOap } from 'oap/prometheus'; ${collect}`,
    );
    writeFileSync(
      join(place, 'collect.cjs'),
      `const { METRICS, Monitor } = require('oap'); const { collectOap } = require('oap/prometheus'); ${collect}`,
    );
    for (const script of ['collect.mjs', 'collect.cjs']) {
      assert.equal((await run(process.execPath, [script], { cwd: place })).stdout, 'true\n', script);
    }
  },
);

test('the first example of the README runs in a clean project', { timeout: 120_000 }, async () => {
  const place = await project(...tarballs);
  const readme = readFileSync(join(place, 'node_modules/oap/README.md'), 'utf8');
  const [, example] = /```js\n(.*?)```/s.exec(readme);
  writeFileSync(join(place, 'example.mjs'), example);
  const { stdout } = await run(process.execPath, ['example.mjs'], { cwd: place });
  assert.equal(stdout, '7n abc\n');
});

test('the packed types are found and complete, by import and by require', { timeout: 120_000 }, async () => {
  const place = await project(...tarballs);
  writeFileSync(join(place, 'typed.mts'), ESM.replace('.upTo', '!.kind'));
  writeFileSync(
    join(place, 'typed.cts'),
    CJS.replace("const oap = require('oap')", "import oap = require('oap')").replace('.upTo', '!.kind'),
  );
  const compilerOptions = {
    strict: true,
    module: 'Node16',
    target: 'ES2022',
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
    typeRoots: [join(root, 'node_modules/@types')],
  };
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['typed.*'] }));
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc')], { cwd: place }).catch(
    (error) => assert.fail(error.stdout),
  );
});

test('without the package of the platform the error says what to install', { timeout: 120_000 }, async () => {
  const place = await project(tarballs[0]);
  const failed = await run(process.execPath, ['start.cjs'], { cwd: place }).catch((error) => error);
  assert.match(failed.stderr, new RegExp(`install oap-${triple}-[0-9.]+\\.tgz of the same release`));
});

test('no page tells to install the namesake from the public registry', () => {
  for (const page of ['README.md', 'docs/node.md', 'docs/node-bundlers.md', 'sdk-node/README.md']) {
    const told = readFileSync(join(root, '..', page), 'utf8').match(/npm (?:i|install|add) oap(?![-\w./])/g);
    assert.equal(told, null, page);
  }
});

test('the public API is that of docs/api-history/node.d.ts', async () => {
  const { stdout } = await run(join(root, 'api'));
  const kept = readFileSync(join(root, '../docs/api-history/node.d.ts'), 'utf8');
  assert.equal(stdout, kept, 'a change that is meant: sdk-node/api > docs/api-history/node.d.ts');
});

test('publint and arethetypeswrong find nothing to say of the tarballs', { timeout: 300_000 }, async () => {
  const tool = (name) => join(root, 'node_modules/.bin', name);
  const { stdout } = await run(tool('publint'), ['run', tarballs[0], '--strict'], { cwd: root }).catch(
    (error) => error,
  );
  assert.match(stdout, /All good!/);
  await run(tool('attw'), [tarballs[0], '--profile', 'strict'], { cwd: root }).catch(({ stdout }) =>
    assert.fail(stdout),
  );
});

test('npm install of the folder builds it in a fresh clone', { timeout: 1_800_000 }, async () => {
  const work = join(target, '../npm');
  const clone = join(work, 'clone');
  rmSync(clone, { recursive: true, force: true });
  mkdirSync(clone, { recursive: true });
  const list = 'git ls-files -z --cached --others --exclude-standard | xargs -0 ls -d 2>/dev/null';
  await run('sh', ['-c', `${list} | tar -cf - -T - | tar -xf - -C "$1"`, 'sh', clone], {
    cwd: join(root, '..'),
  });
  const place = mkdtempSync(join(folder, 'project-'));
  writeFileSync(join(place, 'package.json'), '{ "private": true }');
  writeFileSync(join(place, 'start.mjs'), ESM);
  writeFileSync(join(place, 'start.cjs'), CJS);
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', join(clone, 'sdk-node')];
  await run('npm', install, { cwd: place, env: { ...process.env, CARGO_TARGET_DIR: work } });
  await starts(place);
});

test('the packages are of one version, run no script, fetch nothing, and name each platform', async () => {
  const read = (...path) => JSON.parse(readFileSync(join(root, ...path, 'package.json'), 'utf8'));
  const { version } = read();
  for (const tarball of tarballs) {
    const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json']);
    const { scripts, dependencies, optionalDependencies } = JSON.parse(stdout);
    assert.deepEqual([scripts, dependencies, optionalDependencies], [undefined, undefined, undefined]);
  }
  for (const name of readdirSync(join(root, 'npm'))) {
    const manifest = read('npm', name);
    assert.deepEqual([manifest.version, manifest.main], [version, `oap.${name}.node`]);
    assert.equal(name.startsWith(`${manifest.os}-${manifest.cpu}`), true, name);
  }
  assert.ok(readdirSync(join(root, 'npm')).includes(triple));
  assert.equal(read('wasm').version, version);
});
