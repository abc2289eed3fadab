// The server: a receipt for each stream that ends.

import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { createServer } from "../../../../sdk-node/index.mjs";
import { connectionOptions } from "./arguments.mjs";
import { crc32, hex } from "./crc32.mjs";

/** How long a shutdown may take: open streams may finish. */
const SHUTDOWN_MS = 20_000;

export async function serve(given) {
  const { options } = given;
  const server = createServer(
    {
      ...connectionOptions(given),
      maxConnections: options.get("max-connections"),
    },
    (connection) => attend(connection, options.get("slow") ?? 0),
  );
  const { port } = await server.listen(options.get("port") ?? 0, "127.0.0.1");
  console.log(`listening ${port}`);
  await shutdownIsAskedFor();
  await server.shutdown({ timeout: SHUTDOWN_MS });
}

/** The end of standard input asks for nothing. */
async function shutdownIsAskedFor() {
  const lines = createInterface({ input: process.stdin });
  await new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    lines.on("line", (line) => line.trim() === "shutdown" && resolve());
  });
  lines.close();
  process.stdin.destroy();
}

async function attend(connection, pace) {
  try {
    await giveReceipts(connection, pace);
  } finally {
    connection.close().catch(() => {});
    console.log(`ended ${await connection.ended()}`);
  }
}

async function giveReceipts(connection, pace) {
  let [name, bytes, crc] = ["", 0, 0];
  for await (const frame of connection.frames()) {
    if (frame.kind === "START") {
      [name, bytes, crc] = [frame.stream, 0, 0];
    } else if (frame.kind === "DATA") {
      bytes += frame.len;
      crc = crc32(frame.body, crc);
      if (pace > 0) {
        await sleep((1_000 * frame.len) / pace);
      }
    } else {
      const receipt = `${name} ${bytes} ${hex(crc)} ${frame.status}`;
      await connection.sendStream("receipt", [Buffer.from(receipt)]);
    }
  }
}
