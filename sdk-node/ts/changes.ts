/** Lets those wait who look at a state whenever it may have changed. */

export class Changes {
  readonly #waiting = new Set<() => void>();

  /** Wakes all who wait. */
  raise(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
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
}
