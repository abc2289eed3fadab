// The client: one stream, then a close that says how much of it was taken.

import { connect } from "../../../../sdk-node/index.mjs";
import { connectionOptions } from "./arguments.mjs";
import { crc32, hex } from "./crc32.mjs";

/** Byte i of a stream is `i mod PERIOD`. */
const PERIOD = 251;
/** Bytes by which a late seq is longer on the wire than the first. */
const LONGEST_SEQ = 9;
const DEFAULT_CHUNK = 65_536;

export async function send(given, port, stream, bytes) {
  const connection = connect({
    host: "127.0.0.1",
    port,
    ...connectionOptions(given),
  });
  // Without a greeting there is no message to cut, and the first send says why.
  await connection.ready().catch(() => {});
  const largest = (connection.maxBody() ?? DEFAULT_CHUNK) - LONGEST_SEQ;
  const chunk = Math.min(given.options.get("chunk") ?? DEFAULT_CHUNK, largest);
  try {
    await sendAll(given, connection, stream, messages(bytes, chunk));
    await connection.close();
  } catch (error) {
    if (error.name !== "OapConnectionError") {
      throw error;
    }
    await connection.close().catch(() => {});
    const { lastSeq = 0n, inFlight } = connection.outbound;
    const taken = Math.min(bytes, (Number(lastSeq) - inFlight) * chunk);
    console.log(`failed ${connection.endReason} acknowledged ${taken}`);
    return 1;
  }
  console.log(`delivered ${bytes} ${crcOf(messages(bytes, chunk))}`);
  return 0;
}

async function sendAll({ options }, connection, stream, source) {
  await connection.sendStream(stream, source, { chunkSize: 2 ** 20 });
  if (!options.has("nowait")) {
    await connection.delivered();
  }
  if (options.has("echo")) {
    console.log(await receipt(connection));
  }
}

/** The text of the peer's receipt. */
async function receipt(connection) {
  let text = "";
  for await (const frame of connection.frames()) {
    if (frame.kind === "DATA") {
      text += frame.body.toString();
    } else if (frame.kind === "END") {
      return text;
    }
  }
  await connection.close();
  throw new Error("the peer closed before its receipt");
}

/** The bodies of the stream. */
function* messages(bytes, chunk) {
  const pattern = Buffer.from(
    Array.from({ length: chunk + PERIOD }, (_, place) => place % PERIOD),
  );
  for (let start = 0; start < bytes; start += chunk) {
    const phase = start % PERIOD;
    const length = Math.min(chunk, bytes - start);
    yield pattern.subarray(phase, phase + length);
  }
}

function crcOf(source) {
  let crc = 0;
  for (const body of source) {
    crc = crc32(body, crc);
  }
  return hex(crc);
}
