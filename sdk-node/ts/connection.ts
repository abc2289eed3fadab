/** A connection: the core's engine over a socket, as a program sees it. */

import { Duplex } from 'node:stream';
import { settingsOf, type Config, type ConfigOptions } from './config.js';
import { connectionConfig, limitsOf, type ConnectionLimits } from './connection-options.js';
import { STREAM_CHUNK_BYTES } from './constants.js';
import type { OapConnectionError } from './errors.js';
import type { Frame, U64 } from './frame.js';
import type { Frames } from './frames.js';
import { State } from './generated.js';
import { Inbox } from './inbox.js';
import { Link } from './link.js';
import { readable } from './memory.js';
import { Monitor, type MonitorOption } from './monitor.js';
import type { Flow } from './binding.js';
import { native } from './native.js';
import { mustBeMilliseconds, mustBePositive, mustBeU32, u64Of } from './numbers.js';
import { ignore, quiet } from './quiet.js';
import { Sender } from './sender.js';
import { OpenSource, type Source } from './source.js';
import { sendWhole } from './whole-stream.js';

/** The options of a connection, and a monitor. */
export interface ConnectionOptions extends ConnectionLimits, MonitorOption {}

export interface SendStreamOptions {
  /** The address of what is sent, said by every DATA. An object stream needs it. */
  obj?: string | undefined;
  /** The most that a DATA carries, in bytes. Default 65,536; less where the peer takes only smaller frames. */
  chunkSize?: number | undefined;
  /** Ends the stream early. */
  signal?: AbortSignal | undefined;
}

/** Where a connection stands: `docs/connection.md` has the table. */
export type ConnectionState = 'handshake' | 'open' | 'peer_closed' | 'closing' | 'shut' | 'ended';

const STATES: readonly ConnectionState[] = ['handshake', 'open', 'peer_closed', 'closing', 'shut', 'ended'];

/**
 * One side of an OAP/1 connection over a socket that is open or being opened. It greets at once. When to acknowledge, to
 * wait and to end is the core's to decide: `docs/connection.md`.
 *
 * To ask for the next frame says that the frames before it are taken, and that acknowledges them. There is one loop or
 * read at a time.
 */
export class OapConnection implements AsyncIterable<Frames> {
  readonly socket: Duplex;
  readonly config: Config;
  readonly #link: Link;
  readonly #sender: Sender;
  readonly #inbox: Inbox;
  #closeWhenIdle = false;

