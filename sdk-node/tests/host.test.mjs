// The example host of examples/host.mts, asked by curl.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, TEXT_CONTENT_TYPE } from '../index.mjs';
import { here, run, samplesOf } from './support.mjs';

const SOURCE = join(here, '../examples/host.mts');
const LINES = 40;

let folder;
let host;
const ports = {};

before(async () => {
  // Inside the package, so that `oap` is the package itself.
  folder = mkdtempSync(join(here, 'host-'));
  const tsc = join(here, '../node_modules/typescript/bin/tsc');
  const settings = {
    extends: '../../tsconfig.json',
    compilerOptions: { rootDir: '../../examples', outDir: '.', declaration: false },
    include: ['../../examples/host.mts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settings));
  await run(process.execPath, [tsc, '-p', folder]);
  host = spawn(process.execPath, [join(folder, 'host.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(host.stdout)[Symbol.asyncIterator]();
  while (Object.keys(ports).length < 2) {
    const [name, port] = (await lines.next()).value.split(' ');
    ports[name] = Number(port);
  }
});

after(async () => {
  host.kill('SIGKILL');
  await once(host, 'exit');
  rmSync(folder, { recursive: true });
});

async function ask(path) {
  const { stdout } = await run('curl', ['-sS', '-i', `http://127.0.0.1:${ports.http}${path}`]);
  const [head, body] = stdout.split('\r\n\r\n');
  const [status, ...headers] = head.split('\r\n');
  const pairs = headers.map((line) => line.split(': '));
  return { status: Number(status.split(' ')[1]), headers: Object.fromEntries(pairs), body };
}

test('a ready host answers /readyz with 200, and /metrics with the page', async () => {
  const { status, headers, body } = await ask('/readyz');
  assert.equal(status, 200);
  assert.equal(headers['Content-Type'], 'application/json');
  assert.ok(!('Retry-After' in headers));
  assert.equal(body, '{"degraded":false,"missing":[],"retry_after":0}');

  const connection = connect({ host: '127.0.0.1', port: ports.oap });
  await connection.sendStream('notes', [Buffer.from('abc')]);
  let page;
  do {
    page = await ask('/metrics');
  } while (samplesOf(page.body).get('oap_frames_total{kind="END"}') !== 1);
  connection.abort();
  assert.deepEqual([page.status, page.headers['Content-Type']], [200, TEXT_CONTENT_TYPE]);
  execFileSync('promtool', ['check', 'metrics'], { input: page.body });
  assert.equal((await ask('/elsewhere')).status, 404);
});

test('a host that drains answers 503, says what is missing and when to come again', async () => {
  host.kill('SIGTERM');
  let answer = await ask('/readyz');
  for (let i = 0; i < 100 && answer.status === 200; i += 1) {
    await sleep(10);
    answer = await ask('/readyz');
  }
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['Retry-After'], '5');
  assert.equal(answer.headers['Content-Type'], 'application/json');
  assert.equal(answer.body, '{"degraded":true,"missing":["oap_parser_ready"],"retry_after":5}');
});

test(`the host has at most ${LINES} lines, and the guide shows it`, () => {
  const source = readFileSync(SOURCE, 'utf8');
  assert.ok(source.split('\n').length - 1 <= LINES);
  assert.ok(readFileSync(join(here, '../../docs/node.md'), 'utf8').includes(source));
});
