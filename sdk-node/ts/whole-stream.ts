/** A whole stream on its way: START, what a source gives as DATA, END. */

import { isUint8Array } from './intrinsics.js';
import { readable } from './memory.js';
import type { Sender } from './sender.js';
import type { OpenSource } from './source.js';

/** Bytes by which the head of a late DATA is longer than that of the first. */
const LONGEST_SEQ = 9;

export interface StreamSettings {
  obj: string | undefined;
  chunkSize: number;
  signal: AbortSignal | undefined;
}

/** Sends it; the source is closed in any case. */
export async function sendWhole(
  sender: Sender,
  name: string,
  source: OpenSource,
  settings: StreamSettings,
): Promise<void> {
  const { signal } = settings;
  try {
    await sender.start(name, signal);
    try {
      await new Pump(sender, source, settings).run();
      await sender.emptyOutbox(signal);
    } catch (error) {
      sender.giveUp();
      throw error;
    }
    await sender.end(0, signal);
    await sender.flushed();
  } finally {
    source.close();
  }
}

/**
 * From a source to the outbox. Callbacks, not an async function: to wait for a source costs as much as all else that a
 * small message does, and the end of the connection and the signal have to end that wait.
 */
class Pump {
  readonly #sender: Sender;
  readonly #source: OpenSource;
  readonly #signal: AbortSignal | undefined;
  readonly #size: number;
  #resolve!: () => void;
  #reject!: (error: unknown) => void;
  #waitsForSource = false;
  #over = false;

  constructor(sender: Sender, source: OpenSource, { obj, chunkSize, signal }: StreamSettings) {
    this.#sender = sender;
    this.#source = source;
    this.#signal = signal;
    const most = sender.link.engine.native.maxBody(obj !== undefined)! - LONGEST_SEQ;
    this.#size = Math.min(chunkSize, most);
    sender.outbox.obj = obj;
  }

  /** Resolves when the source has given all. */
  async run(): Promise<void> {
    const signal = this.#signal;
    const stop = signal && (() => this.#interrupt(signal.reason));
    signal?.addEventListener('abort', stop!);
    this.#sender.interrupt = this.#interrupt;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
        this.#goOn();
      });
    } finally {
      this.#over = true;
      this.#sender.interrupt = undefined;
      signal?.removeEventListener('abort', stop!);
    }
  }

  /** Who waits for credit or room is told there. */
  readonly #interrupt = (error: unknown): void => {
    if (this.#waitsForSource) {
      this.#fail(error);
    }
  };

  readonly #fail = (error: unknown): void => {
    this.#over = true;
    this.#reject(error);
  };

  readonly #goOn = (): void => {
    try {
      if (this.#source.isAsync) {
        this.#ask();
      } else {
        while (this.#give(this.#source.next()));
      }
    } catch (error) {
      this.#fail(error);
    }
  };

  #ask(): void {
    this.#signal?.throwIfAborted();
    this.#sender.mustBeOpen();
    this.#waitsForSource = true;
    this.#source.nextLater().then(this.#answered, this.#fail);
  }

  readonly #answered = (step: IteratorResult<Uint8Array, unknown>): void => {
    if (this.#over) {
      return;
    }
    this.#waitsForSource = false;
    try {
      if (this.#give(step)) {
        this.#ask();
      }
    } catch (error) {
      this.#fail(error);
    }
  };

  /** Whether the next step may be asked for at once. */
  #give({ done, value }: IteratorResult<Uint8Array, unknown>): boolean {
    if (done) {
      this.#source.finish();
      this.#resolve();
      return false;
    }
    this.#signal?.throwIfAborted();
    if (!isUint8Array(value)) {
      throw new TypeError('a source gives Uint8Arrays');
    }
    if (value.length === 0) {
      // No bytes may also be memory that is detached.
      readable(value, 'what a source gives');
      return true;
    }
    const sender = this.#sender;
    if (value.length > this.#size || !sender.outbox.add(value)) {
      sender.dataCut(value, this.#size, this.#signal).then(this.#goOn, this.#fail);
      return false;
    }
    sender.link.schedule();
    return true;
  }
}