  constructor(socket: Duplex, config?: Config | ConfigOptions, options: ConnectionOptions = {}) {
    if (!(socket instanceof Duplex)) {
      throw new TypeError('a connection is made over a Duplex: a socket, say');
    }
    this.socket = socket;
    this.config = connectionConfig(config);
    const monitor = Monitor.nativeOf(options);
    const limits = limitsOf(options);
    const autoAck = options.autoAck ?? true;
    const engine = new native.NativeConnection(settingsOf(this.config), limits, autoAck, false, monitor);
    this.#link = new Link(engine, socket);
    this.#sender = new Sender(this.#link, options.sendBuffer);
    this.#inbox = new Inbox(this.#link, this.config.ackWindowFrames);
    this.#link.open({
      receive: (batch) => this.#inbox.receive(batch),
      commit: () => this.#sender.commit(),
      update: () => this.#update(),
    });
  }

  #update(): void {
    this.#sender.update();
    this.#inbox.update();
    if (this.#closeWhenIdle) {
      this.#closeIfIdle();
    }
  }

  // ---- How it stands ----

  get state(): ConnectionState {
    return STATES[this.#link.state]!;
  }

  /** What this side has sent. */
  get outbound(): Flow {
    return this.#link.engine.native.outbound();
  }

  /** What the peer has sent. */
  get inbound(): Flow {
    return this.#link.engine.native.inbound();
  }

  /** Why it ended or is about to: `clean`, `reject:truncated`, …; `undefined` while it goes on. */
  get endReason(): string | undefined {
    return this.#link.first.word;
  }

  /** What ended it, where that was no clean end; the same object each time. */
  get failure(): OapConnectionError | undefined {
    return this.#link.first.failure;
  }

  /** The largest body that a DATA to this peer can have, in bytes, once it has greeted. */
  maxBody(withObj = false): number | undefined {
    return this.#link.engine.native.maxBody(withObj) ?? undefined;
  }

  /** Resolves once the peer has greeted. Sends wait for that by themselves. */
  ready(signal?: AbortSignal): Promise<void> {
    mustBeSignal(signal);
    return quiet(this.#sender.ready(signal));
  }

  /** Resolves with the reason once it has ended: `clean`, `reset`, … Never rejects. */
  async ended(): Promise<string> {
    await this.#link.changes.until(() => this.#link.state === State.Ended);
    return this.endReason!;
  }

  // ---- Sending ----

  /**
   * Sends a whole stream: START, the source as DATA, END. It waits for the handshake, for credit and for room, and for the
   * streams that were asked for before. It resolves when all is written.
   *
   * A source that fails or a signal that is raised ends the stream with status 1; the connection stays good. The source is
   * closed in any case.
   *
   * @throws OapConnectionError where the connection ended, OapRejectError for a refusal, what the source threw, the
   * signal's reason.
   */
  sendStream(name: string, source: Source, options: SendStreamOptions = {}): Promise<void> {
    const { obj, chunkSize = STREAM_CHUNK_BYTES, signal } = options;
    mustBeText('the name of a stream', name);
    mustBeText('obj', obj ?? '');
    mustBePositive('chunkSize', chunkSize);
    mustBeSignal(signal);
    return quiet(sendWhole(this.#sender, name, new OpenSource(source), { obj, chunkSize, signal }));
  }

  /** Queues a START; a stream that is open, or asked for before, ends first. */
  start(name: string, signal?: AbortSignal): Promise<void> {
    mustBeSignal(signal);
    mustBeText('the name of a stream', name);
    return quiet(this.#sender.start(name, signal));
  }

  /** Queues a DATA of the open stream. A body of 16 KiB and more is not copied: leave it alone until it is written. */
  data(body: Uint8Array, { obj, signal }: { obj?: string; signal?: AbortSignal } = {}): Promise<void> {
    mustBeText('obj', obj ?? '');
    mustBeSignal(signal);
    return this.#sender.data(readable(body, 'a body'), obj, signal);
  }

  /** Queues an END of the open stream. */
  end(status = 0, signal?: AbortSignal): Promise<void> {
    mustBeSignal(signal);
    mustBeU32('status', status);
    return quiet(this.#sender.end(status, signal));
  }

  /** Acknowledges DATA up to that seq, where `autoAck` is off. */
  acknowledge(upTo: U64): Promise<void> {
    return quiet(this.#sender.acknowledge(u64Of('upTo', upTo)));
  }

  /** Resolves when everything that was sent before is written. */
  flushed(): Promise<void> {
    return quiet(this.#sender.flushed());
  }

  /** Resolves when the peer has acknowledged all DATA that was sent before. */
  delivered(signal?: AbortSignal): Promise<void> {
    mustBeSignal(signal);
    return quiet(this.#sender.delivered(signal));
  }

  // ---- Taking ----

  /**
   * The next START, DATA or END; `undefined` at the clean end. An aborted wait loses nothing.
   *
   * @throws OapConnectionError behind all that came before, the signal's reason, TypeError while another takes.
   */
  read(signal?: AbortSignal): Promise<Frame | undefined> {
    mustBeSignal(signal);
    return this.#inbox.read(signal);
  }

  /** All frames that a read of the socket brought, or what is left of them: as `read`. */
  readBatch(signal?: AbortSignal): Promise<Frames | undefined> {
    mustBeSignal(signal);
    return this.#inbox.readBatch(signal);
  }

  /** A batch at a time. Leaving the loop counts what it gave as taken; the next one goes on behind that. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Frames> {
    return this.#inbox.batches();
  }

  /** A frame at a time, likewise. */
  frames(): AsyncIterableIterator<Frame> {
    return this.#inbox.frames();
  }

  // ---- Closing ----

  /**
   * Ends it in good order: what is queued is written, then acknowledgements are read until all is acknowledged or the
   * peer has closed, at most `timeout` milliseconds or the option `closeTimeout`. Resolves where all was acknowledged.
   *
   * @throws OapConnectionError where it was not, or where the connection had failed before.
   */
  close({ timeout }: { timeout?: number } = {}): Promise<void> {
    mustBeMilliseconds('timeout', timeout === undefined ? 0 : timeout);
    this.#sender.commit();
    this.#endHere();
    const within = timeout === undefined ? undefined : BigInt(Math.round(Math.min(timeout, 1e12) * 1e6));
    this.#link.act(() => this.#link.engine.native.close(within));
    return quiet(this.#closed());
  }

  async #closed(): Promise<void> {
    await this.ended();
    if (this.failure !== undefined) {
      throw this.#link.first.error();
    }
  }

  /** Ends it at once. Loops and senders then throw `aborted`, whose cause is what is given here. */
  abort(cause?: unknown): void {
    this.#link.first.blame(cause);
    this.#endHere();
    this.#link.act(() => this.#link.engine.native.abort());
  }

  #endHere(): void {
    this.#link.closedHere = true;
    this.#inbox.drop();
  }

  /** @internal Closes as soon as no stream is open and nothing waits. */
  closeWhenIdle(): void {
    this.#closeWhenIdle = true;
    this.#link.look();
  }

  #closeIfIdle(): void {
    const open = this.#link.engine.hasStreams || this.#sender.streams > 0;
    if (!open && !this.#inbox.isBusy && !this.#link.closedHere) {
      this.close().catch(ignore);
    }
  }
}

function mustBeText(name: string, value: unknown): void {
  if (typeof value !== 'string') {
    throw new TypeError(`${name} is a string`);
  }
}

function mustBeSignal(value: unknown): void {
  if (value !== undefined && !(value instanceof AbortSignal)) {
    throw new TypeError('a signal is an AbortSignal');
  }
}
