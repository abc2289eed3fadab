// Sends a file as an object to a server (svc-gateway, say) and waits for its receipt.
//   node send-file.mjs HOST PORT FILE b3:ADDRESS

import { createReadStream } from 'node:fs';
import { argv } from 'node:process';
import { connect, OapRejectError, type OapConnection } from 'oap';

async function receipt(connection: OapConnection): Promise<number | undefined> {
  for await (const frame of connection.frames()) {
    switch (frame.kind) {
      case 'END':
        return frame.status;
      case 'ERROR':
        throw new Error(`the server ended the session: ${frame.code} ${JSON.stringify(frame.reason)}`);
    }
  }
  return undefined;
}

const [, , host = '127.0.0.1', port, file, obj] = argv;
if (port === undefined || file === undefined) {
  throw new Error('HOST PORT FILE b3:ADDRESS');
}
const connection = connect({ host, port: Number(port), signal: AbortSignal.timeout(60_000) });
const answer = receipt(connection);
try {
  await connection.sendStream('objects/file', createReadStream(file), { obj });
  console.log(`status ${await answer}`);
} catch (error) {
  if (error instanceof OapRejectError) {
    console.error(`refused: ${error.reason} (${error.field})`);
  }
  throw error;
} finally {
  await connection.close();
}
