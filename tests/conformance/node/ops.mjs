// One function an operation.

import * as oap from "../../../sdk-node/index.mjs";
import { connection, connectionStepOf, optionsOf } from "./connection.mjs";
import { eventOf, monitor } from "./monitor.mjs";
import { drain, rejectOf } from "./rejects.mjs";
import {
  configAndLimits,
  configOf,
  fieldsOf,
  flag,
  frameOf,
  listOf,
  text,
  truth,
  UsageError,
  unhex,
  whole,
} from "./shapes.mjs";

const { Decoder, OapConfigError, Session, encode } = oap;

const NOT_UNDERSTOOD = [UsageError, SyntaxError, TypeError, OapConfigError];

/** Strings, and what no number of the suite has: a sign, a fraction, an exponent. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-|[0-9][.eE]/gs;

export function answer(line) {
  try {
    const request = JSON.parse(line);
    const op = text(request?.op);
    if (!Object.hasOwn(OPS, op)) {
      throw new UsageError("op is none of the known ones");
    }
    if (hasOtherNumbers(line)) {
      throw new UsageError("a number is digits alone");
    }
    const [run, readers] = OPS[op];
    return run(fieldsOf(request, { op: text, ...readers }));
  } catch (error) {
    if (NOT_UNDERSTOOD.some((kind) => error instanceof kind)) {
      return { usage: error.message.toWellFormed() };
    }
    throw error;
  }
}

// JSON.parse takes 1.0 for 1.
function hasOtherNumbers(line) {
  for (const [token] of line.matchAll(TOKENS)) {
    if (!token.startsWith('"')) {
      return true;
    }
  }
  return false;
}

function decode({ config, chunks, finish }) {
  const decoder = new Decoder(config);
  const frames = [];
  let pushed = 0;
  let rejected;
  const note = (reject) => {
    if (reject !== undefined) {
      rejected ??= { label: reject.reason, at: pushed };
    }
  };
  for (const chunk of chunks) {
    pushed += chunk.length;
    note(drain(() => decoder.feed(chunk), frames));
  }
  if (finish) {
    note(rejectOf(() => decoder.finish()));
  }
  return { frames, reject: rejected ?? null };
}

// A batch has room for all frames of its chunk: `rows` has nothing to limit.
function table({ config, bytes, rows }) {
  if (rows === 0) {
    throw new UsageError("rows is at least 1");
  }
  const decoder = new Decoder(config);
  const frames = [];
  const reject = drain(() => decoder.feed(bytes), frames);
  return {
    frames,
    reject: reject ? { label: reject.reason, at: bytes.length } : null,
  };
}

function encodeOp({ frames }) {
  let bytes;
  const refusal = rejectOf(
    () => encode(frames),
    (encoded) => (bytes = encoded),
  );
  return refusal ? { error: refusal.reason } : { bytes: bytes.toString("hex") };
}

const STEPS = {
  recv: (session, chunk) =>
    received((frames) => drain(() => session.recv(chunk), frames)),
  send: (session, frame) => sent(session, frame),
  finish: (session) => received(() => rejectOf(() => session.finish())),
};

function session({ config, steps }) {
  const session = new Session(config);
  return {
    outcomes: steps.map(([name, value]) => STEPS[name](session, value)),
  };
}

const STEP_READERS = { recv: unhex, send: frameOf, finish: truth };

function stepOf(step) {
  const readers = Object.entries(STEP_READERS);
  const reader = readers.filter(([name]) => Object.hasOwn(step ?? {}, name));
  if (reader.length !== 1) {
    throw new UsageError("a step is one of recv, send and finish");
  }
  return Object.entries(fieldsOf(step, Object.fromEntries(reader)))[0];
}

function received(step) {
  const frames = [];
  const reject = step(frames);
  return reject ? { frames, reject: reject.reason } : { frames };
}

function sent(session, frame) {
  let bytes;
  const refusal = rejectOf(
    () => session.send(frame),
    (encoded) => (bytes = encoded),
  );
  return refusal
    ? { refused: refusal.reason }
    : { bytes: bytes.toString("hex") };
}

function constants() {
  return {
    max_frame_bytes: oap.MAX_FRAME_BYTES,
    max_header_bytes: oap.MAX_HEADER_BYTES,
    stream_chunk_bytes: oap.STREAM_CHUNK_BYTES,
    version: oap.VERSION,
    kinds: oap.KINDS,
    reject_labels: oap.REJECT_REASONS,
    metrics: oap.METRICS,
    readiness_keys: oap.READINESS_KEYS,
  };
}

/** What runs each operation, and what reads its fields. */
const OPS = {
  decode: [decode, { config: configOf, chunks: listOf(unhex), finish: flag }],
  table: [table, { config: configOf, bytes: unhex, rows: whole }],
  encode: [encodeOp, { frames: listOf(frameOf) }],
  session: [session, { config: configOf, steps: listOf(stepOf) }],
  monitor: [monitor, { config: configAndLimits, events: listOf(eventOf) }],
  connection: [
    connection,
    {
      config: configOf,
      options: optionsOf,
      steps: listOf(connectionStepOf),
    },
  ],
  constants: [constants, {}],
};
