// The JSON shapes of the suite, and the package's.

/** A request that can't be understood. */
export class UsageError extends Error {}

const camel = (name) =>
  name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** The fields of each kind; those of 64 bits are decimal strings. */
const FIELDS = {
  HELLO: ["version", "max_frame", "features", "ack_window"],
  START: ["stream"],
  DATA: ["seq", "obj", "len", "body"],
  ACK: ["up_to"],
  END: ["seq", "status"],
  ERROR: ["code", "reason"],
};
const WIDE = new Set(["max_frame", "features", "seq", "up_to"]);

export function unhex(text) {
  if (typeof text !== "string" || !/^(?:[0-9a-f]{2})*$/.test(text)) {
    throw new UsageError("bytes are lowercase hex");
  }
  return Buffer.from(text, "hex");
}

export function listOf(value, name) {
  if (!Array.isArray(value)) {
    throw new UsageError(`${name} is a list`);
  }
  return value;
}

function wide(text) {
  if (typeof text !== "string" || !/^\d+$/.test(text)) {
    throw new UsageError("a number of 64 bits is a decimal string");
  }
  return BigInt(text);
}

const LIMITS = new Set([
  "reject_limit_permille",
  "reject_min_events",
  "ack_starvation_limit_ns",
  "inflight_capacity",
  "backpressure_high_percent",
  "backpressure_low_percent",
]);

/** The limits of a monitor, which stand beside the fields of a configuration. */
export function limitsOf(config = {}) {
  const entries = Object.entries(config);
  const limits = entries.filter(([name]) => LIMITS.has(name));
  return {
    limits: Object.fromEntries(
      limits.map(([name, value]) => [camel(name), value]),
    ),
    others: Object.fromEntries(entries.filter(([name]) => !LIMITS.has(name))),
  };
}

export function configOf(config = {}) {
  const entries = Object.entries(config);
  if (typeof config !== "object" || config === null) {
    throw new UsageError("config is an object");
  }
  const given = { max_frame: (text) => Number(wide(text)), features: wide };
  return Object.fromEntries(
    entries.map(([name, value]) => [
      camel(name),
      (given[name] ?? ((it) => it))(value),
    ]),
  );
}

export function frameOf(envelope) {
  const fields = FIELDS[envelope?.kind];
  if (fields === undefined) {
    throw new UsageError("kind is none of the known ones");
  }
  const frame = { kind: envelope.kind };
  for (const name of fields.filter(
    (name) => envelope[name] !== undefined && name !== "len",
  )) {
    const value = envelope[name];
    frame[camel(name)] =
      name === "body" ? unhex(value) : WIDE.has(name) ? wide(value) : value;
  }
  return frame;
}

export function envelopeOf(frame) {
  const envelope = { kind: frame.kind };
  for (const name of FIELDS[frame.kind]) {
    const value = frame[camel(name)];
    if (value !== undefined) {
      envelope[name] =
        name === "body"
          ? value.toString("hex")
          : WIDE.has(name)
            ? `${value}`
            : value;
    }
  }
  return envelope;
}
