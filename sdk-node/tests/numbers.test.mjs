// The table of docs/node.md: what a value that can't be gives, wherever a number is taken.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Config, createServer, encode, Monitor, OapConnection } from '../index.mjs';
import { here, serve } from './support.mjs';

const SECTION = /A value that can't be is told at once.*?(?=^## )/ms.exec(
  readFileSync(join(here, '../../docs/node.md'), 'utf8'),
)[0];
/** The names of the first column, and the errors by column. */
const ROWS = SECTION.split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.slice(2, -2).split(' | '))
  .map(([names, ...errors]) => [[...names.matchAll(/`([\w.]+)`/g)].map(([, name]) => name), errors]);
const COLUMNS = [['5', null], [NaN], [1.5], [-1], [2 ** 64]];

const served = (name) => (value) => createServer({ [name]: value }, () => {});
const configured = (name) => (value) => new Config({ [name]: value });
const monitor = new Monitor();

/** Where a number is taken, by the name in the table; those of a connection are given one. */
const PLACES = {
  seq: (value) => encode({ kind: 'DATA', seq: value }),
  upTo: (value) => encode({ kind: 'ACK', upTo: value }),
  maxFrame: (value) => encode({ kind: 'HELLO', maxFrame: value }),
  features: (value) => encode({ kind: 'HELLO', maxFrame: 4_096, features: value }),
  status: (value) => encode({ kind: 'END', seq: 0, status: value }),
  code: (value) => encode({ kind: 'ERROR', code: value, reason: '' }),
  version: (value) => encode({ kind: 'HELLO', maxFrame: 4_096, version: value }),
  ackWindow: (value) => encode({ kind: 'HELLO', maxFrame: 4_096, ackWindow: value }),
  acknowledge: (value, connection) => connection.acknowledge(value),
  end: (value, connection) => connection.end(value),
  chunkSize: (value, connection) => connection.sendStream('s', [], { chunkSize: value }),
  close: (value, connection) => connection.close({ timeout: value }),
  shutdown: (value) => createServer(() => {}).shutdown({ timeout: value }),
  'Config.ackWindowFrames': configured('ackWindowFrames'),
  'Config.maxFrame': configured('maxFrame'),
  'Config.features': configured('features'),
  'Monitor.inflightCapacity': (value) => new Monitor({ inflightCapacity: value }),
  setLoad: (value) => monitor.setLoad(value),
  countFrame: (value) => monitor.countFrame('DATA', value),
  tick: (value) => monitor.tick(value),
  observeRead: (value) => monitor.observeRead(value),
  observeWrite: (value) => monitor.observeWrite(value),
};
for (const name of ['receiveBuffer', 'receiveLimit', 'sendBuffer', 'maxConnections']) {
  PLACES[name] = served(name);
}
for (const name of ['handshakeTimeout', 'idleTimeout', 'stallTimeout', 'closeTimeout']) {
  PLACES[name] = served(name);
}

/** The name of the error, or `taken`. */
async function outcome(take, value, connection) {
  try {
    await take(value, connection);
    return 'taken';
  } catch (error) {
    return error.name === 'OapConnectionError' ? 'taken' : error.name;
  }
}

test('the table names every place', () => {
  const names = ROWS.flatMap(([names]) => names).filter((name) => name !== 'timeout');
  assert.deepEqual(names.sort(), Object.keys(PLACES).sort());
});

for (const [names, errors] of ROWS) {
  for (const name of names.filter((name) => name !== 'timeout')) {
    test(`${name} out of range`, { timeout: 20_000 }, async (t) => {
      const { dial } = await serve(t, (connection) => connection.ended());
      const connection = dial();
      await connection.ready();
      for (const [column, values] of COLUMNS.entries()) {
        for (const value of values) {
          assert.equal(await outcome(PLACES[name], value, connection), errors[column], `${value}`);
        }
      }
    });
  }
}

test('bigints beyond 64 bits, and numbers of 32 bits that a field does not allow', () => {
  for (const name of ['seq', 'upTo', 'maxFrame', 'features']) {
    for (const value of [2n ** 64n, -1n]) {
      assert.throws(() => PLACES[name](value), {
        name: 'TypeError',
        message: new RegExp(`^${name} is a bigint`),
      });
    }
  }
  for (const value of [2n ** 64n, -1n]) {
    assert.throws(() => PLACES['Config.features'](value), { name: 'OapConfigError' });
  }
  for (const name of ['status', 'code', 'version', 'ackWindow']) {
    assert.throws(() => PLACES[name](2 ** 32 - 1), { name: 'OapRejectError' });
    assert.throws(() => PLACES[name](2 ** 32), { name: 'TypeError' });
  }
});

test('what is no signal, no boolean and no key', async (t) => {
  const { dial } = await serve(t, (connection) => connection.ended());
  const connection = dial();
  await connection.ready();
  for (const call of [
    () => connection.sendStream('s', [], { signal: 5 }),
    () => connection.data(Buffer.alloc(1), { signal: 'x' }),
    () => connection.read({}),
    () => connection.delivered({}),
    () => new OapConnection(new net.Socket(), {}, { autoAck: 1 }),
    () => Monitor.shared('5'),
  ]) {
    assert.throws(call, TypeError);
  }
});

test('a shutdown may be asked for twice, and for ever', { timeout: 20_000 }, async (t) => {
  const { server, dial } = await serve(t, async (connection) => {
    for await (const _ of connection);
  });
  const connection = dial();
  await connection.start('s');
  await connection.data(Buffer.from('a'));
  await connection.delivered();
  const both = [server.shutdown({ timeout: Infinity }), server.shutdown()];
  await connection.end();
  await connection.close();
  await Promise.all(both);
});
