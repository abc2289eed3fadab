/** The engine of a connection, and the desk that its hot calls are made at: `connection.rs` and `connection_call.rs`. */

import { Abi, ConnectionInfoAt, FlowAt, PieceAt } from './abi.js';
import type {
  EndReason,
  Flow,
  Limit,
  NativeConnection as ConnectionOfBinding,
  NativeDesk,
  Rejection,
  Settings,
} from './binding.js';
import { Slot, slots } from './chunk.js';
import { Act, DeskPlace, Sent, Wire } from './generated.js';
import {
  boolAt,
  bytesAt,
  calls,
  collected,
  faultOf,
  heap,
  madeBy,
  numbers,
  type Pointer,
  Region,
  SCRATCH,
  setU32,
  stringAt,
  succeed,
  textAt,
  u32At,
  u64At,
} from './heap.js';
import {
  bufferOf,
  byteOffsetOf,
  copyOf,
  isUint8Array,
  isUnshared,
  lengthOf,
  setBytes,
  utf8Of,
  viewOf,
} from './intrinsics.js';
import { CallTimer, type NativeMonitor } from './native-monitor.js';
import { flowAt } from './receivers.js';
import { isReject, refusalOf, rejectOf } from './rejection.js';
import { optionsOf, withConfig } from './settings.js';
import { Slots } from './slots.js';

const NS_PER_MS = 1e6;
const MAX_U64 = 2n ** 64n - 1n;
/** The most pieces of one write. */
const DESK_PIECES = 64;
/** As much of an address as shows that it is one or none. */
const OBJ_BYTES = 255;
const WORD_BYTES = 4;

const texts = new Region();
const bodies = new Region();
const lengthsRegion = new Region();
const pieces = new Region();

const engines = new Slots<Engine>();

/** How a send went, by its status. */
const SENT = new Map<number, Sent>([
  [Abi.STATUS_OK, Sent.Queued],
  [Abi.STATUS_WAITS_HANDSHAKE, Sent.Handshake],
  [Abi.STATUS_WAITS_CREDIT, Sent.Credit],
  [Abi.STATUS_WAITS_ROOM, Sent.Room],
  [Abi.STATUS_CLOSED, Sent.Closed],
]);

/** What an engine says after it was freed. */
interface Standing {
  info: Uint8Array;
  reason: EndReason | null;
  maxBody: number | null;
}

/** The core's engine, its clock, and what it said last. */
class Engine {
  readonly handle: Pointer;
  readonly timer: CallTimer;
  /** When it was opened, in milliseconds; or the time that the host says. */
  #opened: number;
  #now: bigint | undefined;
  refusal: Rejection | null = null;
  left: Standing | undefined;

  constructor(handle: Pointer, hostSaysTime: boolean, timer: CallTimer) {
    this.handle = handle;
    this.timer = timer;
    this.#opened = performance.now();
    this.#now = hostSaysTime ? 0n : undefined;
  }

  setTime(ns: bigint): void {
    this.#now = ns;
  }

  now(): bigint {
    return this.#now ?? BigInt(Math.round((performance.now() - this.#opened) * NS_PER_MS));
  }

  /** The same, exact up to 2^53. */
  nowNumber(): number {
    return this.#now === undefined ? (performance.now() - this.#opened) * NS_PER_MS : Number(this.#now);
  }

  /** How a send went that had this status. */
  sent(status: number): Sent {
    if (isReject(status)) {
      this.refusal = refusalOf('oap_connection_refusal', this.handle);
      return Sent.Refused;
    }
    const sent = SENT.get(status);
    if (sent === undefined) {
      throw faultOf(status);
    }
    return sent;
  }

  /** What `oap_connection_inspect` says, in the scratch memory. */
  inspect(): Pointer {
    if (this.left === undefined) {
      succeed(calls.oap_connection_inspect(this.handle, SCRATCH));
    } else {
      setBytes(heap(), this.left.info, SCRATCH);
    }
    return SCRATCH;
  }

  leave(): void {
    if (this.left === undefined) {
      const [reason, maxBody] = [this.reason(), this.maxBody()];
      const at = this.inspect();
      this.left = { reason, maxBody, info: copyOf(bytesAt(at, ConnectionInfoAt.SIZE) as Buffer) };
      this.timer.stop();
      calls.oap_connection_free(this.handle);
    }
  }

