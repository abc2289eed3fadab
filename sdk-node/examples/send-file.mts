// Sends a file as an object to a server (svc-gateway, say) and waits for its receipt.
//   node send-file.mjs HOST PORT FILE b3:ADDRESS

import { createReadStream } from 'node:fs';
import { argv } from 'node:process';
import { connect, OapRejectError, type OapConnection } from 'oap';

async function receipt(connection: OapConnection): Promise<number | undefined> {
  for await (const frame of connection.frames()) {
    if (frame.kind === 'END') {
      return frame.status;
    }
  }
  return undefined;
}

const [, , host = '127.0.0.1', port, file, obj] = argv;
if (port === undefined || file === undefined) {
  throw new Error('HOST PORT FILE b3:ADDRESS');
}
const connection = connect({ host, port: Number(port), signal: AbortSignal.timeout(60_000) });
try {
  const sending = connection.sendStream('objects/file', createReadStream(file), { obj });
  console.log(`status ${await receipt(connection)}`);
  await sending;
  await connection.close();
} catch (error) {
  if (error instanceof OapRejectError) {
    console.error(`refused: ${error.reason} (${error.field})`);
  }
  throw error;
}
