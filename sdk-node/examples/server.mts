// Counts what it is sent and answers each stream with its size.
//   node server.mjs [PORT]

import { argv } from 'node:process';
import { createServer, type OapConnection } from 'oap';

async function serve(connection: OapConnection): Promise<void> {
  let name = '';
  let bytes = 0n;
  for await (const frames of connection) {
    for (const frame of frames) {
      if (frame.kind === 'START') {
        [name, bytes] = [frame.stream, 0n];
      } else if (frame.kind === 'DATA') {
        bytes += BigInt(frame.len);
      } else if (frame.kind === 'END') {
        await connection.sendStream('size', [Buffer.from(`${JSON.stringify(name)}: ${bytes} bytes`)]);
      }
    }
  }
}

const server = createServer({ onError: (error) => console.error(`${error}`) }, serve);
const { port } = await server.listen(Number(argv[2] ?? 0), '127.0.0.1');
console.log(`listening on 127.0.0.1:${port}`);
process.once('SIGINT', () => void server.shutdown({ timeout: 5_000 }));
