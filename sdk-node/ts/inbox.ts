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
  /** The loop that takes, and who waits for more: there is one at a time. */
  #loop: object | undefined;
  #taker: { give(): void; fail(error: unknown): void } | undefined;

  constructor(link: Link, ackWindow: number) {
    this.#link = link;
    this.#untoldMost = Math.min(Math.max(ackWindow >> 3, 1), UNTOLD_FRAMES);
  }

  receive(batch: Batch): void {
    this.#received.push(new Frames(batch, undefined));
  }

  /** Whether something is here that the application has not taken, or takes now. */
  get isBusy(): boolean {
    return (
      this.#busy || this.#received.length > 0 || this.#current !== undefined || this.#link.engine.untaken > 0
    );
  }

  /** Nobody takes any more. */
  drop(): void {
    this.#received.length = 0;
    this.#current = undefined;
    this.#untold = 0;
  }

  read(signal: AbortSignal | undefined): Promise<Frame | undefined> {
    return this.#taken(() => this.#frame(), signal);
  }

  readBatch(signal: AbortSignal | undefined): Promise<Frames | undefined> {
    return this.#taken(() => this.#batch(), signal);
  }

  /** A loop over batches. */
  batches(): AsyncIterableIterator<Frames> {
    return this.#loopOver(() => this.#batch());
  }

  /** A loop over frames. */
  frames(): AsyncIterableIterator<Frame> {
    return this.#loopOver(() => this.#frame());
  }

  #loopOver<T>(give: () => T | undefined): AsyncIterableIterator<T> {
    const step = (): IteratorResult<T> => {
      const value = give();
      if (value !== undefined) {
        return { done: false, value };
      }
      this.#loop = undefined;
      return { done: true, value };
    };
    const loop: AsyncIterableIterator<T> = {
      next: () => {
        if (this.#loop !== loop) {
          this.#enter(loop);
        }
        return this.#taken(step, undefined);
      },
      return: () => {
        if (this.#loop === loop) {
          this.#loop = undefined;
          this.#tell();
        }
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]: () => loop,
    };
    return loop;
  }

  #enter(loop: object): void {
    if (this.#loop !== undefined || this.#taker !== undefined) {
      throw new TypeError(TWO_TAKERS);
    }
    this.#loop = loop;
  }

  /** What `give` makes of what is here, or comes; it is called once there is something or nothing will come. */
  #taken<T>(give: () => T, signal: AbortSignal | undefined): Promise<T> {
    if (this.#current !== undefined) {
      return Promise.resolve(give());
    }
    if (this.#taker !== undefined) {
      return quiet(Promise.reject(new TypeError(TWO_TAKERS)));
    }
    this.#busy = false;
    this.#tell();
    if (this.#next()) {
      return Promise.resolve(give());
    }
    return quiet(this.#comes(give, signal));
  }

  #comes<T>(give: () => T, signal: AbortSignal | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#taker = undefined;
        reject(signal!.reason);
      };
      const settled = () => {
        this.#taker = undefined;
        signal?.removeEventListener('abort', stop);
      };
      this.#taker = {
        give: () => {
          settled();
          resolve(give());
        },
        fail: (error) => {
          settled();
          this.#loop = undefined;
          reject(error);
        },
      };
      signal?.addEventListener('abort', stop);
      if (signal?.aborted === true) {
        stop();
      } else {
        this.update();
      }
    });
  }

  /** Something may have come, or nothing more will. */
  update(): void {
    const taker = this.#taker;
    if (taker === undefined) {
      return;
    }
    try {
      if (this.#next() || this.#hearsNoMore()) {
        taker.give();
      }
    } catch (error) {
      taker.fail(error);
    }
  }

  /** Goes on to the next batch, where one is here. */
  #next(): boolean {
    this.#current = this.#received.shift();
    this.#place = 0;
    return this.#current !== undefined;
  }

  /** The next frame of what is being given out. */
  #frame(): Frame | undefined {
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

  /** All that is left of it. */
  #batch(): Frames | undefined {
    const current = this.#current;
    if (current === undefined) {
      return undefined;
    }
    const frames = this.#place === 0 ? current : current.from(this.#place);
    this.#current = undefined;
    this.#untold += frames.length;
    this.#busy = true;
    return frames;
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
    }
    // More may be read now. A write tells that, too, unless the socket has yet to take the one before.
    if (untold === 0 || !this.#link.schedule()) {
      this.#link.look();
    }
  }
}

const TWO_TAKERS =
  'another loop or read takes from this connection: take in one place, or leave the loop (break) before the next begins';
