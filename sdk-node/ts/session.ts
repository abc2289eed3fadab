/** The handshake and the credit algebra, both directions. No socket, no clock. */

import { Config, settingsOf, type ConfigOptions } from './config.js';
import { encodedOf, listOf } from './encode.js';
import type { OapRejectError } from './errors.js';
import type { FrameInit, HelloInit } from './frame.js';
import type { Frames } from './frames.js';
import { withLayout } from './layout.js';
import { Monitor, type MonitorOption } from './monitor.js';
import type { Flow, NativeSession } from './binding.js';
import { native } from './native.js';
import { Receiver } from './receiver.js';

/**
 * One side of a session: decodes and judges what the peer sends, and refuses to encode what the peer would have to
 * reject.
 */
export class Session {
  readonly config: Config;
  readonly #native: NativeSession;
  readonly #receiver: Receiver<NativeSession>;

  constructor(config?: Config | ConfigOptions, options: MonitorOption = {}) {
    this.config = Config.from(config);
    this.#native = new native.NativeSession(settingsOf(this.config), Monitor.nativeOf(options));
    this.#receiver = new Receiver(this.#native);
  }

  /** The HELLO that the configuration makes. It is not sent: pass it to `send`. */
  hello(): HelloInit {
    return { kind: 'HELLO', ...this.#native.hello() };
  }

  /**
   * Encodes a frame, or several in turn: from then on they count as sent, and the host must write all of the bytes, in
   * this order. Bodies are copied.
   *
   * @throws OapRejectError for the first that the peer would have to reject; then none is sent and the session stays as
   * it was. TypeError for what is no frame.
   */
  send(frames: FrameInit | readonly FrameInit[]): Buffer {
    this.#receiver.mustBeOpen();
    const list = listOf(frames);
    const count = list.length;
    return withLayout(list, count, ({ words, bytes, out }) =>
      encodedOf(out, this.#native.send(words, count, bytes, out)),
    );
  }

  /** The frames that are whole with this chunk of received bytes: as `Decoder.feed`, with the session's rules too. */
  recv(chunk: Uint8Array): Frames {
    return this.#receiver.take(chunk);
  }

  /**
   * The peer's bytes have ended. Whether at a good place is the host's to judge.
   *
   * @throws OapRejectError `truncated` where they ended inside a frame, or the reject given before.
   */
  finish(): void {
    this.#receiver.finish();
  }

  /** The flow of what this side has sent, at the time of the call. */
  get outbound(): Flow {
    return this.#native.outbound();
  }

  /** The flow of what the peer has sent, at the time of the call. */
  get inbound(): Flow {
    return this.#native.inbound();
  }

  /** DATA frames that this side may send now. */
  get credit(): number {
    return this.#native.credit();
  }

  /** The seq that this side's next DATA must have; 1 before the first, which may have any. */
  get nextSeq(): bigint {
    return this.#native.nextSeq();
  }

  /** Whether both HELLOs have passed. */
  get isEstablished(): boolean {
    return this.#native.isEstablished();
  }

  /** Whether an ERROR has passed, either way: nothing more may be sent. */
  get hasEnded(): boolean {
    return this.#native.hasEnded();
  }

  /** The largest frame that the peer takes, in bytes, once its HELLO is here. */
  get peerMaxFrame(): number | undefined {
    return this.#native.peerMaxFrame() ?? undefined;
  }

  /** The reject given, if any. */
  get reject(): OapRejectError | undefined {
    return this.#receiver.reject;
  }

  /** Bytes that it holds of a frame that is not yet whole. */
  get staged(): number {
    return this.#native.staged();
  }

  /** Back to a session in which neither side has spoken. */
  reset(): void {
    this.#receiver.reset();
  }

  /**
   * Ends it: it leaves the gauges of its monitor at once, as it else does when it is collected. Its values can still be
   * read; `send`, `recv`, `finish` and `reset` throw.
   */
  close(): void {
    this.#receiver.close();
    this.#native.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
