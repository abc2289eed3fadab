/** What a `Decoder` and a `Session` have in common: chunks in, frames out. */

import { OapRejectError } from './errors.js';
import { Frames } from './frames.js';
import type { Taker } from './native.js';
import { fill, type Batch } from './table.js';

export class Receiver<T extends Taker> {
  readonly taker: T;
  readonly #seat: number;
  #reject: OapRejectError | undefined;
  #closed = false;

  constructor(taker: T) {
    this.taker = taker;
    this.#seat = taker.seat();
  }

  take(chunk: Uint8Array): Frames {
    this.mustBeOpen();
    const batch = fill(this.#seat, chunk);
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
    if (this.taker.finish() !== null) {
      throw this.reject!;
    }
  }

  /** The same error each time. */
  get reject(): OapRejectError | undefined {
    if (this.#reject === undefined) {
      const verdict = this.taker.verdict();
      this.#reject = verdict === null ? undefined : new OapRejectError(verdict);
    }
    return this.#reject;
  }

  reset(): void {
    this.mustBeOpen();
    this.taker.reset();
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
