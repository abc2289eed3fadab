/** A session over a socket of `node:net`. */

import type { Socket } from 'node:net';
import { Changes } from './changes.js';
import type { Config, ConfigOptions } from './config.js';
import { OapRejectError } from './errors.js';
import type { Frame, FrameInit } from './frame.js';
import type { Frames } from './frames.js';
import type { MonitorOption } from './monitor.js';
import { sendStream, type SendStreamOptions, type Source } from './send-stream.js';
import { Session } from './session.js';

/** Bytes received and not yet taken, from which on the socket is not read. */
const HIGH_WATER_BYTES = 1_048_576;
/** How long a peer has to close, once this side has. */
const CLOSE_GRACE_MS = 2_000;

/** A batch that was received; how many of its frames have been taken. */
interface Received {
  readonly frames: Frames;
  readonly bytes: number;
  taken: number;
}

/**
 * One side of an OAP/1 connection. It sends its HELLO at once, reads as long as there is room for what nobody takes, and
 * acknowledges the DATA that a loop has taken when that asks for more: who takes slowly gets slowly. What it rejects it
 * answers with an ERROR.
 *
 * One loop at a time takes frames. Leaving it (`break`) leaves the connection open; the next one goes on behind the last
 * frame taken.
 */
export class OapConnection implements AsyncIterable<Frames> {
  readonly socket: Socket;
  readonly session: Session;
  readonly #changes = new Changes();
  readonly #received: Received[] = [];
  #receivedBytes = 0;
  /** The last DATA that was taken and not yet acknowledged. */
  #unacknowledged: bigint | undefined;
  #senders = 0;
  #inputEnded = false;
  #closing = false;
  #failure: Error | undefined;

  /** Takes over a socket that is open or being opened. */
  constructor(socket: Socket, config?: Config | ConfigOptions, options?: MonitorOption) {
    this.socket = socket;
    this.session = new Session(config, options);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#end());
    socket.on('drain', () => this.#changes.raise());
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#closed());
    this.send(this.session.hello());
  }

  /** Why the connection failed: the reject of what was received, or the socket's error. */
  get failure(): Error | undefined {
    // A socket that is destroyed says why a little later.
    return this.#failure ?? this.socket.errored ?? undefined;
  }

  /**
   * Resolves once both HELLOs have passed.
   *
   * @throws what made the connection fail before, or the signal's reason.
   */
  async ready(signal?: AbortSignal): Promise<void> {
    await this.until(() => this.session.isEstablished || !this.mayHear, signal);
    if (!this.session.isEstablished) {
      throw new Error('the connection ended before the handshake was complete');
    }
  }

  /**
   * Sends a frame, or several in turn; bodies are copied. False says that the socket has more to write than it likes, as
   * that of `socket.write` does.
   *
   * @throws OapRejectError where the peer would have to reject it; nothing is sent then.
   */
  send(frames: FrameInit | readonly FrameInit[]): boolean {
    if (!this.maySend) {
      throw this.failure ?? new Error('the connection has ended');
    }
    return this.socket.write(this.session.send(frames));
  }

  /**
   * Sends a whole stream: START, the source's bytes as DATA, END. It waits for the handshake, for credit and for the
   * socket. Credit comes when the peer takes what it was sent: two sides that send each other more than their windows
   * hold both need a loop that takes frames meanwhile.
   *
   * Where the source fails or the signal is raised, the stream ends with status 1 and the connection stays good.
   *
   * @throws OapRejectError for a refusal, what the source threw, the signal's reason, what made the connection fail.
   */
  async sendStream(name: string, source: Source, options: SendStreamOptions = {}): Promise<void> {
    this.#senders += 1;
    this.#flow();
    try {
      await sendStream(this, name, source, options);
    } finally {
      this.#senders -= 1;
      this.#flow();
    }
  }

  /** A batch at a time: what a read of the socket brought. */
  [Symbol.asyncIterator](): AsyncIterator<Frames, undefined> {
    return {
      next: async () => {
        const received = await this.#front();
        if (received === undefined) {
          return { done: true, value: undefined };
        }
        const frames = received.frames.from(received.taken);
        this.#take(received, frames.length);
        return { done: false, value: frames };
      },
      return: async () => {
        this.#acknowledge();
        return { done: true, value: undefined };
      },
    };
  }

  /** A frame at a time. */
  async *frames(): AsyncGenerator<Frame, void, undefined> {
    try {
      for (let received = await this.#front(); received !== undefined; received = await this.#front()) {
        const frame = received.frames.at(received.taken)!;
        this.#take(received, 1);
        yield frame;
      }
    } finally {
      this.#acknowledge();
    }
  }

  /** Ends this side, and resolves when the socket has closed. What still arrives is discarded. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#flow();
    this.socket.end();
    const grace = setTimeout(() => this.socket.destroy(), CLOSE_GRACE_MS);
    while (!this.socket.closed) {
      await this.#changes.next();
    }
    clearTimeout(grace);
  }

  /** Closes at once, whatever is under way; `error` is then what loops and senders throw. */
  destroy(error?: Error): void {
    this.socket.destroy(error);
  }

  /** @internal Whether the peer may still send something. */
  get mayHear(): boolean {
    return !this.#inputEnded && !this.#closing && !this.session.hasEnded;
  }

  /** @internal Whether the socket still takes something. */
  get maySend(): boolean {
    const { writable, allowHalfOpen } = this.socket;
    return writable && this.failure === undefined && (allowHalfOpen || !this.#inputEnded);
  }

  /** @internal Resolves once the test holds, which is made whenever something has changed. */
  async until(holds: () => boolean, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    while (!holds()) {
      if (this.failure !== undefined) {
        throw this.failure;
      }
      if (this.socket.destroyed) {
        throw new Error('the connection is closed');
      }
      await this.#changes.next(signal);
    }
  }

  /** @internal What a promise gives; rejects as `until` does while it is waited for. */
  async race<T>(promise: T | Promise<T>, signal?: AbortSignal): Promise<T> {
    let settled = false;
    const note = () => {
      settled = true;
      this.#changes.raise();
    };
    Promise.resolve(promise).then(note, note);
    await this.until(() => settled, signal);
    return promise;
  }

  #receive(chunk: Buffer): void {
    if (this.#closing) {
      return;
    }
    try {
      const frames = this.session.recv(chunk);
      if (frames.length > 0) {
        this.#received.push({ frames, bytes: chunk.length, taken: 0 });
        this.#receivedBytes += chunk.length;
      }
      if (frames.reject !== undefined) {
        throw frames.reject;
      }
    } catch (error) {
      this.#reject(error as Error);
    }
    this.#flow();
    this.#changes.raise();
  }

  #end(): void {
    this.#inputEnded = true;
    if (!this.#closing && this.failure === undefined) {
      try {
        this.session.finish();
      } catch (error) {
        this.#reject(error as Error);
      }
    }
    this.#changes.raise();
  }

