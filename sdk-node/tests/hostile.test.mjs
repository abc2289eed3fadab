// Servers under handlers, limits, signals and threads, over real sockets. Nothing may end the process: every test of this
// file fails at an unhandled rejection.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createServer, encode } from '../index.mjs';
import { certificate, dial, ERROR, HELLO, noted, START, takeAll, TCP, TLS } from './peers.mjs';
import { fixture, here, serve } from './support.mjs';

const LIMIT = { timeout: 40_000 };
test('HELLO START END ERROR and FIN, whatever the handler begins with', LIMIT, async (t) => {
  const handlers = {
    loop: takeAll,
    frames: async (connection) => {
      for await (const _ of connection.frames());
    },
    ready: (connection) => connection.ready(),
    send: (connection) => connection.sendStream('s', [Buffer.alloc(100_000)]),
    unawaited: (connection) => {
      void connection.ready();
      void connection.sendStream('s', [Buffer.alloc(100_000)]);
      void connection.read();
      void connection.delivered();
      return connection.ended();
    },
  };
  for (const handler of Object.values(handlers)) {
    const { port, next } = await noted(t, handler);
    const end = encode({ kind: 'END', seq: 0, status: 0 });
    for (const bytes of [Buffer.concat([HELLO, START, end, ERROR]), Buffer.alloc(0)]) {
      const socket = net.connect(port, '127.0.0.1').on('error', () => {});
      socket.resume().end(bytes);
      await next();
      socket.destroy();
    }
  }
});

test('close and abort in every state, twice, while others send and take', LIMIT, async (t) => {
  const { port } = await serve(t, takeAll);
  for (const early of [true, false]) {
    for (const end of ['close', 'abort']) {
      const connection = dial(t, port);
      if (!early) {
        await connection.ready();
      }
      const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
      const sending = connection.sendStream('s', never);
      const taking = connection.read();
      await pause(5);
      connection[end]();
      connection[end]();
      const reason = end === 'close' ? 'closed' : 'aborted';
      await assert.rejects(sending, { reason });
      await assert.rejects(taking, { reason });
      connection.abort();
      await connection.ended();
      connection.close().catch(() => {});
      await assert.rejects(connection.start('late'), { name: 'OapConnectionError' });
    }
  }
});

test('a shutdown lets an open stream finish, and ends', LIMIT, async (t) => {
  let got = 0;
  const { server, port } = await serve(t, async (connection) => {
    for await (const frame of connection.frames()) {
      got += frame.kind === 'DATA' ? frame.len : 0;
      if (frame.kind === 'END') {
        await pause(20);
        await connection.sendStream('receipt', [Buffer.from(`${got}`)]);
      }
    }
  });
  const [idle, busy] = [dial(t, port), dial(t, port)];
  await idle.ready();
  await busy.start('s');
  await busy.data(Buffer.from('abc'));
  await busy.delivered();
  assert.equal(server.connections.length, 2);
  const down = server.shutdown({ timeout: 20_000 });
  assert.equal(await idle.read(), undefined);
  await busy.data(Buffer.from('de'));
  await busy.end();
  const frames = [];
  for await (const frame of busy.frames()) {
    frames.push(frame.kind === 'DATA' ? `${frame.body}` : frame.kind);
  }
  await down;
  assert.deepEqual(frames, ['START', '5', 'END']);
});

test('a handler’s own fault goes to the hook, and other connections live', LIMIT, async (t) => {
  const told = [];
  const { port } = await serve(
    t,
    async (connection) => {
      const frame = await connection.read();
      if (frame.stream === 'bad') {
        throw new Error('a fault');
      }
      await takeAll(connection);
    },
    {
      onError: (error) => {
        told.push(error.message);
        throw error;
      },
    },
  );
  t.mock.method(console, 'error', () => {});
  const good = dial(t, port);
  await good.start('good');
  await dial(t, port).sendStream('bad', []);
  while (told.length === 0) {
    await pause(5);
  }
  await good.data(Buffer.from('x'));
  await good.end();
  await good.delivered();
  assert.deepEqual(told, ['a fault']);
});

test('connections over the limit wait until there is room', LIMIT, async (t) => {
  const { server, port } = await serve(t, takeAll, { maxConnections: 1 });
  const first = dial(t, port);
  await first.ready();
  const gone = dial(t, port);
  const second = dial(t, port);
  const sent = second.sendStream('s', [Buffer.from('x')]).then(() => second.delivered());
  await pause(50);
  gone.abort();
  assert.deepEqual([second.state, server.connections.length], ['handshake', 1]);
  await first.close();
  await sent;
});

