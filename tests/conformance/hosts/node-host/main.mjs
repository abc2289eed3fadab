// The host program of the conformance suite: `serve [options]`, `send PORT STREAM BYTES [options]`.

import { argumentsOf } from "./arguments.mjs";
import { send } from "./send.mjs";
import { serve } from "./serve.mjs";

const USAGE =
  "usage: serve [options] | send PORT STREAM BYTES [options]; numbers are whole";

const given = argumentsOf(process.argv.slice(2));
const [command, port, stream, bytes] = given?.words ?? [];
if (command === "serve" && given.words.length === 1) {
  await serve(given);
} else if (command === "send" && given.words.length === 4) {
  process.exitCode = await send(given, Number(port), stream, Number(bytes));
} else {
  console.error(USAGE);
  process.exitCode = 2;
}
