/** The engine of a connection, for a host that moves the bytes itself: over a WebSocket, a WebTransport, a pipe. */

import { settingsOf, type Config, type ConfigOptions } from './config.js';
import { connectionConfig, limitsOf, type ConnectionLimits } from './connection-options.js';
import type { EndReason, Flow, NativeConnection } from './binding.js';
import { Engine } from './engine.js';
import { OapConnectionError, OapRejectError } from './errors.js';
import type { U64 } from './frame.js';
import { Frames } from './frames.js';
import { Sent, State } from './generated.js';
import { allocUnsafeSlow } from './intrinsics.js';
import { readable } from './memory.js';
import { Monitor, type MonitorOption } from './monitor.js';
import { native } from './native.js';
import { mustBeMilliseconds, mustBeU32, u64Of } from './numbers.js';
import { decodeChunk } from './table.js';

/** The options of a connection, and a monitor. */
export interface ConnectionOptions extends ConnectionLimits, MonitorOption {}

/** Where a connection stands: `docs/connection.md` has the table. */
export type ConnectionState = 'handshake' | 'open' | 'peer_closed' | 'closing' | 'shut' | 'ended';

/** What a send waits for; `queued`: it waits for nothing. */
export type SendResult = 'queued' | 'handshake' | 'credit' | 'room';

const STATES: readonly ConnectionState[] = ['handshake', 'open', 'peer_closed', 'closing', 'shut', 'ended'];
const RESULTS: readonly SendResult[] = ['queued', 'handshake', 'credit', 'room'];
const CLOSED: EndReason = { name: 'closed', word: 'closed', message: 'the connection is closed' };

/** So much is given to be written at once. */
const WRITE_BYTES = 65_536;

/**
 * One side of an OAP/1 connection, without its transport: it greets at once, and decides when to acknowledge, to wait and
 * to end by `docs/connection.md`. The host hands it what has come (`receive`), writes what it gives (`transmit`,
 * `transmitted`), and calls `handleTimeout` when `timeout` has passed.
 */
export class Connection {
  readonly config: Config;
  readonly #native: NativeConnection;
  readonly #slot: number;
  readonly #engine: Engine;

  constructor(config?: Config | ConfigOptions, options: ConnectionOptions = {}) {
    this.config = connectionConfig(config);
    const limits = limitsOf(options);
    const monitor = Monitor.nativeOf(options);
    const autoAck = options.autoAck ?? true;
    this.#native = new native.NativeConnection(settingsOf(this.config), limits, autoAck, false, monitor);
    this.#slot = this.#native.slot();
    this.#engine = new Engine(this.#native);
    this.#engine.look();
  }

  // ---- How it stands, behind the last call ----

