/** The taking half of a connection: what has come, until the application has taken it. */

import type { Frame } from './frame.js';
import { Frames } from './frames.js';
import { State } from './generated.js';
import type { Link } from './link.js';
import { quiet } from './quiet.js';
import type { Batch } from './table.js';

/** The most frames that are given before the engine is told that they are taken. */
const UNTOLD_FRAMES = 32;

export class Inbox {
  readonly #link: Link;
  readonly #received: Frames[] = [];
  #current: Frames | undefined;
  #place = 0;
  #untold = 0;
  readonly #untoldMost: number;
  /** An END was given, and nobody has asked for more since. */
  #busy = false;
  /** The loop that takes, and whether somebody waits for more: there is one taker at a time. */
  #loop: object | undefined;
  #waits = false;

  constructor(link: Link, ackWindow: number) {
    this.#link = link;
    this.#untoldMost = Math.min(Math.max(ackWindow >> 3, 1), UNTOLD_FRAMES);
  }

  receive(batch: Batch): void {
    this.#received.push(new Frames(batch, undefined));
  }

  /** Whether something is here that the application has not taken, or takes now. */
  get isBusy(): boolean {
    return this.#busy || this.#received.length > 0 || this.#current !== undefined || this.#link.untaken > 0;
  }

  /** Nobody takes any more. */
  drop(): void {
    this.#received.length = 0;
    this.#current = undefined;
    this.#untold = 0;
  }

  async read(signal: AbortSignal | undefined): Promise<Frame | undefined> {
    return this.#step() ?? ((await this.#fetch(signal)) ? this.#step() : undefined);
  }

  async readBatch(signal: AbortSignal | undefined): Promise<Frames | undefined> {
    if (this.#current === undefined && !(await this.#fetch(signal))) {
      return undefined;
    }
    const current = this.#current!;
    const frames = this.#place === 0 ? current : current.from(this.#place);
    this.#current = undefined;
    this.#untold += frames.length;
    this.#busy = true;
    return frames;
  }

  /** A loop over batches. */
  batches(): AsyncIterableIterator<Frames> {
    return this.#iterator(
      () => undefined,
      () => this.readBatch(undefined),
    );
  }

  /** A loop over frames. */
  frames(): AsyncIterableIterator<Frame> {
    return this.#iterator(
      () => this.#step(),
      () => this.read(undefined),
    );
  }

  #iterator<T>(here: () => T | undefined, more: () => Promise<T | undefined>): AsyncIterableIterator<T> {
    const leave = () => {
      this.#loop = undefined;
    };
    const result = (value: T | undefined): IteratorResult<T> => {
      if (value !== undefined) {
        return { done: false, value };
      }
      leave();
      return { done: true, value };
    };
    const iterator: AsyncIterableIterator<T> = {
      next: () => {
        if (this.#loop !== iterator) {
          this.#enter(iterator);
        }
        const value = here();
        return value === undefined
          ? quiet(more().then(result, rethrown(leave)))
          : Promise.resolve({ done: false, value });
      },
      return: () => {
        if (this.#loop === iterator) {
          leave();
          this.#tell();
        }
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #enter(loop: object): void {
    if (this.#loop !== undefined || this.#waits) {
      throw new TypeError(TWO_TAKERS);
    }
    this.#loop = loop;
  }

  /** The next frame of what is being given out. */
  #step(): Frame | undefined {
    const current = this.#current;
    if (current === undefined) {
      return undefined;
    }
    if (this.#untold >= this.#untoldMost) {
      this.#tell();
    }
    const frame = current.at(this.#place)!;
    this.#place += 1;
    this.#untold += 1;
    if (this.#place >= current.length) {
      this.#current = undefined;
    }
    if (frame.kind === 'END') {
      // The DATA before it is taken: nobody has to ask for what follows an END.
      this.#busy = true;
      this.#tell();
    }
    return frame;
  }

  /** Waits for a batch; false at the clean end. */
  async #fetch(signal: AbortSignal | undefined): Promise<boolean> {
    if (this.#waits) {
      throw new TypeError(TWO_TAKERS);
    }
    this.#busy = false;
    this.#tell();
    if (this.#received.length === 0) {
      await this.#wait(signal);
    }
    this.#current = this.#received.shift();
    this.#place = 0;
    return this.#current !== undefined;
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    this.#waits = true;
    try {
      await this.#link.changes.until(() => this.#received.length > 0 || this.#hearsNoMore(), signal);
    } finally {
      this.#waits = false;
    }
  }

  /** Whether nothing will come; throws where that is no clean end. */
  #hearsNoMore(): boolean {
    const { state, closedHere, first } = this.#link;
    if (state <= State.Open) {
      return false;
    }
    if (closedHere || first.failure !== undefined) {
      throw first.error();
    }
    return true;
  }

  /** Tells the engine what was taken. */
  #tell(): void {
    const untold = this.#untold;
    this.#untold = 0;
    if (untold > 0) {
      this.#link.engine.take(untold);
      this.#link.schedule();
    }
    this.#link.update();
  }
}

const TWO_TAKERS =
  'another loop or read takes from this connection: take in one place, or leave the loop (break) before the next begins';

const rethrown = (first: () => void) => (error: unknown) => {
  first();
  throw error;
};
