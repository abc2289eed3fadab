import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { connect } from '../index.mjs';
import { target } from '../scripts/platform.mjs';
import { here } from './support.mjs';

const GATEWAY = join(target, 'svc-gateway');
const SIZE = 20_000_003;

let gateway;
let lines;
let port;
let folder;
let file;
let address;

before(async () => {
  if (!existsSync(GATEWAY)) {
    execFileSync('cargo', ['build', '--quiet', '--release', '--package', 'svc-gateway'], { cwd: here });
  }
  const flags = ['--listen', '127.0.0.1:0', '--metrics-addr', 'off'];
  gateway = spawn(GATEWAY, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  lines = createInterface({ input: gateway.stdout })[Symbol.asyncIterator]();
  port = Number((await event('listening')).addr.split(':')[1]);
  folder = mkdtempSync(join(tmpdir(), 'oap-gateway-'));
  file = join(folder, 'object');
  writeFileSync(file, randomBytes(SIZE));
  address = execFileSync(GATEWAY, ['address', file], { encoding: 'utf8' }).trim();
});

after(async () => {
  gateway.kill();
  await once(gateway, 'exit');
  rmSync(folder, { recursive: true });
});

/** The next event of that name in the gateway's log; there may be others before it. */
async function event(name) {
  for (;;) {
    const it = JSON.parse((await lines.next()).value);
    if (it.event === name) {
      return it;
    }
  }
}

/** The status that the gateway answers a stream with. */
async function receipt(connection) {
  let name;
  for await (const frame of connection.frames()) {
    if (frame.kind === 'START') {
      name = frame.stream;
    } else if (frame.kind === 'END') {
      assert.equal(name, 'receipt');
      return frame.status;
    }
  }
  return undefined;
}

async function sent(name, obj, signal) {
  const connection = connect({ host: '127.0.0.1', port });
  const answer = receipt(connection);
  await connection.sendStream(name, createReadStream(file), { obj, signal });
  const status = await answer;
  await connection.close();
  return status;
}

test(
  'a real file goes to the gateway, which verifies it and sends its receipt',
  { timeout: 60_000 },
  async () => {
    assert.equal(await sent('objects/file', address), 0);
    const stream = await event('stream');
    assert.deepEqual(
      [stream.name, stream.bytes, stream.status, stream.address],
      ['objects/file', SIZE, 0, address],
    );
  },
);

test('an address that is not that of the bytes gets status 1', { timeout: 60_000 }, async () => {
  assert.equal(await sent('objects/other', `b3:${'0'.repeat(64)}`), 1);
  assert.equal((await event('stream')).status, 1);
});

test('what the gateway rejects comes back as ERROR with the label', { timeout: 60_000 }, async () => {
  const connection = connect({ host: '127.0.0.1', port });
  await connection.ready();
  connection.socket.write(Buffer.from('0000000899', 'hex'));
  await assert.rejects(connection.read(), {
    reason: 'peer_error',
    peerCode: 4,
    peerText: 'unknown_envelope',
  });
  assert.equal((await event('reject')).reason, 'unknown_envelope');
});
