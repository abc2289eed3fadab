// The bundlers of docs/node-bundlers.md, and Bun and Deno: each block of the page is run as it stands, and what it makes
// runs in a folder of its own, where nothing else is.

import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { install } from '../scripts/install.mjs';
import { triple } from '../scripts/platform.mjs';
import { here, run } from './support.mjs';

const LIMIT = { timeout: 120_000 };
const PAGE = readFileSync(join(here, '../../docs/node-bundlers.md'), 'utf8');
const BLOCK = /^```(?:js ([\w.]+)|sh)\n(.*?)^```$/gms;
const TOOLS = join(here, 'bundles');

/** Serves and connects, so that every file of the package is needed. */
const APP = `
import { connect, createServer } from 'oap';

const server = createServer(async (connection) => {
  let bytes = 0;
  for await (const frame of connection.frames()) {
    bytes += frame.kind === 'DATA' ? frame.len : 0;
    if (frame.kind === 'END') {
      await connection.sendStream('size', [Buffer.from(\`\${bytes} bytes\`)]);
    }
  }
});
const { port } = await server.listen(0, '127.0.0.1');
const connection = connect({ host: '127.0.0.1', port });
await connection.sendStream('up', [Buffer.alloc(300_000), Buffer.alloc(7)]);
for await (const frame of connection.frames()) {
  if (frame.kind === 'DATA') {
    console.log(\`\${frame.body}\`);
  } else if (frame.kind === 'END') {
    break;
  }
}
await connection.close();
await server.shutdown();
`;

let project;
let elsewhere;

before(async () => {
  install(TOOLS);
  elsewhere = mkdtempSync(join(tmpdir(), 'oap-bundles-'));
  const { stdout } = await run(join(here, '../pack'), [elsewhere]);
  // Beside the tools, which the blocks import.
  project = mkdtempSync(join(TOOLS, 'project-'));
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  writeFileSync(join(project, 'app.mjs'), APP);
  const npm = ['install', '--offline', '--no-audit', '--no-fund', ...stdout.trim().split('\n')];
  await run('npm', npm, { cwd: project });
});

after(() => [project, elsewhere].forEach((folder) => rmSync(folder, { recursive: true })));

const blocks = [...PAGE.matchAll(BLOCK)];
const tool = (name) => join(TOOLS, 'node_modules', name);
const ABI = triple.replace('-gnu', '');
const PROGRAMS = {
  bun: tool(`@oven/bun-${ABI.replace('arm64', 'aarch64').replace('win32', 'windows')}/bin/bun`),
  deno: tool(`@deno/${triple.replace('-gnu', '-glibc')}/deno`),
};

/** What was made, moved where nothing else is. */
function moved(name, withBinary) {
  const folder = join(elsewhere, name);
  cpSync(join(project, 'out'), folder, { recursive: true });
  rmSync(join(project, 'out'), { recursive: true });
  if (withBinary) {
    const binary = `node_modules/oap-${triple}`;
    cpSync(join(project, binary), join(folder, binary), { recursive: true });
  }
  return folder;
}

async function answers(folder, command, ...args) {
  const { stdout } = await run(command, args, { cwd: folder });
  assert.equal(stdout, '300007 bytes\n');
}

for (const [, file, code] of blocks.filter(([, file]) => file !== undefined)) {
  test(`${file} of the page makes what runs by itself`, LIMIT, async () => {
    writeFileSync(join(project, file), code);
    await run(process.execPath, [file], { cwd: project });
    const folder = moved(file, code.includes('copy it to `node_modules`'));
    const made = ['app.mjs', 'app.cjs'].find((name) => existsSync(join(folder, name)));
    await answers(folder, process.execPath, made);
  });
}

test('the page has a block for each tool', () => {
  const files = blocks.map(([, file]) => file).filter((file) => file !== undefined);
  assert.deepEqual(files, ['esbuild.mjs', 'webpack.mjs', 'rollup.mjs', 'vite.mjs', 'trace.mjs']);
});

for (const [external, script] of [
  [
    'esbuild',
    "build({ entryPoints: ['app.mjs'], outfile: 'out/app.mjs', bundle: true, platform: 'node', format: 'esm', external: ['oap'] })",
  ],
  [
    'rollup',
    "rollup({ input: 'app.mjs', external: ['oap'] }).then((it) => it.write({ file: 'out/app.mjs' }))",
  ],
  [
    'vite',
    "build({ logLevel: 'warn', build: { ssr: 'app.mjs', outDir: 'out', rollupOptions: { output: { entryFileNames: 'app.mjs' } } } })",
  ],
]) {
  test(`${external} leaves the package outside`, LIMIT, async () => {
    const name = external === 'rollup' ? 'rollup' : 'build';
    writeFileSync(join(project, 'outside.mjs'), `import { ${name} } from '${external}';\nawait ${script};\n`);
    await run(process.execPath, ['outside.mjs'], { cwd: project });
    assert.match(readFileSync(join(project, 'out/app.mjs'), 'utf8'), /from ?["']oap["']/);
    const folder = moved(`${external}-outside`);
    cpSync(join(project, 'node_modules'), join(folder, 'node_modules'), { recursive: true });
    await answers(folder, process.execPath, 'app.mjs');
  });
}

const [, , commands] = blocks.find(([, file, code]) => file === undefined && code.includes('deno run'));
for (const line of commands.trim().split('\n')) {
  test(line, LIMIT, async () => {
    const [program, ...args] = line.split(' ');
    const env = { ...process.env, DENO_DIR: join(elsewhere, 'deno'), NO_COLOR: '1' };
    mkdirSync(join(project, 'out'), { recursive: true });
    const { stdout } = await run(PROGRAMS[program], args, { cwd: project, env });
    if (args[0] === 'run') {
      assert.equal(stdout, '300007 bytes\n');
    } else {
      const folder = moved(`bun-${args.includes('--compile')}`);
      await (args.includes('--compile')
        ? answers(folder, './app')
        : answers(folder, process.execPath, 'app.mjs'));
    }
  });
}
