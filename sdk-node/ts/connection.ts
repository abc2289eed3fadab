/** A connection: the core's engine over a socket. The engine decides; this moves bytes, waits and wakes. */

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Changes } from './changes.js';
import { settingsOf, type Config, type ConfigOptions } from './config.js';
import { connectionConfig, limitsOf, type ConnectionLimits } from './connection-options.js';
import { STREAM_CHUNK_BYTES } from './constants.js';
import { OapConnectionError, OapRejectError } from './errors.js';
import type { Frame } from './frame.js';
import { Frames } from './frames.js';
import { Sent, State, StatusPlace } from './generated.js';
import { isUint8Array } from './intrinsics.js';
import { Monitor, type MonitorOption } from './monitor.js';
import { native, type EndReason, type Flow, type NativeConnection } from './native.js';
import { LARGE_BODY_BYTES, Outbox } from './outbox.js';
import { OpenSource, type Source } from './source.js';
import { decodeChunk } from './table.js';
import { WireBuffer } from './wire-buffer.js';

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
/** The status of a stream that is given up. */
const ABORTED = 1;
/** The most frames that are given before the engine is told that they are taken. */
const UNTOLD_FRAMES = 32;
const MAX_TIMER_MS = 2 ** 31 - 1;
/** Bytes by which the head of a late DATA is longer than that of the first. */
const LONGEST_SEQ = 9;

const REFUSED: EndReason = {
  name: 'refused',
  word: 'refused',
  message: 'no connection could be made',
};
const CLOSED: EndReason = { name: 'closed', word: 'closed', message: 'the connection is closed' };

const status = new Float64Array(StatusPlace.Places);
const ignore = () => {};

/** Nobody has to catch what a peer did: who waits for the promise gets it all the same. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}

/**
 * One side of an OAP/1 connection over a socket that is open or being opened. It greets at once. When to acknowledge, to
 * wait and to end is the core's to decide: `docs/connection.md`.
 *
 * To ask for the next frame says that the frames before it are taken, and that acknowledges them.
 */
export class OapConnection implements AsyncIterable<Frames> {
  readonly socket: Duplex;
  readonly config: Config;
  readonly #engine: NativeConnection;
  readonly #slot: number;
  readonly #changes = new Changes();
  readonly #wire: WireBuffer;
  readonly #outbox: Outbox;

  #state: number = State.Handshake;
  #connected: boolean;
  #cause: unknown;
  #first: OapConnectionError | undefined;
  #closedHere = false;
  #shut = false;
  #scheduled = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = 0;

  /** Bytes that were handed to the socket, until it has taken them; then all that it took. */
  #writing = 0;
  #written = 0;
  #dataSent = 0;
  #inFlight = 0;
  /** The last of those who send a stream; the next one waits for it. */
  #turn: Promise<void> = Promise.resolve();
  #endTurn: (() => void) | undefined;
  #senders = 0;
  /** Ends the wait for a source. */
  #interrupt: ((error: unknown) => void) | undefined;

  readonly #received: Frames[] = [];
  #current: Frames | undefined;
  #place = 0;
  #untold = 0;
  readonly #untoldMost: number;
  /** An END was given, and nobody has asked for more since. */
  #busy = false;
  #closeWhenIdle = false;

  constructor(socket: Duplex, config?: Config | ConfigOptions, options: ConnectionOptions = {}) {
    this.socket = socket;
    this.config = connectionConfig(config);
    const monitor = Monitor.nativeOf(options);
    const limits = limitsOf(options);
    const autoAck = options.autoAck ?? true;
    this.#engine = new native.NativeConnection(settingsOf(this.config), limits, autoAck, false, monitor);
    this.#slot = this.#engine.slot();
    this.#wire = new WireBuffer(this.#engine, socket);
    this.#outbox = new Outbox(this.#engine, options.sendBuffer);
    this.#untoldMost = Math.min(Math.max(this.config.ackWindowFrames >> 3, 1), UNTOLD_FRAMES);
    this.#connected = !(socket instanceof Socket && (socket.connecting || socket.pending));
    this.#attach();
    this.#schedule();
    this.#update();
  }

