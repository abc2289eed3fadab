// Counts what it is sent and answers each stream with its size.
//   node server.mjs [PORT]

import { argv } from 'node:process';
import type { AddressInfo } from 'node:net';
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

const server = createServer({ config: { ackWindowFrames: 64 } }, serve);
server.on('clientError', (error: Error) => console.error(error.message));
server.listen(Number(argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`);
});