  #closed(): void {
    this.#inputEnded = true;
    this.session.close();
    this.#changes.raise();
  }

  /** Answers what is wrong with what was received, and closes. */
  #reject(error: Error): void {
    if (error instanceof OapRejectError && this.maySend && !this.session.hasEnded) {
      this.send({ kind: 'ERROR', code: error.code, reason: error.reason });
    }
    this.#fail(error);
    void this.close();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#changes.raise();
  }

  /** Reads on, unless too much waits to be taken. Credit has to come in beside all that a peer may send without it. */
  #flow(): void {
    const { ackWindowFrames, maxFrame } = this.session.config;
    const more = this.#senders > 0 ? ackWindowFrames * maxFrame : 0;
    if (this.#closing || this.#receivedBytes < HIGH_WATER_BYTES + more) {
      this.socket.resume();
    } else {
      this.socket.pause();
    }
  }

  /** The oldest batch that has frames to take; none, when there will be no more. */
  async #front(): Promise<Received | undefined> {
    this.#acknowledge();
    while (this.#received.length === 0) {
      if (this.failure !== undefined) {
        throw this.failure;
      }
      if (this.#inputEnded || this.#closing || this.socket.destroyed) {
        return undefined;
      }
      await this.#changes.next();
    }
    return this.#received[0];
  }

  #take(received: Received, count: number): void {
    const { frames } = received;
    const taken = received.taken + count;
    this.#unacknowledged = lastData(frames, received.taken, taken) ?? this.#unacknowledged;
    received.taken = taken;
    if (taken === frames.length) {
      this.#received.shift();
      this.#receivedBytes -= received.bytes;
      this.#flow();
    }
  }

  #acknowledge(): void {
    const upTo = this.#unacknowledged;
    this.#unacknowledged = undefined;
    if (upTo === undefined || !this.maySend) {
      return;
    }
    try {
      this.send({ kind: 'ACK', upTo });
    } catch (error) {
      // The host has acknowledged it by itself, or the session has ended: there is nothing to acknowledge.
      if (!(error instanceof OapRejectError)) {
        throw error;
      }
    }
  }
}

/** The seq of the last DATA among the frames from `start` to `end`. */
function lastData(frames: Frames, start: number, end: number): bigint | undefined {
  for (let index = end - 1; index >= start; index -= 1) {
    const frame = frames.at(index)!;
    if (frame.kind === 'DATA') {
      return frame.seq;
    }
  }
  return undefined;
}