  maxBody(): number | null {
    if (this.left !== undefined) {
      return this.left.maxBody;
    }
    return Number(u64At(this.inspect() + ConnectionInfoAt.max_body)) || null;
  }

  reason(): EndReason | null {
    if (this.left !== undefined) {
      return this.left.reason;
    }
    const code = numbers().getUint8(this.inspect() + ConnectionInfoAt.end_reason);
    if (code === Abi.END_NONE) {
      return null;
    }
    const name = stringAt(calls.oap_end_reason_name(code));
    const message = this.#message();
    if (code === Abi.END_REJECT) {
      const reject = rejectOf('oap_connection_reject', this.handle)!;
      return { name, word: `${name}:${reject.reason}`, message, reject };
    }
    if (code === Abi.END_PEER_ERROR) {
      succeed(calls.oap_connection_peer_error(this.handle, SCRATCH, SCRATCH + 8, SCRATCH + 16));
      const peerCode = u32At(SCRATCH);
      const peerText = textAt(u32At(SCRATCH + 8), u32At(SCRATCH + 16));
      return { name, word: `${name}:${peerCode}`, message, peerCode, peerText };
    }
    return { name, word: name, message };
  }

  #message(): string {
    const room = 1 << 10;
    const at = texts.reserve(room);
    succeed(calls.oap_wasm_end_message(this.handle, at, room, SCRATCH));
    return textAt(at, u32At(SCRATCH));
  }
}

/** Text in the module's memory, and its length. */
function textIn(text: string): [Pointer, number] {
  const bytes = utf8Of(text);
  return [texts.put(bytes, bytes.length), bytes.length];
}

const encoder = new TextEncoder();
const objBytes = new Uint8Array(OBJ_BYTES);

/** An address likewise; nothing where there is none. */
function objIn(obj: unknown): [Pointer, number] {
  if (typeof obj !== 'string') {
    return [0, 0];
  }
  const { written } = encoder.encodeInto(obj, objBytes);
  return [texts.put(viewOf(objBytes, 0), objBytes.length), written];
}

export class NativeConnection implements ConnectionOfBinding {
  readonly #engine: Engine;
  readonly #slot: number;
  readonly #state: Slot;
  readonly #number: number;

  constructor(
    settings: Settings,
    limits: readonly Limit[],
    autoAck: boolean,
    hostSaysTime: boolean,
    monitor?: NativeMonitor,
  ) {
    const handle = withConfig(settings, (config) => {
      const options = optionsOf(limits, autoAck);
      return madeBy((place) => calls.oap_connection_new(config, options, 0n, place));
    });
    if (monitor !== undefined) {
      succeed(calls.oap_connection_set_monitor(handle, monitor.handle));
    }
    const timer = new CallTimer(monitor);
    const engine = new Engine(handle, hostSaysTime, timer);
    const receive = calls.oap_connection_receive;
    const state = new Slot((...given) => receive(handle, engine.now(), ...given), timer);
    const [slot, number] = [slots.add(state), engines.add(engine)];
    collected.register(this, () => {
      slots.drop(slot);
      engines.drop(number);
      engine.leave();
    });
    this.#engine = engine;
    this.#state = state;
    this.#slot = slot;
    this.#number = number;
  }

  slot(): number {
    return this.#slot;
  }

  number(): number {
    return this.#number;
  }

  setTime(ns: bigint): void {
    this.#engine.setTime(ns);
  }

