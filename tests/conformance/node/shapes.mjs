// The JSON shapes of the suite, and the package's.

/** A request that can't be understood. */
export class UsageError extends Error {}

const camel = (name) =>
  name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

function understood(value, is, what) {
  if (!is) {
    throw new UsageError(`not ${what}`);
  }
  return value;
}

/**
 * Reads an object with exactly the fields of `readers`, of which those of
 * `optional` may be absent; an own `undefined` can't be in JSON.
 */
export function fieldsOf(value, readers, optional = []) {
  const plain = typeof value === "object" && value && !Array.isArray(value);
  understood(value, plain, "an object");
  const unknown = Object.keys(value).find(
    (name) => !Object.hasOwn(readers, name),
  );
  understood(value, unknown === undefined, "without unknown fields");
  const names = Object.keys(readers).filter(
    (name) => Object.hasOwn(value, name) || !optional.includes(name),
  );
  return Object.fromEntries(
    names.map((name) => [name, readers[name](value[name])]),
  );
}

/** Likewise where every field may be absent. */
export const someOf = (value, readers) =>
  fieldsOf(value, readers, Object.keys(readers));

export const text = (value) =>
  understood(
    value,
    typeof value === "string" && value.isWellFormed(),
    "a string of Unicode",
  );

export const flag = (value) =>
  understood(value, typeof value === "boolean", "true or false");

export const truth = (value) => understood(value, value === true, "true");

export const whole = (value) =>
  understood(
    value,
    Number.isSafeInteger(value) && value >= 0,
    "a whole number",
  );

export const u32 = (value) =>
  understood(whole(value), value < 2 ** 32, "of 32 bits or fewer");

export function u64(value) {
  const decimal = /^(?:0|[1-9][0-9]{0,19})$/.test(text(value));
  const number = understood(decimal && BigInt(value), decimal, "a decimal");
  return understood(number, number < 2n ** 64n, "of 64 bits or fewer");
}

export const unhex = (value) =>
  Buffer.from(
    understood(
      value,
      /^(?:[0-9a-f]{2})*$/.test(text(value)),
      "an even number of lowercase hex digits",
    ),
    "hex",
  );

export const listOf = (read) => (value) =>
  understood(value, Array.isArray(value), "a list").map((item) => read(item));

/** The fields of each kind, in their order. */
const FIELDS = {
  HELLO: { version: u32, max_frame: u64, features: u64, ack_window: u32 },
  START: { stream: text },
  DATA: { seq: u64, obj: text, len: whole, body: unhex },
  ACK: { up_to: u64 },
  END: { seq: u64, status: u32 },
  ERROR: { code: u32, reason: text },
};
const OPTIONAL = ["features", "ack_window", "obj"];

const CONFIG = {
  strict_headers: flag,
  enforce_obj_header_on_objects: flag,
  allow_pq_hello_flags: flag,
  seq_rollover_policy: text,
  ack_window_frames: whole,
  max_frame: (value) => Number(u64(value)),
  features: u64,
};

const LIMITS = {
  reject_limit_permille: whole,
  reject_min_events: whole,
  ack_starvation_limit_ns: whole,
  inflight_capacity: whole,
  backpressure_high_percent: whole,
  backpressure_low_percent: whole,
};

const camelled = (fields) =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [camel(name), value]),
  );

export const configOf = (value) => camelled(someOf(value, CONFIG));

/** A Config and the limits of a monitor, which stand side by side. */
export function configAndLimits(value) {
  const entries = Object.entries(someOf(value, { ...CONFIG, ...LIMITS }));
  const pick = (readers) =>
    Object.fromEntries(
      entries.filter(([name]) => Object.hasOwn(readers, name)),
    );
  return { config: camelled(pick(CONFIG)), limits: camelled(pick(LIMITS)) };
}

export function frameOf(envelope) {
  const kind = envelope?.kind;
  understood(kind, Object.hasOwn(FIELDS, text(kind)), "one of the six kinds");
  const readers = { kind: text, ...FIELDS[kind] };
  const { len, ...fields } = fieldsOf(envelope, readers, OPTIONAL);
  understood(len, len === fields.body?.length, "the length of the body");
  return camelled(fields);
}

export function envelopeOf(frame) {
  const envelope = { kind: frame.kind };
  for (const [name, reader] of Object.entries(FIELDS[frame.kind])) {
    const value = frame[camel(name)];
    if (value !== undefined) {
      envelope[name] =
        reader === unhex
          ? value.toString("hex")
          : reader === u64
            ? `${value}`
            : value;
    }
  }
  return envelope;
}
