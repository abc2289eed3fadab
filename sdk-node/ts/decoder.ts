/** Decodes a byte stream that comes in chunks. */

import { Config, settingsOf, type ConfigOptions } from './config.js';
import type { OapRejectError } from './errors.js';
import type { Frames } from './frames.js';
import { Monitor, type MonitorOption } from './monitor.js';
import type { NativeReceiver } from './binding.js';
import { native } from './native.js';
import { Receiver } from './receiver.js';

/**
 * Decodes one byte stream: sections 1 to 3 of the specification; the rules of a session are `Session`'s. A frame that lies whole
 * in a chunk stays there; of a frame that chunks cut, the bytes are kept until it is whole.
 */
export class Decoder {
  readonly config: Config;
  readonly #receiver: Receiver<NativeReceiver>;

  constructor(config?: Config | ConfigOptions, options: MonitorOption = {}) {
    this.config = Config.from(config);
    const monitor = Monitor.nativeOf(options);
    this.#receiver = new Receiver(new native.NativeDecoder(settingsOf(this.config), monitor));
  }

  /**
   * The frames that are whole with this chunk. They read the chunk's memory: leave it alone as long as they are in use,
   * or feed a copy. Shared memory is copied here.
   *
   * @throws OapRejectError where no frame comes before what is wrong; else the batch throws it, behind its last frame.
   * After a reject every call throws it.
   */
  feed(chunk: Uint8Array): Frames {
    return this.#receiver.take(chunk);
  }

  /**
   * The input has ended.
   *
   * @throws OapRejectError `truncated` where it ended inside a frame, or the reject given before.
   */
  finish(): void {
    this.#receiver.finish();
  }

  /** The reject given, if any. */
  get reject(): OapRejectError | undefined {
    return this.#receiver.reject;
  }

  /** Bytes that it holds of a frame that is not yet whole. */
  get staged(): number {
    return this.#receiver.native.staged();
  }

  /** Back to the start of a new stream. */
  reset(): void {
    this.#receiver.reset();
  }
}
