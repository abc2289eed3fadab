// Sends a file as one stream, and waits until all of it is acknowledged: `node send.mjs HOST PORT FILE`.

import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { connect } from 'oap';

const [host, port, file] = process.argv.slice(2);
const connection = connect({ host, port: Number(port) });
try {
  await connection.sendStream(basename(file), createReadStream(file));
} finally {
  await connection.close(); // throws unless all of it was taken
}
console.log(`${basename(file)}: delivered`);
