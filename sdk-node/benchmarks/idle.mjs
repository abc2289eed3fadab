// What an idle connection costs a server: `node benchmarks/idle.mjs [CONNECTIONS]`. Memory of the server's process with and
// without so many peers that have greeted, over a bare socket of node:net and as a connection; and the CPU time of an
// idle second. Needs a limit of descriptors above their number.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer, encode } from '../index.mjs';

const HELLO = encode({ kind: 'HELLO', maxFrame: 1_048_576 });

function memory() {
  globalThis.gc();
  globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heapUsed, external };
}

async function serve(kind) {
  const open = new Set();
  const server =
    kind === 'socket'
      ? net.createServer((socket) => open.add(socket.resume()))
      : createServer({ maxConnections: 1_000_000 }, async (connection) => {
          for await (const _ of connection);
        });
  const listening = server.server ?? server;
  listening.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(listening, 'listening');
  process.send({ port: listening.address().port, before: memory() });
  process.on('message', async () => {
    const since = process.cpuUsage();
    await pause(5_000);
    const { user, system } = process.cpuUsage(since);
    process.send({ after: memory(), cpu: (user + system) / 5 });
  });
}

async function connected(port) {
  const socket = net.connect(port, '127.0.0.1').resume();
  await once(socket, 'connect');
  socket.write(HELLO);
  return socket;
}

async function measure(kind, count) {
  const child = fork(new URL(import.meta.url), ['serve', kind], { execArgv: ['--expose-gc'] });
  const [{ port, before }] = await once(child, 'message');
  const sockets = [];
  while (sockets.length < count) {
    const some = Math.min(500, count - sockets.length);
    sockets.push(...(await Promise.all(Array.from({ length: some }, () => connected(port)))));
  }
  await pause(1_000);
  child.send('measure');
  const [{ after, cpu }] = await once(child, 'message');
  const each = (name) => Math.round((after[name] - before[name]) / count);
  const bytes = `rss ${each('rss')}, heap ${each('heapUsed')}, external ${each('external')}`;
  console.log(`${kind}: bytes a connection: ${bytes}; CPU of an idle second ${Math.round(cpu)} us in all`);
  child.kill();
  sockets.forEach((socket) => socket.destroy());
}

if (process.argv[2] === 'serve') {
  await serve(process.argv[3]);
} else {
  for (const kind of ['socket', 'connection']) {
    await measure(kind, Number(process.argv[2] ?? 10_000));
  }
}
