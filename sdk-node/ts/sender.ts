/** The sending half of a connection: one frame after the other, each when the engine takes it. */

import { Changes } from './changes.js';
import { OapRejectError } from './errors.js';
import { Sent, State } from './generated.js';
import { allocUnsafeSlow, setBytes } from './intrinsics.js';
import type { Link } from './link.js';
import { LARGE_BODY_BYTES, Outbox } from './outbox.js';
import { ignore, quiet } from './quiet.js';

/** The status of a stream that is given up. */
const ABORTED = 1;
const DONE = Promise.resolve();
/** A single body on its way to the engine. */
const single = { bytes: allocUnsafeSlow(LARGE_BODY_BYTES), lengths: new Uint32Array(1) };

export class Sender {
  readonly link: Link;
  readonly outbox: Outbox;
  readonly #changes: Changes;
  /** Streams that are open or asked for. */
  streams = 0;
  #dataSent = 0;
  /** The last of those who send a stream; the next one waits for it. */
  #turn: Promise<void> = Promise.resolve();
  #endTurn: (() => void) | undefined;
  /** Ends the wait for a source, when the connection does. */
  interrupt: ((error: unknown) => void) | undefined;

  constructor(link: Link, sendBuffer: number | undefined) {
    this.link = link;
    this.outbox = new Outbox(link.engine, sendBuffer);
    this.#changes = link.changes;
  }

  /** The link has read the engine's state. */
  update(): void {
    const { state, engine } = this.link;
    this.outbox.credit = engine.credit;
    if (state > State.Open) {
      this.interrupt?.(this.link.first.error());
      this.#endTurn?.();
    }
    if (state === State.Ended) {
      this.outbox.drop();
    }
  }

  mustBeOpen(): void {
    if (this.link.state > State.Open) {
      throw this.link.first.error();
    }
  }

  ready(signal: AbortSignal | undefined): Promise<void> {
    return this.#changes.until(() => {
      this.mustBeOpen();
      return this.link.state === State.Open;
    }, signal);
  }

  /** Queues a START, when the streams that were asked for before have ended. */
  async start(name: string, signal: AbortSignal | undefined): Promise<void> {
    const before = this.#turn;
    let release!: () => void;
    this.#turn = new Promise((resolve) => (release = resolve));
    this.streams += 1;
    try {
      await this.#afterTurn(before, signal);
      await this.queue(() => this.link.engine.native.start(name), signal);
    } catch (error) {
      this.streams -= 1;
      void before.then(release);
      throw error;
    }
    this.#endTurn = () => {
      this.#endTurn = undefined;
      this.streams -= 1;
      release();
    };
  }

  async #afterTurn(before: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
    let due = this.streams === 1;
    void before.then(() => {
      due = true;
      this.#changes.raise();
    });
    await this.#changes.until(() => {
      this.mustBeOpen();
      return due;
    }, signal);
  }

  /** Queues a DATA: at once, where the engine takes it. */
  data(body: Uint8Array, obj: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    const send = () =>
      body.length >= LARGE_BODY_BYTES ? this.#dataHead(body, obj) : this.#dataCopied(body, obj);
    try {
      return this.#tried(send, signal) ? DONE : quiet(this.queue(send, signal));
    } catch (error) {
      return quiet(Promise.reject(error));
    }
  }

  #dataHead(body: Uint8Array, obj: string | undefined): number {
    const sent = this.link.engine.dataHead(body.length, obj);
    if (sent === Sent.Queued) {
      this.#dataSent += 1;
      this.link.wire.keep(body);
    }
    return sent;
  }

  #dataCopied(body: Uint8Array, obj: string | undefined): number {
    const { bytes, lengths } = single;
    setBytes(bytes, body, 0);
    lengths[0] = body.length;
    const sent = this.link.engine.data(bytes, 0, lengths, 0, 1, obj);
    this.#dataSent += sent >= Sent.Base ? 1 : 0;
    return sent % Sent.Base;
  }

  /** Queues DATA of at most `size` bytes each, behind what the outbox has. */
  async dataCut(value: Uint8Array, size: number, signal: AbortSignal | undefined): Promise<void> {
    const { outbox } = this;
    for (let start = 0; start < value.length; start += size) {
      const body = start === 0 && value.length <= size ? value : value.subarray(start, start + size);
      await this.emptyOutbox(signal);
      if (!outbox.add(body)) {
        await this.queue(() => this.#dataHead(body, outbox.obj), signal);
      }
    }
  }

  async emptyOutbox(signal: AbortSignal | undefined): Promise<void> {
    if (this.outbox.count > 0) {
      await this.queue(() => this.commit(), signal);
    }
  }

  /** Hands what the outbox has to the engine, as far as it takes it. */
  commit(): number {
    const before = this.outbox.count;
    const sent = this.outbox.commit();
    this.#dataSent += before - this.outbox.count;
    return sent;
  }

  /** Queues an END. */
  async end(status: number, signal?: AbortSignal): Promise<void> {
    const { link } = this;
    try {
      await this.queue(() => link.engine.native.endStream(status), signal);
    } catch (error) {
      if (signal?.aborted === true && link.state === State.Open && status !== ABORTED) {
        this.giveUp();
      } else if (link.state > State.Open) {
        this.#endTurn?.();
      }
      throw error;
    }
    this.#endTurn?.();
  }

  /** Ends the open stream with status 1, as soon as there is room. */
  giveUp(): void {
    this.outbox.drop();
    this.end(ABORTED).catch(ignore);
  }

  acknowledge(upTo: bigint): Promise<void> {
    return this.queue(() => this.link.engine.native.acknowledge(upTo), undefined);
  }

  /** Resolves when everything that was sent before is written. */
  flushed(): Promise<void> {
    const { link } = this;
    link.engine.look();
    const until = link.written + link.engine.queued;
    return this.#changes.until(() => this.#holds(link.written >= until));
  }

  /** Resolves when the peer has acknowledged all DATA that was sent before. */
  delivered(signal: AbortSignal | undefined): Promise<void> {
    const until = this.#dataSent;
    return this.#changes.until(
      () => this.#holds(this.#dataSent - this.link.engine.inFlight >= until),
      signal,
    );
  }

  /** Whether it holds; throws where it never will. */
  #holds(it: boolean): boolean {
    if (!it && this.link.state === State.Ended) {
      throw this.link.first.error();
    }
    return it;
  }

  /** Queues by `send`, which says how it went, as soon as that can be. */
  async queue(send: () => number, signal: AbortSignal | undefined): Promise<void> {
    const { link } = this;
    while (!this.#tried(send, signal)) {
      // A wait changes how much is read.
      link.flush();
      try {
        await this.#changes.next(signal);
      } catch (error) {
        link.engine.native.cancelSend();
        throw error;
      }
    }
  }

  /** Whether it is queued; throws where it never will be. */
  #tried(send: () => number, signal: AbortSignal | undefined): boolean {
    if (signal?.aborted === true) {
      throw signal.reason;
    }
    const { link } = this;
    let sent = send();
    if (sent === Sent.Room) {
      link.flush();
      sent = send();
    }
    if (sent === Sent.Queued) {
      link.schedule();
      return true;
    }
    if (sent === Sent.Refused) {
      throw new OapRejectError(link.engine.native.refusal()!);
    }
    if (sent === Sent.Closed) {
      throw link.first.error();
    }
    return false;
  }
}
