// One function an operation.

import * as oap from "../../../sdk-node/index.mjs";
import { monitor } from "./monitor.mjs";
import { drain, rejectOf } from "./rejects.mjs";
import { configOf, frameOf, listOf, UsageError, unhex } from "./shapes.mjs";

const { Decoder, OapConfigError, Session, encode } = oap;

const NOT_UNDERSTOOD = [UsageError, SyntaxError, TypeError, OapConfigError];
const OPS = { decode, table, encode: encodeOp, session, monitor, constants };

export function answer(line) {
  try {
    const request = JSON.parse(line);
    if (!Object.hasOwn(OPS, request?.op)) {
      throw new UsageError("op is none of the known ones");
    }
    return OPS[request.op](request);
  } catch (error) {
    if (NOT_UNDERSTOOD.some((kind) => error instanceof kind)) {
      return { usage: error.message };
    }
    throw error;
  }
}

function decode({ config, chunks, finish }) {
  const decoder = new Decoder(configOf(config));
  const frames = [];
  let pushed = 0;
  let rejected;
  const note = (reject) => {
    if (reject !== undefined) {
      rejected ??= { label: reject.reason, at: pushed };
    }
  };
  for (const chunk of listOf(chunks, "chunks").map(unhex)) {
    pushed += chunk.length;
    note(drain(() => decoder.feed(chunk), frames));
  }
  if (finish === true) {
    note(rejectOf(() => decoder.finish()));
  }
  return { frames, reject: rejected ?? null };
}

// A batch has room for all frames of its chunk: `rows` has nothing to limit.
function table({ config, bytes, rows }) {
  if (!Number.isInteger(rows) || rows < 1) {
    throw new UsageError("rows is a positive integer");
  }
  const decoder = new Decoder(configOf(config));
  const buffer = unhex(bytes);
  const frames = [];
  const reject = drain(() => decoder.feed(buffer), frames);
  return {
    frames,
    reject: reject ? { label: reject.reason, at: buffer.length } : null,
  };
}

function encodeOp({ frames }) {
  const list = listOf(frames, "frames").map(frameOf);
  let bytes;
  const refusal = rejectOf(
    () => encode(list),
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
  const session = new Session(configOf(config));
  const parsed = listOf(steps, "steps").map(stepOf);
  return {
    outcomes: parsed.map(([name, value]) => STEPS[name](session, value)),
  };
}

function stepOf(step) {
  const [[name, value], ...others] = Object.entries(step);
  if (!Object.hasOwn(STEPS, name) || others.length > 0) {
    throw new UsageError("a step is recv, send or finish");
  }
  return [
    name,
    { recv: unhex, send: frameOf, finish: (it) => it }[name](value),
  ];
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
