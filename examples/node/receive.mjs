// Keeps each stream that ends well as a file of its name: `node receive.mjs HOST PORT DIRECTORY`.

import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createServer } from 'oap';

const [host, port, directory] = process.argv.slice(2);

const server = createServer(async (connection) => {
  const part = join(directory, `.${randomUUID()}`);
  let [name, file] = [];
  try {
    for await (const frame of connection.frames()) {
      if (frame.kind === 'START') {
        name = basename(frame.stream); // the peer chooses no folder
        file = await open(part, 'w');
      } else if (frame.kind === 'DATA') {
        await file.writeFile(frame.body);
      } else {
        await file.close();
        if (frame.status === 0) {
          await rename(part, join(directory, name));
          console.log(`${name}: received`);
        }
      }
    }
  } finally {
    await file?.close();
    await rm(part, { force: true });
  }
});
const address = await server.listen(Number(port), host);
console.log(`listening on ${host}:${address.port}`);
