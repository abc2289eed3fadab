/** The common part of `Decoder` and `Session`: chunks in, frames out. */

import { OapRejectError } from './errors.js';
import { Frames } from './frames.js';
import type { NativeReceiver } from './binding.js';
import { decodeChunk, type Batch } from './table.js';

export class Receiver<T extends NativeReceiver> {
  readonly native: T;
  readonly #slot: number;
  #reject: OapRejectError | undefined;
  #closed = false;

  constructor(native: T) {
    this.native = native;
    this.#slot = native.slot();
  }

  take(chunk: Uint8Array): Frames {
    this.mustBeOpen();
    const batch = decodeChunk(this.#slot, chunk);
    return new Frames(batch, batch.rejected ? this.rejectBehind(batch) : undefined);
  }

  private rejectBehind(batch: Batch): OapRejectError {
    const reject = this.reject!;
    if (batch.count === 0) {
      throw reject;
    }
    return reject;
  }

  finish(): void {
    this.mustBeOpen();
    if (this.native.finish() !== null) {
      throw this.reject!;
    }
  }

  /** The same error each time. */
  get reject(): OapRejectError | undefined {
    if (this.#reject === undefined) {
      const verdict = this.native.verdict();
      this.#reject = verdict === null ? undefined : new OapRejectError(verdict);
    }
    return this.#reject;
  }

  reset(): void {
    this.mustBeOpen();
    this.native.reset();
    this.#reject = undefined;
  }

  close(): void {
    this.#closed = true;
  }

  mustBeOpen(): void {
    if (this.#closed) {
      throw new Error('the session is closed');
    }
  }
}
