/** What a stream is made of. */

import { isUint8Array } from './intrinsics.js';
import { ignore } from './quiet.js';

/** Bytes to send: a `Readable`, a `ReadableStream`, an async generator, an array of Buffers. */
export type Source = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

type Step = IteratorResult<Uint8Array, unknown>;

/** A source that is being read. */
export class OpenSource {
  /** Whether its steps come later. */
  readonly isAsync: boolean;
  readonly #source: Partial<Destroyable>;
  readonly #steps: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #over = false;

  /** @throws TypeError for what is no source. */
  constructor(source: Source) {
    mustBeSource(source);
    this.#source = source as Partial<Destroyable>;
    // A stream that fails before it is read says so when it is read; nobody else need listen.
    this.#source.on?.('error', ignore);
    this.isAsync = Symbol.asyncIterator in source;
    this.#steps = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** The next step, where it is no async source. */
  next(): Step {
    return this.#steps.next() as Step;
  }

  /** The next step of an async source. */
  nextLater(): Promise<Step> {
    const step: unknown = this.#steps.next();
    return step instanceof Promise ? (step as Promise<Step>) : Promise.resolve(step as Step);
  }

  /** It has given all that it has. */
  finish(): void {
    this.#over = true;
  }

  /** Nobody reads on: a stream is destroyed, a generator returned. A source that is still asked answers nobody. */
  close(): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    try {
      this.#source.destroy?.();
      Promise.resolve(this.#steps.return?.()).catch(ignore);
    } catch {
      // Why the stream ended matters more.
    }
  }
}

interface Destroyable {
  destroy(): void;
  on(event: 'error', listener: () => void): void;
}

function mustBeSource(source: unknown): void {
  if (isUint8Array(source)) {
    throw new TypeError('a source gives Uint8Arrays: put a single one into an array');
  }
  const isObject = typeof source === 'object' && source !== null;
  if (!isObject || !(Symbol.asyncIterator in source || Symbol.iterator in source)) {
    throw new TypeError('a source is an iterable or an async iterable of Uint8Arrays');
  }
}
