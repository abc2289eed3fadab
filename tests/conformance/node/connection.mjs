// The operation `connection`: the engine under `OapConnection` step by step, at the times that the steps say.

import { createRequire } from "node:module";
import { Config, Frames } from "../../../sdk-node/index.mjs";
import {
  envelopeOf,
  fieldsOf,
  flag,
  text,
  truth,
  u32,
  u64,
  unhex,
  UsageError,
  whole,
} from "./shapes.mjs";

const require = createRequire(import.meta.url);
const DIST = "../../../sdk-node/dist";
const { Engine } = require(`${DIST}/engine.js`);
const { native } = require(`${DIST}/native.js`);
const { decodeChunk } = require(`${DIST}/table.js`);
const { settingsOf } = require(`${DIST}/config.js`);

const STATES = ["handshake", "open", "peer_closed", "closing", "shut", "ended"];
/** What a send answers, by number. */
const WAITS = ["", "handshake", "credit", "room"];
const CLOSED = 4;
const BASE = 8;

/** Reads an action's value, and does it. */
const ACTIONS = {
  receive: [unhex, (host, bytes) => ({ frames: receive(host, bytes) })],
  receive_end: [truth, ({ core }) => core.receiveEnd()],
  start: [text, ({ core }, name) => sent(core, core.start(name))],
  data: [unhex, ({ core, engine }, body) => sent(core, data(engine, body))],
  end: [u32, ({ core }, status) => sent(core, core.endStream(status))],
  take: [whole, ({ engine }, frames) => engine.take(frames)],
  ack: [u64, ({ core }, upTo) => sent(core, core.acknowledge(upTo))],
  cancel: [truth, ({ core }) => core.cancelSend()],
  write: [whole, ({ engine }, max) => ({ bytes: write(engine, max) })],
  timeout: [truth, ({ core }) => core.handleTimeout()],
  close: [closing, ({ core }, within) => core.close(within)],
  abort: [truth, ({ core }) => core.abort()],
  fail: [truth, ({ core }) => core.transportFailed()],
};

function closing(value) {
  return value === true ? undefined : BigInt(whole(value));
}

export function optionsOf(value) {
  const { auto_ack: autoAck = true, ...others } = value ?? {};
  const names = native.connectionOptions();
  const readers = Object.fromEntries(names.map((name) => [name, whole]));
  const numbers = Object.entries(fieldsOf(others, readers, names));
  const limits = numbers.map(([name, number]) => ({
    name,
    value: BigInt(number),
  }));
  const refused = native.checkConnectionOptions(limits);
  if (refused !== null) {
    throw new UsageError(`${refused.field} is out of range`);
  }
  return { limits, autoAck: flag(autoAck) };
}

export function connectionStepOf(step) {
  const name = Object.keys(ACTIONS).find((name) =>
    Object.hasOwn(step ?? {}, name),
  );
  if (name === undefined) {
    throw new UsageError("a step has an action");
  }
  const readers = { at: whole, [name]: ACTIONS[name][0] };
  const fields = fieldsOf(step, readers);
  return { at: fields.at, name, value: fields[name] };
}

export function connection({ config, options: { limits, autoAck }, steps }) {
  const settings = settingsOf(new Config(config));
  const core = new native.NativeConnection(settings, limits, autoAck, true);
  const host = { core, engine: new Engine(core), slot: core.slot() };
  return {
    outcomes: steps.map(({ at, name, value }) => {
      core.setTime(BigInt(at));
      return { ...ACTIONS[name][1](host, value), ...standing(host) };
    }),
  };
}

function receive({ slot }, bytes) {
  const frames = new Frames(decodeChunk(slot, bytes, true), undefined);
  return Array.from(frames, envelopeOf);
}

function data(engine, body) {
  const answer = engine.data(
    body,
    0,
    Uint32Array.of(body.length),
    0,
    1,
    undefined,
  );
  return answer % BASE;
}

function sent(core, answer) {
  if (answer === CLOSED) {
    return { refused: "closed" };
  }
  if (answer > CLOSED) {
    return { refused: core.refusal().reason };
  }
  return answer === 0 ? {} : { waits: WAITS[answer] };
}

function write(engine, max) {
  const out = Buffer.alloc(2 ** 21);
  const [piece = 0] = engine.transmit(out);
  const length = piece >>> 1;
  const written = Math.min(length, max);
  engine.transmitted(written);
  return out.toString("hex", 0, written);
}

function standing({ core, engine }) {
  engine.look();
  const timeout = core.nextTimeout();
  const reason = core.reason();
  return {
    state: STATES[engine.state],
    wants_read: engine.wantsRead,
    wants_write: engine.wantsWrite,
    ...(timeout === null ? {} : { timeout: Number(timeout) }),
    ...(reason === null ? {} : { ended: reason.word }),
  };
}
