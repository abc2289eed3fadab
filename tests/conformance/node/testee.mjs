// The Node testee: one JSON request a line on stdin, one JSON answer a line on stdout. The public API
// alone, but for the engine of a connection, which has no clock of its own in the vectors.

import { writeSync } from "node:fs";
import { answer } from "./ops.mjs";

const NEWLINE = 0x0a;
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function reply(line) {
  const bytes = Buffer.from(`${JSON.stringify(answered(line))}\n`);
  for (let sent = 0; sent < bytes.length;) {
    sent += written(bytes.subarray(sent));
  }
}

function answered(line) {
  let text;
  try {
    text = UTF8.decode(line);
  } catch (error) {
    return { usage: error.message };
  }
  return answer(text);
}

// A pipe that is full says so: its reader is slower.
function written(bytes) {
  try {
    return writeSync(1, bytes);
  } catch (error) {
    if (error.code === "EAGAIN") {
      return 0;
    }
    throw error;
  }
}

// Lines end at \n alone: readline would take other line ends too.
let parts = [];
for await (let chunk of process.stdin) {
  for (
    let end = chunk.indexOf(NEWLINE);
    end >= 0;
    end = chunk.indexOf(NEWLINE)
  ) {
    reply(Buffer.concat([...parts, chunk.subarray(0, end)]));
    parts = [];
    chunk = chunk.subarray(end + 1);
  }
  parts.push(chunk);
}
if (parts.some((part) => part.length > 0)) {
  reply(Buffer.concat(parts));
}
