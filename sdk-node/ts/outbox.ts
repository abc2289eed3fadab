/** Small bodies on their way to the engine: many cross in one call. */

import type { Engine } from './engine.js';
import { Sent } from './generated.js';
import { allocUnsafeSlow, setBytes } from './intrinsics.js';

/** Bodies of so many bytes and more are not copied. */
export const LARGE_BODY_BYTES = 16_384;

const BYTES = 65_536;
const BODIES = 1_024;
/** Bytes that are copied faster one by one. */
const FEW_BYTES = 40;

interface Slab {
  readonly bytes: Buffer;
  readonly lengths: Uint32Array;
}

/** Memory of who sends nothing now. */
let spare: Slab | undefined;

export class Outbox {
  /** Bodies that the engine has not. */
  count = 0;
  /** How many of them it would take, when it was asked last. */
  credit = 0;
  /** The address that each DATA says. */
  obj: string | undefined;
  readonly #engine: Engine;
  readonly #most: number;
  #slab: Slab | undefined;
  #first = 0;
  #at = 0;
  #end = 0;

  constructor(engine: Engine, sendBuffer = BYTES) {
    this.#engine = engine;
    this.#most = Math.min(sendBuffer, BYTES);
  }

  /** Adds a copy of a body; false where there is no room for it, or it is large. */
  add(body: Uint8Array): boolean {
    const { length } = body;
    const { count } = this;
    if (length >= LARGE_BODY_BYTES) {
      return false;
    }
    // One body goes in even where there is no credit: the engine then knows that it waits.
    if (
      count > 0 &&
      (count >= this.credit || this.#first + count >= BODIES || this.#end + length > this.#most)
    ) {
      return false;
    }
    const { bytes, lengths } = (this.#slab ??= takeSlab());
    let end = this.#end;
    if (length <= FEW_BYTES) {
      for (let place = 0; place < length; place += 1) {
        bytes[end + place] = body[place]!;
      }
    } else {
      setBytes(bytes, body, end);
    }
    lengths[this.#first + count] = length;
    this.#end = end + length;
    this.count = count + 1;
    return true;
  }

  /** Hands the bodies to the engine, as far as it takes them; says how that went. */
  commit(): number {
    if (this.count === 0) {
      return Sent.Queued;
    }
    const { bytes, lengths } = this.#slab!;
    const answer = this.#engine.data(bytes, this.#at, lengths, this.#first, this.count, this.obj);
    const queued = Math.floor(answer / Sent.Base);
    this.credit -= queued;
    if (queued === this.count) {
      this.drop();
    } else {
      this.#skip(queued, lengths);
    }
    return answer % Sent.Base;
  }

  #skip(queued: number, lengths: Uint32Array): void {
    for (let place = 0; place < queued; place += 1) {
      this.#at += lengths[this.#first + place]!;
    }
    this.#first += queued;
    this.count -= queued;
  }

  /** Forgets what it has. */
  drop(): void {
    this.count = this.#first = this.#at = this.#end = 0;
    if (this.#slab !== undefined) {
      spare = this.#slab;
      this.#slab = undefined;
    }
  }
}

function takeSlab(): Slab {
  const slab = spare ?? { bytes: allocUnsafeSlow(BYTES), lengths: new Uint32Array(BODIES) };
  spare = undefined;
  return slab;
}