  /** A call with handle and time, unless it is over. */
  #act(call: (handle: Pointer, now: bigint) => number): void {
    const engine = this.#engine;
    if (engine.left === undefined) {
      succeed(call(engine.handle, engine.now()));
    }
  }

  #send(call: (handle: Pointer, now: bigint) => number): number {
    const engine = this.#engine;
    return engine.left === undefined ? engine.sent(call(engine.handle, engine.now())) : Sent.Closed;
  }

  start(stream: string): number {
    const [at, length] = textIn(stream);
    const sent = this.#send((handle, now) => calls.oap_connection_start(handle, now, at, length));
    texts.release();
    return sent;
  }

  endStream(status: number): number {
    return this.#send((handle, now) => calls.oap_connection_end_stream(handle, now, status));
  }

  acknowledge(upTo: bigint): number {
    return this.#send((handle, now) => calls.oap_connection_acknowledge(handle, now, upTo));
  }

  refusal(): Rejection | null {
    return this.#engine.refusal;
  }

  cancelSend(): void {
    this.#act(calls.oap_connection_cancel_send);
  }

  receiveEnd(): void {
    this.#act(calls.oap_connection_receive_end);
  }

  handleTimeout(): void {
    this.#act(calls.oap_connection_handle_timeout);
  }

  close(withinNs: bigint = MAX_U64): void {
    this.#act((handle, now) => calls.oap_connection_close(handle, now, withinNs));
  }

  abort(): void {
    this.#act(calls.oap_connection_abort);
  }

  transportFailed(): void {
    this.#act(calls.oap_connection_transport_failed);
  }

  nextTimeout(): bigint | null {
    const info = this.#engine.inspect();
    return boolAt(info + ConnectionInfoAt.has_timeout) ? u64At(info + ConnectionInfoAt.timeout_ns) : null;
  }

  reason(): EndReason | null {
    return this.#engine.reason();
  }

  outbound(): Flow {
    return flowAt(this.#engine.inspect() + ConnectionInfoAt.outbound);
  }

  inbound(): Flow {
    return flowAt(this.#engine.inspect() + ConnectionInfoAt.inbound);
  }

  maxBody(withObj: boolean): number | null {
    const most = this.#engine.maxBody();
    return most === null || !withObj ? most : most - Wire.ObjFieldBytes;
  }

  /** It has ended: it is freed at once, and says the same as before. */
  leave(): void {
    this.#state.closed = true;
    this.#engine.leave();
  }
}

/** A desk of the binaries, in memory of JavaScript. */
export function newDesk(): NativeDesk {
  const places = new Float64Array(DeskPlace.Pieces + DESK_PIECES);
  const call = (bytes?: Uint8Array, lengths?: Uint32Array, obj?: string): void => {
    const engine = engines.at(places[DeskPlace.Connection]!);
    if (engine === undefined) {
      throw new Error('no such connection');
    }
    if (engine.left === undefined) {
      step(engine, places, bytes, lengths, obj);
    } else {
      stepBehind(places);
    }
    show(engine, places);
  };
  return { places, call };
}

/** A step of a connection that was freed. */
function stepBehind(places: Float64Array): void {
  const isSend = places[DeskPlace.Act] === Act.Data || places[DeskPlace.Act] === Act.DataHead;
  places[DeskPlace.Result] = isSend ? Sent.Closed : 0;
}

function step(engine: Engine, places: Float64Array, bytes: unknown, lengths: unknown, obj: unknown): void {
  const { handle } = engine;
  const first = places[DeskPlace.First]!;
  switch (places[DeskPlace.Act]) {
    case Act.Look:
      return;
    case Act.Take:
      return succeed(calls.oap_connection_take(handle, engine.now(), first));
    case Act.Transmitted:
      return succeed(calls.oap_connection_transmitted(handle, engine.now(), first));
    case Act.Transmit:
      places[DeskPlace.Result] = transmit(engine, lent(bytes), places);
      return;
    case Act.Data: {
      const range = rangeOf(lent(lengths, Uint32Array), first, places[DeskPlace.Count]!);
      places[DeskPlace.Result] = data(engine, viewOf(lent(bytes), places[DeskPlace.At]!), range, obj);
      return;
    }
    case Act.DataHead: {
      const [at, length] = objIn(obj);
      const status = calls.oap_connection_data_head(handle, engine.now(), at, length, first, 0);
      places[DeskPlace.Result] = engine.sent(status);
      return;
    }
    default:
      throw new Error('no such bodies');
  }
}

/** An array that was lent for the call. */
function lent(given: unknown): Uint8Array;
function lent(given: unknown, kind: typeof Uint32Array): Uint32Array;
function lent(given: unknown, kind?: typeof Uint32Array): Uint8Array | Uint32Array {
  const fits = kind === undefined ? isUint8Array(given) : given instanceof kind;
  if (!fits || !isUnshared(bufferOf(given as Uint8Array))) {
    throw new Error('no such bodies');
  }
  return given as Uint8Array;
}

function rangeOf(lengths: Uint32Array, first: number, count: number): Uint32Array {
  const bytes = lengths as unknown as Uint8Array;
  return new Uint32Array(bufferOf(bytes), byteOffsetOf(bytes) + first * WORD_BYTES, count);
}

/** Copies what is to be written, as far as there is room; the number of pieces. */
function transmit(engine: Engine, out: Uint8Array, places: Float64Array): number {
  const at = pieces.reserve(DESK_PIECES * PieceAt.SIZE);
  succeed(calls.oap_connection_transmit(engine.handle, engine.now(), at, DESK_PIECES, SCRATCH));
  const count = u32At(SCRATCH);
  let used = 0;
  for (let place = 0; place < count; place += 1) {
    const bytes = u32At(at + place * PieceAt.SIZE + PieceAt.bytes);
    const length = u32At(at + place * PieceAt.SIZE + PieceAt.len);
    if (bytes === 0) {
      places[DeskPlace.Pieces + place] = 2 * length + 1;
      continue;
    }
    const fits = Math.min(length, lengthOf(out) - used);
    setBytes(out, bytesAt(bytes, fits), used);
    places[DeskPlace.Pieces + place] = 2 * fits;
    used += fits;
    if (fits < length) {
      return place + 1;
    }
  }
  return count;
}

/** Queues bodies that lie one behind the other; how many were queued, and how the next one went. */
function data(engine: Engine, bytes: Uint8Array, lengths: Uint32Array, obj: unknown): number {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total > lengthOf(bytes)) {
    throw new Error('no such bodies');
  }
  engine.timer.start(false);
  const from = bodies.put(viewOf(bytes, 0, total), total);
  const [queued, sent] =
    typeof obj === 'string' ? dataOfObj(engine, from, lengths, obj) : dataAll(engine, from, total, lengths);
  bodies.release();
  if (sent === Sent.Queued) {
    engine.timer.observeWrite();
  }
  return queued * Sent.Base + sent;
}