  #attach(): void {
    const { socket } = this;
    socket.allowHalfOpen = true;
    if (socket instanceof Socket) {
      socket.setNoDelay(true);
    }
    socket.on('connect', () => (this.#connected = true));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#act(() => this.#engine.receiveEnd()));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(undefined));
  }

  // ---- How it stands ----

  get state(): ConnectionState {
    return STATES[this.#state]!;
  }

  /** What this side has sent. */
  get outbound(): Flow {
    return this.#engine.outbound();
  }

  /** What the peer has sent. */
  get inbound(): Flow {
    return this.#engine.inbound();
  }

  /** Why it ended or is about to: `clean`, `reject:truncated`, …; `undefined` while it goes on. */
  get endReason(): string | undefined {
    const reason = this.#engine.reason();
    return reason !== null && this.#isRefused(reason) ? REFUSED.word : reason?.word;
  }

  /** What ended it, where that was no clean end; the same object each time. */
  get failure(): OapConnectionError | undefined {
    const reason = this.#engine.reason();
    if (reason === null || reason.name === 'clean') {
      return undefined;
    }
    return (this.#first ??= this.#errorOf(this.#isRefused(reason) ? REFUSED : reason));
  }

  /** The largest body that a DATA to this peer can have, in bytes, once it has greeted. */
  maxBody(withObj = false): number | undefined {
    return this.#engine.maxBody(withObj) ?? undefined;
  }

  /** Resolves once the peer has greeted. Sends wait for that by themselves. */
  ready(signal?: AbortSignal): Promise<void> {
    return quiet(
      this.#until(() => {
        if (this.#state > State.Open) {
          throw this.#error();
        }
        return this.#state === State.Open;
      }, signal),
    );
  }

  /** Resolves with the reason once it has ended: `clean`, `reset`, … Never rejects. */
  async ended(): Promise<string> {
    await this.#until(() => this.#state === State.Ended);
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
    const chunkSize = options.chunkSize ?? STREAM_CHUNK_BYTES;
    if (!Number.isInteger(chunkSize) || chunkSize < 1) {
      throw new RangeError('chunkSize is a positive integer');
    }
    return quiet(this.#sendStream(name, new OpenSource(source), { ...options, chunkSize }));
  }

  async #sendStream(name: string, source: OpenSource, options: StreamSettings): Promise<void> {
    try {
      await this.start(name, options.signal);
      try {
        await this.#sendBodies(source, options);
      } catch (error) {
        this.#giveUp();
        throw error;
      }
      await this.end(0, options.signal);
      await this.flushed();
    } finally {
      source.close();
    }
  }

  async #sendBodies(source: OpenSource, { obj, chunkSize, signal }: StreamSettings): Promise<void> {
    const outbox = this.#outbox;
    const size = Math.min(chunkSize, this.#engine.maxBody(obj !== undefined)! - LONGEST_SEQ);
    outbox.open(obj);
    for (;;) {
      let step = source.next();
      if (typeof (step as PromiseLike<unknown>).then === 'function') {
        step = await this.#awaited(step as PromiseLike<IteratorResult<Uint8Array>>, signal);
      } else if (signal !== undefined) {
        signal.throwIfAborted();
      }
      const { done, value } = step as IteratorResult<Uint8Array>;
      if (done) {
        source.finish();
        break;
      }
      if (!isUint8Array(value)) {
        throw new TypeError('a source gives Uint8Arrays');
      }
      if (value.length === 0) {
        continue;
      }
      if (value.length <= size && outbox.add(value)) {
        this.#schedule();
      } else {
        await this.#sendCut(value, size, signal);
      }
    }
    await this.#emptyOutbox(signal);
  }

  /** What is large, or finds no room in the outbox. */
  async #sendCut(value: Uint8Array, size: number, signal: AbortSignal | undefined): Promise<void> {
    for (let start = 0; start < value.length; start += size) {
      const body = start === 0 && value.length <= size ? value : value.subarray(start, start + size);
      await this.#emptyOutbox(signal);
      if (!this.#outbox.add(body)) {
        await this.#queue(() => this.#dataHead(body), signal);
      }
    }
  }

