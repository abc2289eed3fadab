// Peers that are mute, slow, deaf, broken or gone, over real sockets. None of them may end the process: every test of
// this file fails at an unhandled rejection.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { connect, createServer, encode } from '../index.mjs';
import { fixture, here, serve } from './support.mjs';

const LIMIT = { timeout: 40_000 };
const HELLO = encode({ kind: 'HELLO', maxFrame: 1_048_576, ackWindow: 256 });
const START = encode({ kind: 'START', stream: 's' });
const DATA = encode({ kind: 'DATA', seq: 1, body: Buffer.from('abc') });
const END = encode({ kind: 'END', seq: 1, status: 0 });
const ERROR = encode({ kind: 'ERROR', code: 99, reason: 'the peer’s own words' });

/** A server of bare bytes. */
async function bare(test, attend) {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    test.after(() => socket.destroy());
    socket.on('error', () => {});
    attend(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => server.close());
  return server.address().port;
}

/** A server of this package that notes why its connections ended, in the order of their ends. */
async function noted(test, handler, options) {
  const ends = [];
  const served = await serve(
    test,
    async (connection) => {
      void connection.ended().then((reason) => ends.push(reason));
      await handler(connection);
    },
    options,
  );
  const next = async (count = 1) => {
    while (ends.length < count) {
      await pause(5);
    }
    return ends.splice(0, count);
  };
  return { ...served, next };
}

const takeAll = async (connection) => {
  for await (const _ of connection);
};

const dial = (test, port, options) => {
  const connection = connect({ host: '127.0.0.1', port, ...options });
  test.after(() => connection.abort());
  return connection;
};

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

test('a FIN at every byte is told for what it is', LIMIT, async (t) => {
  const { port, next } = await noted(t, takeAll);
  const frames = [HELLO, START, DATA, END];
  const all = Buffer.concat(frames);
  const borders = frames.map((_, i) => Buffer.concat(frames.slice(0, i + 1)).length);
  for (let cut = 0; cut <= all.length; cut += 1) {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    socket.resume().end(all.subarray(0, cut));
    const [reason] = await next();
    if (cut > 0 && !borders.includes(cut)) {
      assert.equal(reason, 'reject:truncated', `${cut}`);
    } else if (cut === borders[1] || cut === borders[2]) {
      assert.equal(reason, 'incomplete');
    } else {
      assert.ok(['clean', 'reset', 'reject:handshake_expected', 'unacknowledged'].includes(reason), reason);
    }
    socket.destroy();
  }
});

test('resets, other protocols, and who connects and goes', LIMIT, async (t) => {
  const { port, next } = await noted(t, async (connection) => {
    await connection.ready();
    await takeAll(connection);
  });
  for (const attend of [
    (socket) => socket.end('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    (socket) => socket.write(HELLO, () => socket.resetAndDestroy()),
    (socket) => socket.resetAndDestroy(),
    (socket) => socket.destroy(),
  ]) {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {});
    socket.once('connect', () => attend(socket.resume()));
    await next();
    socket.destroy();
  }
});

test('a mute peer is given up', LIMIT, async (t) => {
  const port = await bare(t, (socket) => socket.resume());
  const connection = dial(t, port, { handshakeTimeout: 50 });
  await assert.rejects(connection.sendStream('s', []), { reason: 'handshake_timeout' });
  const { next, port: own } = await noted(t, takeAll, { handshakeTimeout: 50, idleTimeout: 100 });
  net
    .connect(own, '127.0.0.1')
    .on('error', () => {})
    .resume();
  assert.deepEqual(await next(), ['handshake_timeout']);
  const idle = net
    .connect(own, '127.0.0.1')
    .on('error', () => {})
    .resume();
  idle.write(HELLO);
  assert.deepEqual(await next(), ['idle_timeout']);
});

test('a slow peer gets all that was sent before a close', LIMIT, async (t) => {
  const SIZE = 1_500_000;
  let taken = 0;
  const { port } = await serve(t, async (connection) => {
    for await (const frame of connection.frames()) {
      if (frame.kind === 'DATA') {
        taken += frame.len;
        await pause(frame.len / 400);
      }
    }
  });
  const connection = dial(t, port);
  await connection.sendStream('s', [Buffer.alloc(SIZE)], { chunkSize: 16_000 });
  await connection.close();
  assert.equal(taken, SIZE);
});

