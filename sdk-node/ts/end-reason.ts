/** Why a connection ended: the first reason, and the errors that say it. */

import { OapConnectionError, OapRejectError } from './errors.js';
import type { EndReason, NativeConnection } from './binding.js';

const REFUSED: EndReason = {
  name: 'refused',
  word: 'refused',
  message: 'no connection could be made',
};
const CLOSED: EndReason = { name: 'closed', word: 'closed', message: 'the connection is closed' };

export class FirstReason {
  readonly #engine: NativeConnection;
  /** Whether the socket was ever open: else it was refused. */
  connected: boolean;
  #cause: unknown;
  #failure: OapConnectionError | undefined;

  constructor(engine: NativeConnection, connected: boolean) {
    this.#engine = engine;
    this.connected = connected;
  }

  /** What the host or its socket says of it; the first counts. */
  blame(cause: unknown): void {
    this.#cause ??= cause;
  }

  /** `clean`, `reject:truncated`, …; `undefined` while it goes on. */
  get word(): string | undefined {
    return this.#reason()?.word;
  }

  /** What ended it, where that was no clean end; the same object each time. */
  get failure(): OapConnectionError | undefined {
    if (this.#failure === undefined) {
      const reason = this.#reason();
      this.#failure = reason === null || reason.name === 'clean' ? undefined : this.#errorOf(reason);
    }
    return this.#failure;
  }

  /** What a call says that comes too late: a new object each time. */
  error(): OapConnectionError {
    const failure = this.failure;
    if (failure === undefined) {
      return new OapConnectionError(CLOSED);
    }
    const { reason: name, word, message, peerCode, peerText } = failure;
    const end = { name, word, message, ...(peerCode === undefined ? {} : { peerCode, peerText: peerText! }) };
    return new OapConnectionError(end, failure.reject, failure.cause ?? failure);
  }

  #reason(): EndReason | null {
    const reason = this.#engine.reason();
    return reason?.name === 'reset' && !this.connected ? REFUSED : reason;
  }

  #errorOf(reason: EndReason): OapConnectionError {
    const reject = reason.reject === undefined ? undefined : new OapRejectError(reason.reject);
    return new OapConnectionError(reason, reject, reject ?? this.#cause);
  }
}
