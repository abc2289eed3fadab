/** Lets those wait who look at a state whenever it may have changed. */

export class Changes {
  #waiting = new Set<() => void>();

  /** Wakes all who wait. */
  raise(): void {
    if (this.#waiting.size === 0) {
      return;
    }
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const wake of waiting) {
      wake();
    }
  }

  /** Resolves at the next change; rejects with the signal's reason. */
  next(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const stop = () => {
        this.#waiting.delete(wake);
        reject(signal!.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.#waiting.add(wake);
    });
  }

  /** Resolves as soon as it holds; rejects with what `holds` throws, and with the signal's reason. */
  async until(holds: () => boolean, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    while (!holds()) {
      await this.next(signal);
    }
  }
}