test('a peer that stops reading costs what it may, and a close ends', LIMIT, async (t) => {
  let socket;
  const port = await bare(t, (accepted) => {
    socket = accepted.pause();
    socket.write(HELLO);
  });
  const connection = dial(t, port, { sendBuffer: 65_536 });
  await connection.ready();
  let pulled = 0;
  const source = (function* () {
    for (;;) {
      pulled += 4_096;
      yield Buffer.alloc(4_096);
    }
  })();
  const sending = connection.sendStream('s', source);
  await pause(200);
  const before = pulled;
  await pause(100);
  assert.equal(pulled, before);
  assert.ok(connection.socket.writableLength <= 2 * 65_536, `${connection.socket.writableLength}`);
  const since = Date.now();
  await assert.rejects(connection.close({ timeout: 200 }), { reason: 'close_timeout' });
  assert.ok(Date.now() - since < 5_000);
  await assert.rejects(sending, { reason: 'closed' });
  assert.ok(socket !== undefined);
});

test('a half-closed peer gets its answer', LIMIT, async (t) => {
  const { port } = await serve(t, async (connection) => {
    await takeAll(connection);
  });
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.end(Buffer.concat([HELLO, START, DATA, END]));
  const chunks = [];
  for await (const chunk of socket) {
    chunks.push(chunk);
  }
  const ack = encode({ kind: 'ACK', upTo: 1 });
  assert.ok(Buffer.concat(chunks).includes(ack));
});

test('the peer’s text stands in no message', LIMIT, async (t) => {
  const port = await bare(t, (socket) => socket.write(Buffer.concat([HELLO, ERROR])));
  const connection = dial(t, port);
  const error = await connection.read().catch((error) => error);
  assert.deepEqual([error.reason, error.word, error.peerCode], ['peer_error', 'peer_error:99', 99]);
  assert.equal(error.peerText, 'the peer’s own words');
  assert.ok(!JSON.stringify(error).includes('own words') && !error.stack.includes('own words'));
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

test('a thousand connections', LIMIT, async (t) => {
  let streams = 0;
  const { port } = await serve(t, async (connection) => {
    for await (const frame of connection.frames()) {
      streams += frame.kind === 'END' ? 1 : 0;
    }
  });
  const all = Array.from({ length: 1_000 }, () => dial(t, port));
  await Promise.all(all.map((connection) => connection.sendStream('s', [Buffer.alloc(100)])));
  await Promise.all(all.map((connection) => connection.close()));
  assert.equal(streams, 1_000);
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
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', '-'];
  const certified = ['req', '-x509', ...curve, '-subj', '/CN=localhost', '-days', '2'];
  const pem = execFileSync('openssl', certified, { stdio: ['ignore', 'pipe', 'ignore'] });
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

test('in a worker thread', LIMIT, async (t) => {
  const { port } = await serve(t, takeAll);
  const worker = new Worker(fixture('connection-worker.mjs'), { workerData: port });
  const [answer] = await once(worker, 'message');
  assert.equal(answer, 'delivered');
});

/** The server of the host programs, in a process of its own. */
async function hostServer(test, command, args) {
  const host = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  test.after(() => host.kill('SIGKILL'));
  const lines = createInterface(host.stdout)[Symbol.asyncIterator]();
  const port = Number((await lines.next()).value.split(' ')[1]);
  return { host, port };
}

const HOST = join(here, '../../tests/conformance/hosts/node');

test('64 descriptors', LIMIT, async (t) => {
  const { host, port } = await hostServer(t, 'sh', ['-c', `ulimit -n 64; exec "${HOST}" serve`]);
  const many = Array.from({ length: 100 }, () => net.connect(port, '127.0.0.1').on('error', () => {}));
  await pause(300);
  many.forEach((socket) => socket.destroy());
  for (;;) {
    const connection = dial(t, port);
    const sent = connection.sendStream('s', [Buffer.from('x')]).then(() => connection.delivered());
    if (
      await sent.then(
        () => true,
        () => pause(50),
      )
    ) {
      break;
    }
  }
  assert.equal(host.exitCode, null);
});

test('a signal ends a server that has a client', LIMIT, async (t) => {
  const { host, port } = await hostServer(t, HOST, ['serve']);
  const connection = dial(t, port);
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
