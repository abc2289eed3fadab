/** The timer of an engine. */

/** The longest that a timer of Node waits. */
export const MAX_TIMER_MS = 2 ** 31 - 1;

export class Deadline {
  readonly #reached: () => void;
  #timer: NodeJS.Timeout | undefined;
  #at = 0;

  constructor(reached: () => void) {
    this.#reached = reached;
  }

  /** The engine wants to be called in so many milliseconds; below 0 it does not. It may be called early, and then says anew. */
  set(ms: number): void {
    if (ms < 0) {
      return;
    }
    const at = performance.now() + ms;
    if (this.#timer === undefined || at < this.#at - 1) {
      clearTimeout(this.#timer);
      this.#at = at;
      this.#timer = setTimeout(fireOf, Math.min(Math.max(ms, 1), MAX_TIMER_MS), this).unref();
    }
  }

  /** @internal */
  fire(): void {
    this.#timer = undefined;
    this.#reached();
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

const fireOf = (deadline: Deadline) => deadline.fire();
