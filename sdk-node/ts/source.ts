/** What a stream is made of. */

/** Bytes to send: a `Readable`, a `ReadableStream`, an async generator, an array of Buffers. */
export type Source = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

type Step = IteratorResult<Uint8Array, unknown>;

const ignore = () => {};

/** A source that is being read. */
export class OpenSource {
  readonly #source: Partial<Destroyable>;
  readonly #steps: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #over = false;

  /** @throws TypeError for what is no source. */
  constructor(source: Source) {
    this.#source = source as Partial<Destroyable>;
    // A stream that fails before it is read says so when it is read; nobody else need listen.
    this.#source.on?.('error', ignore);
    this.#steps = stepsOf(source);
  }

  next(): Step | PromiseLike<Step> {
    return this.#steps.next();
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

function stepsOf(source: Source): AsyncIterator<Uint8Array> | Iterator<Uint8Array> {
  if (typeof source === 'object' && source !== null) {
    if (source instanceof Uint8Array) {
      throw new TypeError('a source gives Uint8Arrays: put a single one into an array');
    }
    if (Symbol.asyncIterator in source) {
      return source[Symbol.asyncIterator]();
    }
    if (Symbol.iterator in source) {
      return source[Symbol.iterator]();
    }
  }
  throw new TypeError('a source is an iterable or an async iterable of Uint8Arrays');
}