test('TLS, in one direction and the other', LIMIT, async (t) => {
  const pem = certificate();
  const { port, next } = await noted(
    t,
    async (connection) => {
      let bytes = 0;
      for await (const frame of connection.frames()) {
        bytes += frame.kind === 'DATA' ? frame.len : 0;
        if (frame.kind === 'END') {
          await connection.sendStream('back', [Buffer.alloc(bytes)]);
        }
      }
    },
    { tls: { key: pem, cert: pem } },
  );
  const connection = dial(t, port, { tls: { ca: pem, servername: 'localhost' } });
  await connection.sendStream('s', [Buffer.alloc(2_000_003)]);
  let back = 0;
  for await (const frame of connection.frames()) {
    back += frame.kind === 'DATA' ? frame.len : 0;
    if (frame.kind === 'END') {
      break;
    }
  }
  await connection.close();
  assert.deepEqual([back, await next()], [2_000_003, ['clean']]);
  const plain = dial(t, port);
  await assert.rejects(plain.ready(), { name: 'OapConnectionError' });
});

/** A server in a process of its own. */
async function hostServer(test, command, args, tls) {
  const env = { ...process.env, OAP_TEST_TLS: tls?.key ?? '' };
  const host = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
  test.after(() => host.kill('SIGKILL'));
  const lines = createInterface(host.stdout)[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value.split(' ')[1]);
  return { host, port };
}

const HOST = join(here, '../../tests/conformance/hosts/node');

for (const transport of [TCP, TLS]) {
  test(`64 descriptors, over ${transport.name}`, LIMIT, async (t) => {
    const server = fixture('connection-server.mjs');
    const script = `ulimit -n 64; exec "${process.execPath}" "${server}"`;
    const { host, port } = await hostServer(t, 'sh', ['-c', script], transport.serving.tls);
    const many = Array.from({ length: 100 }, () => transport.dial(port));
    await pause(300);
    many.forEach(({ below }) => below.destroy());
    const delivers = async () => {
      const connection = dial(t, port, transport.connecting);
      await connection.sendStream('s', [Buffer.from('x')]);
      await connection.delivered();
    };
    while (
      !(await delivers().then(
        () => true,
        () => pause(50),
      ))
    );
    assert.equal(host.exitCode, null);
  });

  test(`workers at once, some of them ended in the middle, over ${transport.name}`, LIMIT, async (t) => {
    let bytes = 0;
    const { port, next } = await noted(
      t,
      async (connection) => {
        for await (const frame of connection.frames()) {
          bytes += frame.kind === 'DATA' ? frame.len : 0;
        }
      },
      transport.serving,
    );
    const start = (endless) =>
      new Worker(fixture('connection-worker.mjs'), {
        workerData: { port, tls: transport.connecting.tls, endless },
      });
    const workers = Array.from({ length: 6 }, (_, i) => start(i % 2 === 1));
    const said = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]));
    assert.deepEqual(said, ['delivered', 'sends', 'delivered', 'sends', 'delivered', 'sends']);
    await Promise.all(workers.map((worker) => worker.terminate()));
    const ends = await next(6);
    assert.ok(
      ends.every((end) => ['clean', 'reset', 'incomplete', 'reject:truncated'].includes(end)),
      `${ends}`,
    );
    const before = bytes;
    const [again] = await once(start(false), 'message');
    assert.equal(again, 'delivered');
    assert.equal(bytes - before, 2_000 * 'from a worker'.length);
  });
}

test('a signal ends a server that has a client', LIMIT, async (t) => {
  const { host, port } = await hostServer(t, HOST, ['serve']);
  const connection = dial(t, port);
  takeAll(connection).catch(() => {});
  await connection.sendStream('s', []);
  host.kill('SIGTERM');
  const [code] = await once(host, 'exit');
  assert.equal(code, 0);
});

test('a port that is taken is told by listen alone', LIMIT, async (t) => {
  const { port } = await serve(t, takeAll);
  const told = t.mock.fn();
  await assert.rejects(createServer({ onError: told }, takeAll).listen(port, '127.0.0.1'), {
    code: 'EADDRINUSE',
  });
  assert.equal(told.mock.callCount(), 0);
});

test('a bad option of a server is told at once', () => {
  assert.throws(() => createServer({ closeTimeout: 0 }, takeAll), { name: 'OapConfigError' });
});
