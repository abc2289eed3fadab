// One process that sends to itself over loopback, by whatever native half `oap` has found; prints the milliseconds:
//   node scripts/stream.mjs BODIES BYTES

import { connect, createServer } from '../../index.mjs';

const [count, size] = process.argv.slice(2).map(Number);
const body = Buffer.alloc(size, 7);

let arrived;
const all = new Promise((resolve) => (arrived = resolve));
const server = createServer(async (connection) => {
  for await (const batch of connection) {
    if (batch.at(-1).kind === 'END') {
      arrived();
    }
  }
});
const { port } = await server.listen(0, '127.0.0.1');
const connection = connect({ host: '127.0.0.1', port });
await connection.ready();
const begun = performance.now();
await connection.sendStream(
  's',
  Array.from({ length: count }, () => body),
);
await all;
console.log(performance.now() - begun);
await connection.close();
await server.shutdown();