function dataAll(engine: Engine, from: Pointer, total: number, lengths: Uint32Array): [number, Sent] {
  const size = lengths.length * WORD_BYTES;
  const at = lengthsRegion.put(new Uint8Array(lengths.buffer, lengths.byteOffset, size), size);
  setU32(SCRATCH, 0);
  const status = calls.oap_connection_data_all(
    engine.handle,
    engine.now(),
    from,
    total,
    at,
    lengths.length,
    SCRATCH,
  );
  const queued = u32At(SCRATCH);
  return [queued, engine.sent(status)];
}

function dataOfObj(engine: Engine, from: Pointer, lengths: Uint32Array, obj: string): [number, Sent] {
  const [text, length] = objIn(obj);
  let [at, queued] = [from, 0];
  for (const size of lengths) {
    const { handle } = engine;
    const sent = engine.sent(calls.oap_connection_data(handle, engine.now(), text, length, at, size, 0));
    if (sent !== Sent.Queued) {
      return [queued, sent];
    }
    at += size;
    queued += 1;
  }
  return [queued, Sent.Queued];
}

/** Writes how it stands: numbers alone, for this is done behind every call. */
function show(engine: Engine, places: Float64Array): void {
  const info = engine.inspect();
  const view = numbers();
  const outbound = info + ConnectionInfoAt.outbound;
  const inbound = info + ConnectionInfoAt.inbound;
  const isOpen = view.getUint8(outbound + FlowAt.open) | view.getUint8(inbound + FlowAt.open);
  places[DeskPlace.State] = view.getUint8(info + ConnectionInfoAt.state);
  places[DeskPlace.WantsRead] = view.getUint8(info + ConnectionInfoAt.wants_read);
  places[DeskPlace.WantsWrite] = view.getUint8(info + ConnectionInfoAt.wants_write);
  places[DeskPlace.Timeout] = timeoutOf(engine, info);
  places[DeskPlace.Credit] = view.getUint32(outbound + FlowAt.credit, true);
  places[DeskPlace.InFlight] = view.getUint32(outbound + FlowAt.in_flight, true);
  places[DeskPlace.Queued] = wideAt(view, info + ConnectionInfoAt.queued);
  places[DeskPlace.Streams] = isOpen;
  places[DeskPlace.Untaken] = wideAt(view, info + ConnectionInfoAt.untaken);
}

/** 64 bits as a number, without a bigint on the way. */
const wideAt = (view: DataView, at: Pointer): number =>
  view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);

/** Milliseconds until the next deadline; below 0 there is none. */
function timeoutOf(engine: Engine, info: Pointer): number {
  if (!boolAt(info + ConnectionInfoAt.has_timeout)) {
    return -1;
  }
  const left = wideAt(numbers(), info + ConnectionInfoAt.timeout_ns) - engine.nowNumber();
  return Math.max(Math.ceil(left / NS_PER_MS), 0);
}