  get state(): ConnectionState {
    return STATES[this.#engine.state]!;
  }

  /** Whether bytes of the peer are to be read now. */
  get wantsRead(): boolean {
    return this.#engine.wantsRead;
  }

  /** Whether `transmit` has something to write now. */
  get wantsWrite(): boolean {
    return this.#engine.wantsWrite;
  }

  /** Milliseconds until `handleTimeout` is due, as it was at the last call; `undefined`: nothing runs. */
  get timeout(): number | undefined {
    const { timeout } = this.#engine;
    return timeout < 0 ? undefined : timeout;
  }

  /** What this side has sent. */
  get outbound(): Flow {
    return this.#native.outbound();
  }

  /** What the peer has sent. */
  get inbound(): Flow {
    return this.#native.inbound();
  }

  /** Why it ended or is about to: `clean`, `reject:truncated`, …; `undefined` while it goes on. */
  get endReason(): string | undefined {
    return this.#native.reason()?.word;
  }

  /** What ended it, where that was no clean end. */
  get failure(): OapConnectionError | undefined {
    const reason = this.#native.reason();
    if (reason === null || reason.name === 'clean') {
      return undefined;
    }
    const reject = reason.reject && new OapRejectError(reason.reject);
    return new OapConnectionError(reason, reject, reject);
  }

  /** The largest body that a DATA to this peer can have, in bytes, once it has greeted. */
  maxBody(withObj = false): number | undefined {
    return this.#native.maxBody(withObj) ?? undefined;
  }

  // ---- Bytes in and out ----

  /**
   * Takes received bytes, in any split; gives the START, DATA and END that they complete. What a peer does wrong ends the
   * connection, and is no error here.
   */
  receive(chunk: Uint8Array): Frames {
    const frames = new Frames(decodeChunk(this.#slot, chunk, true), undefined);
    this.#engine.look();
    return frames;
  }

  /** The peer's input has ended. */
  receiveEnd(): void {
    this.#act(() => this.#native.receiveEnd());
  }

  /** The application has taken so many of the frames given: it asks for what follows. That acknowledges them. */
  take(frames: number): void {
    mustBeU32('frames', frames);
    this.#engine.take(frames);
  }

  /** What is to be written now, at most 64 KiB; empty: nothing. The same comes again until `transmitted` says that it is written. */
  transmit(): Uint8Array {
    const out = allocUnsafeSlow(WRITE_BYTES);
    const pieces = this.#engine.transmit(out);
    return out.subarray(
      0,
      pieces.reduce((sum, piece) => sum + (piece >>> 1), 0),
    );
  }

  /** So many bytes of what `transmit` gave are written. */
  transmitted(bytes: number): void {
    mustBeU32('bytes', bytes);
    this.#engine.transmitted(bytes);
  }

  /** Ends what has run out of time. Early calls do nothing. */
  handleTimeout(): void {
    this.#act(() => this.#native.handleTimeout());
  }

  // ---- Sending: each queues a frame, or says what it waits for ----

  /** Queues a START. */
  start(name: string): SendResult {
    mustBeText('the name of a stream', name);
    return this.#sent(() => this.#native.start(name));
  }

  /** Queues a DATA of the open stream, with a copy of its body. */
  data(body: Uint8Array, obj?: string): SendResult {
    mustBeText('obj', obj ?? '');
    const bytes = readable(body, 'a body');
    return this.#sent(() => this.#engine.data(bytes, 0, Uint32Array.of(bytes.length), 0, 1, obj) % Sent.Base);
  }

  /** Queues an END of the open stream. */
  end(status = 0): SendResult {
    mustBeU32('status', status);
    return this.#sent(() => this.#native.endStream(status));
  }

  /** Acknowledges DATA up to that seq, where `autoAck` is off. */
  acknowledge(upTo: U64): SendResult {
    const number = u64Of('upTo', upTo);
    return this.#sent(() => this.#native.acknowledge(number));
  }

  /** Nobody waits to send any more. */
  cancelSend(): void {
    this.#act(() => this.#native.cancelSend());
  }

  /** @throws OapRejectError for a refusal, OapConnectionError where it closes or has ended. */
  #sent(send: () => number): SendResult {
    const sent = send();
    this.#engine.look();
    if (sent === Sent.Refused) {
      throw new OapRejectError(this.#native.refusal()!);
    }
    if (sent === Sent.Closed) {
      throw this.failure ?? new OapConnectionError(CLOSED);
    }
    return RESULTS[sent]!;
  }

  // ---- Closing ----

  /** Closes in good order, within `timeout` milliseconds or those of the option `closeTimeout`. */
  close({ timeout }: { timeout?: number } = {}): void {
    mustBeMilliseconds('timeout', timeout ?? 0);
    const within = timeout === undefined ? undefined : BigInt(Math.round(Math.min(timeout, 1e12) * 1e6));
    this.#act(() => this.#native.close(within));
  }

  /** Ends it at once. */
  abort(): void {
    this.#act(() => this.#native.abort());
  }

  /** The transport failed. */
  transportFailed(): void {
    this.#act(() => this.#native.transportFailed());
  }

  #act(step: () => void): void {
    step();
    this.#engine.look();
  }

  /** Ends it, if it has not, and frees what it holds: else that is done when it is collected. It can still be looked at. */
  [Symbol.dispose](): void {
    if (this.#engine.state !== State.Ended) {
      this.abort();
    }
    this.#native.leave();
  }
}

function mustBeText(name: string, value: unknown): void {
  if (typeof value !== 'string') {
    throw new TypeError(`${name} is a string`);
  }
}