  #dataHead(body: Uint8Array): number {
    const sent = this.#engine.dataHead(body.length, this.#outbox.obj);
    if (sent === Sent.Queued) {
      this.#countData(1);
      this.#wire.keep(body);
    }
    return sent;
  }

  async #emptyOutbox(signal: AbortSignal | undefined): Promise<void> {
    if (this.#outbox.count > 0) {
      await this.#queue(() => this.#commit(), signal);
    }
  }

  /** Hands what the outbox has to the engine, as far as it takes it. */
  #commit(): number {
    const before = this.#outbox.count;
    const sent = this.#outbox.commit();
    this.#countData(before - this.#outbox.count);
    return sent;
  }

  #countData(frames: number): void {
    this.#dataSent += frames;
    this.#inFlight += frames;
  }

  /** What a source gives later; the end of the connection and the signal end the wait. */
  async #awaited<T>(step: PromiseLike<T>, signal: AbortSignal | undefined): Promise<T> {
    if (signal?.aborted === true) {
      throw signal.reason;
    }
    if (this.#state > State.Open) {
      throw this.#error();
    }
    const stop = signal && (() => this.#interrupt?.(signal.reason));
    signal?.addEventListener('abort', stop!);
    try {
      return await new Promise<T>((resolve, reject) => {
        this.#interrupt = reject;
        step.then(resolve, reject);
      });
    } finally {
      this.#interrupt = undefined;
      signal?.removeEventListener('abort', stop!);
    }
  }

  /** Ends the open stream with status 1, as soon as there is room. */
  #giveUp(): void {
    this.#outbox.drop();
    this.end(ABORTED).catch(ignore);
  }

  /** Queues a START; a stream that is open, or asked for before, ends first. */
  start(name: string, signal?: AbortSignal): Promise<void> {
    return quiet(this.#start(name, signal));
  }

  async #start(name: string, signal: AbortSignal | undefined): Promise<void> {
    if (typeof name !== 'string') {
      throw new TypeError('the name of a stream is a string');
    }
    const before = this.#turn;
    let release!: () => void;
    this.#turn = new Promise((resolve) => (release = resolve));
    this.#senders += 1;
    try {
      await this.#afterTurn(before, signal);
      await this.#queue(() => this.#engine.start(name), signal);
    } catch (error) {
      this.#senders -= 1;
      void before.then(release);
      throw error;
    }
    this.#endTurn = () => {
      this.#endTurn = undefined;
      this.#senders -= 1;
      release();
    };
  }

  async #afterTurn(before: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    let due = this.#senders === 1;
    void before.then(() => {
      due = true;
      this.#changes.raise();
    });
    await this.#until(() => {
      if (this.#state > State.Open) {
        throw this.#error();
      }
      return due;
    }, signal);
  }

  /** Queues a DATA of the open stream. A body of 16 KiB and more is not copied: leave it alone until it is written. */
  data(body: Uint8Array, { obj, signal }: { obj?: string; signal?: AbortSignal } = {}): Promise<void> {
    if (!isUint8Array(body)) {
      throw new TypeError('a body is a Uint8Array');
    }
    this.#outbox.obj = obj;
    if (body.length >= LARGE_BODY_BYTES) {
      return quiet(this.#queue(() => this.#dataHead(body), signal));
    }
    const lengths = Uint32Array.of(body.length);
    return quiet(
      this.#queue(() => {
        const sent = this.#engine.data(body, 0, lengths, 0, 1, obj);
        this.#countData(sent >= Sent.Base ? 1 : 0);
        return sent % Sent.Base;
      }, signal),
    );
  }

  /** Queues an END of the open stream. */
  end(status = 0, signal?: AbortSignal): Promise<void> {
    return quiet(this.#end(status, signal));
  }

  async #end(status: number, signal: AbortSignal | undefined): Promise<void> {
    try {
      await this.#queue(() => this.#engine.endStream(status), signal);
    } catch (error) {
      if (signal?.aborted === true && this.#state === State.Open && status !== ABORTED) {
        this.#giveUp();
      } else if (this.#state > State.Open) {
        this.#endTurn?.();
      }
      throw error;
    }
    this.#endTurn?.();
  }

  /** Acknowledges DATA up to that seq, where `autoAck` is off. */
  acknowledge(upTo: bigint): Promise<void> {
    return quiet(this.#queue(() => this.#engine.acknowledge(BigInt(upTo)), undefined));
  }

  /** Resolves when everything that was sent before is written. */
  flushed(): Promise<void> {
    this.#engine.status(status);
    const until = this.#written + status[StatusPlace.Queued]!;
    return quiet(this.#until(() => this.#holds(this.#written >= until)));
  }

  /** Resolves when the peer has acknowledged all DATA that was sent before. */
  delivered(signal?: AbortSignal): Promise<void> {
    const until = this.#dataSent;
    return quiet(this.#until(() => this.#holds(this.#dataSent - this.#inFlight >= until), signal));
  }

  /** Whether it holds; throws where it never will. */
  #holds(it: boolean): boolean {
    if (!it && this.#state === State.Ended) {
      throw this.#error();
    }
    return it;
  }

  /** Queues by `send`, which says how it went, as soon as that can be. */
  async #queue(send: () => number, signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      if (signal?.aborted === true) {
        throw signal.reason;
      }
      let sent = send();
      if (sent === Sent.Room) {
        this.#flush();
        sent = send();
      }
      if (sent === Sent.Queued) {
        this.#schedule();
        return;
      }
      if (sent === Sent.Refused) {
        throw new OapRejectError(this.#engine.refusal()!);
      }
      if (sent === Sent.Closed) {
        throw this.#error();
      }
      // A wait changes how much is read.
      this.#flush();
      try {
        await this.#changes.next(signal);
      } catch (error) {
        this.#engine.cancelSend();
        throw error;
      }
    }
  }

  // ---- Taking ----

  /**
   * The next START, DATA or END; `undefined` at the clean end. An aborted wait loses nothing.
   *
   * @throws OapConnectionError behind all that came before, the signal's reason.
   */
  read(signal?: AbortSignal): Promise<Frame | undefined> {
    return quiet(this.#read(signal));
  }

  async #read(signal: AbortSignal | undefined): Promise<Frame | undefined> {
    return this.#step() ?? ((await this.#fetch(signal)) ? this.#step() : undefined);
  }

  /** All frames that a read of the socket brought, or what is left of them: as `read`. */
  readBatch(signal?: AbortSignal): Promise<Frames | undefined> {
    return quiet(this.#readBatch(signal));
  }

  async #readBatch(signal: AbortSignal | undefined): Promise<Frames | undefined> {
    if (this.#current === undefined && !(await this.#fetch(signal))) {
      return undefined;
    }
    const current = this.#current!;
    const frames = this.#place === 0 ? current : current.from(this.#place);
    this.#current = undefined;
    this.#untold += frames.length;
    this.#busy = true;
    return frames;
  }

  /** A batch at a time. Leaving the loop counts what it gave as taken; the next one goes on behind that. */
  [Symbol.asyncIterator](): AsyncIterableIterator<Frames> {
    return this.#iterator(
      (value: Frames | undefined) => value,
      () => this.readBatch(),
    );
  }

  /** A frame at a time, likewise. */
  frames(): AsyncIterableIterator<Frame> {
    return this.#iterator(
      () => this.#step(),
      () => this.read(),
    );
  }

  #iterator<T>(
    here: (none: undefined) => T | undefined,
    more: () => Promise<T | undefined>,
  ): AsyncIterableIterator<T> {
    const result = (value: T | undefined): IteratorResult<T> =>
      value === undefined ? { done: true, value } : { done: false, value };
    const iterator: AsyncIterableIterator<T> = {
      next: () => {
        const value = here(undefined);
        return value === undefined ? quiet(more().then(result)) : Promise.resolve({ done: false, value });
      },
      return: () => {
        this.#tell();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  /** The next frame of what is being given out. */
  #step(): Frame | undefined {
    const current = this.#current;
    if (current === undefined) {
      return undefined;
    }
    if (this.#untold >= this.#untoldMost) {
      this.#tell();
    }
    const frame = current.at(this.#place)!;
    this.#place += 1;
    this.#untold += 1;
    if (this.#place >= current.length) {
      this.#current = undefined;
    }
    if (frame.kind === 'END') {
      // The DATA before it is taken: nobody has to ask for what follows an END.
      this.#busy = true;
      this.#tell();
    }
    return frame;
  }

  /** Waits for a batch; false at the clean end. */
  async #fetch(signal: AbortSignal | undefined): Promise<boolean> {
    this.#busy = false;
    this.#tell();
    await this.#until(() => this.#received.length > 0 || this.#hearsNoMore(), signal);
    this.#current = this.#received.shift();
    this.#place = 0;
    return this.#current !== undefined;
  }

  /** Whether nothing will come; throws where that is no clean end. */
  #hearsNoMore(): boolean {
    if (this.#state <= State.Open) {
      return false;
    }
    if (this.#closedHere || this.failure !== undefined) {
      throw this.#error();
    }
    return true;
  }

  /** Tells the engine what was taken. */
  #tell(): void {
    const untold = this.#untold;
    this.#untold = 0;
    if (untold > 0) {
      this.#engine.take(untold);
      this.#schedule();
      this.#update();
    } else if (this.#closeWhenIdle) {
      this.#update();
    }
  }

  // ---- Closing ----

  /**
   * Ends it in good order: what is queued is written, then acknowledgements are read until all is acknowledged or the
   * peer has closed, at most `timeout` milliseconds or the option `closeTimeout`. Resolves where all was acknowledged.
   *
   * @throws OapConnectionError where it was not, or where the connection had failed before.
   */
  close({ timeout }: { timeout?: number } = {}): Promise<void> {
    if (timeout !== undefined && !(timeout >= 0)) {
      throw new RangeError('timeout is a number of milliseconds that is not negative');
    }
    this.#commit();
    this.#endHere();
    const within = timeout === undefined ? undefined : BigInt(Math.round(Math.min(timeout, 1e12) * 1e6));
    this.#act(() => this.#engine.close(within));
    return quiet(this.#closed());
  }

  async #closed(): Promise<void> {
    await this.ended();
    const { failure } = this;
    if (failure !== undefined) {
      throw this.#error();
    }
  }

  /** Ends it at once. Loops and senders then throw `aborted`, whose cause is what is given here. */
  abort(cause?: unknown): void {
    this.#cause ??= cause;
    this.#endHere();
    this.#act(() => this.#engine.abort());
  }

  #endHere(): void {
    this.#closedHere = true;
    this.#received.length = 0;
    this.#current = undefined;
    this.#untold = 0;
  }

  /** @internal Closes as soon as no stream is open and nothing waits. */
  closeWhenIdle(): void {
    this.#closeWhenIdle = true;
    this.#update();
  }

  #closeIfIdle(): void {
    const open = status[StatusPlace.Streams]! > 0 || this.#senders > 0 || this.#busy;
    const untaken =
      this.#received.length > 0 || this.#current !== undefined || status[StatusPlace.Untaken]! > 0;
    if (!open && !untaken && !this.#closedHere) {
      this.close().catch(ignore);
    }
  }

  // ---- The engine and the socket ----

  #receive(chunk: Buffer): void {
    const batch = decodeChunk(this.#slot, chunk, true);
    if (batch.count > 0 && !this.#closedHere) {
      this.#received.push(new Frames(batch, undefined));
    }
    this.#update();
  }

  #fail(error: Error | undefined): void {
    this.#cause ??= error;
    this.#act(() => this.#engine.transportFailed());
  }

  #act(step: () => void): void {
    if (this.#state !== State.Ended) {
      step();
      this.#update();
    }
  }

  /** What is queued is written when this turn is over. */
  #schedule(): void {
    if (!this.#scheduled && this.#writing === 0) {
      this.#scheduled = true;
      process.nextTick(flushOf, this);
    }
  }

  /** @internal */
  flushTurn(): void {
    this.#scheduled = false;
    this.#flush();
  }

  #flush(): void {
    if (this.#outbox.count > 0) {
      this.#commit();
    }
    while (this.#writing === 0 && this.#state !== State.Ended) {
      const bytes = this.#wire.write(this.#onWritten);
      if (bytes === 0) {
        break;
      }
      this.#writing = bytes;
      if (this.#wire.isTaken) {
        this.#transmitted();
      }
    }
    this.#update();
  }

  #onWritten = (error?: Error | null): void => {
    if (this.#writing > 0 && this.#wire.isTaken && !error) {
      this.#transmitted();
      this.#flush();
    }
  };

  #transmitted(): void {
    const bytes = this.#writing;
    this.#writing = 0;
    this.#written += bytes;
    this.#wire.forget();
    this.#engine.transmitted(bytes);
  }

  /** Does what the engine asks for, and wakes who waits. */
  #update(): void {
    if (this.#state === State.Ended) {
      return;
    }
    this.#engine.status(status);
    this.#state = status[StatusPlace.State]!;
    this.#inFlight = status[StatusPlace.InFlight]!;
    this.#outbox.credit = status[StatusPlace.Credit]!;
    if (this.#state === State.Ended) {
      this.#finish();
    } else {
      this.#obey();
    }
    if (this.#state > State.Open) {
      this.#interrupt?.(this.#error());
      this.#endTurn?.();
    }
    this.#changes.raise();
  }

  #obey(): void {
    const { socket } = this;
    if (status[StatusPlace.WantsWrite]! > 0) {
      this.#schedule();
    }
    if (status[StatusPlace.WantsRead]! > 0 || this.#state >= State.Closing) {
      if (socket.isPaused()) {
        socket.resume();
      }
    } else if (!socket.isPaused()) {
      socket.pause();
    }
    this.#setTimer(status[StatusPlace.Timeout]!);
    if (this.#closeWhenIdle) {
      this.#closeIfIdle();
    }
    if (this.#state === State.Shut && !this.#shut) {
      this.#shut = true;
      socket.end();
    }
  }

  #setTimer(ms: number): void {
    if (ms < 0) {
      return;
    }
    const at = performance.now() + ms;
    if (this.#timer === undefined || at < this.#timerAt - 1) {
      clearTimeout(this.#timer);
      this.#timerAt = at;
      this.#timer = setTimeout(timeoutOf, Math.min(Math.max(ms, 1), MAX_TIMER_MS), this).unref();
    }
  }

  /** @internal */
  timeout(): void {
    this.#timer = undefined;
    this.#act(() => this.#engine.handleTimeout());
  }

  #finish(): void {
    clearTimeout(this.#timer);
    this.#engine.leave();
    this.#wire.drop();
    this.#outbox.drop();
    const { socket } = this;
    if (this.failure === undefined && socket instanceof Socket) {
      socket.destroySoon();
    } else {
      socket.destroy();
    }
  }

  /** What a call says that comes too late. */
  #error(): OapConnectionError {
    const failure = this.failure;
    if (failure === undefined) {
      return new OapConnectionError(CLOSED);
    }
    const { reason: name, word, message, peerCode, peerText } = failure;
    const end = { name, word, message, ...(peerCode === undefined ? {} : { peerCode, peerText: peerText! }) };
    return new OapConnectionError(end, failure.reject, failure.cause ?? failure);
  }

  #errorOf(reason: EndReason): OapConnectionError {
    const reject = reason.reject === undefined ? undefined : new OapRejectError(reason.reject);
    return new OapConnectionError(reason, reject, reject ?? this.#cause);
  }

  #isRefused(reason: EndReason): boolean {
    return !this.#connected && reason.name === 'reset';
  }

  async #until(holds: () => boolean, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    while (!holds()) {
      await this.#changes.next(signal);
    }
  }
}

type StreamSettings = SendStreamOptions & { chunkSize: number };

const flushOf = (connection: OapConnection) => connection.flushTurn();
const timeoutOf = (connection: OapConnection) => connection.timeout();
