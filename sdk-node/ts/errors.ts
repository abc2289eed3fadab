/** The errors of this package. A fault of an argument's type is a TypeError. */

import type { RejectReason } from './constants.js';
import { jsonOf } from './json.js';
import type { EndReason, Rejection } from './binding.js';

/**
 * A rule of OAP/1 is broken: by what was received (then `offset` and `at` say where), or by a frame that was to be sent
 * or encoded (then nothing was made of it, and a session stays as it was).
 */
export class OapRejectError extends Error {
  /** The label, the same in every language. */
  readonly reason: RejectReason;
  /** Its code, 1 to 8: that of an ERROR frame sent for it. */
  readonly code: number;
  /** The field at fault, in the spec's words: `length`, `DATA.seq`, … */
  readonly field: string;
  /** The limit that was passed, where the rule has one. */
  readonly limit: bigint | undefined;
  /** Received: where the frame starts, in bytes of the stream before it. */
  readonly offset: bigint | undefined;
  /** Received: bytes of the stream that it took to know. */
  readonly at: bigint | undefined;

  /** @internal */
  constructor(rejection: Rejection) {
    super(rejection.message);
    this.reason = rejection.reason as RejectReason;
    this.code = rejection.code;
    this.field = rejection.field;
    this.limit = rejection.limit;
    this.offset = rejection.offset;
    this.at = rejection.at;
  }

  /** For logs: `limit`, `offset` and `at` are decimal strings. */
  toJSON(): Record<string, unknown> {
    const { name, message, reason, code, field, limit, offset, at } = this;
    const fields = { name, message, reason, code, field, limit, offset, at };
    return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, jsonOf(value)]));
  }

  static {
    this.prototype.name = 'OapRejectError';
  }
}

/** A configuration value that is not allowed. */
export class OapConfigError extends Error {
  /** The option's name. */
  readonly field: string;
  /** The least value allowed, for a number. */
  readonly min: number | bigint | undefined;
  /** The greatest value allowed, for a number. */
  readonly max: number | bigint | undefined;
  readonly #value: unknown;

  /** @internal */
  constructor(message: string, field: string, value: unknown, min?: number | bigint, max?: number | bigint) {
    super(message);
    this.field = field;
    this.min = min;
    this.max = max;
    this.#value = value;
  }

  /** The value that was refused. Not enumerable: feature bits are never logged. */
  get value(): unknown {
    return this.#value;
  }

  static {
    this.prototype.name = 'OapConfigError';
  }
}

/** Why a connection ended; or `closed`, where this side or the peer closed it in good order and a call comes too late. */
export type ConnectionEnd =
  | 'closed'
  | 'incomplete'
  | 'unacknowledged'
  | 'reject'
  | 'peer_error'
  | 'handshake_timeout'
  | 'idle_timeout'
  | 'stalled'
  | 'close_timeout'
  | 'reset'
  | 'aborted'
  | 'refused';

/** A connection has ended. A new object for each call; its cause is what ended the connection first. */
export class OapConnectionError extends Error {
  /** The reason in a word. */
  readonly reason: ConnectionEnd;
  /** The reason with its detail: `reject:truncated`, `peer_error:7`. */
  readonly word: string;
  /** The peer broke this rule, where the reason is `reject`. */
  readonly reject: OapRejectError | undefined;
  /** The code of the peer's ERROR, where the reason is `peer_error`. */
  readonly peerCode: number | undefined;
  readonly #peerText: string | undefined;

  /** @internal */
  constructor(end: Omit<EndReason, 'reject'>, reject?: OapRejectError, cause?: unknown) {
    super(end.message, cause === undefined ? undefined : { cause });
    this.reason = end.name as ConnectionEnd;
    this.word = end.word;
    this.reject = reject;
    this.peerCode = end.peerCode;
    this.#peerText = end.peerText;
  }

  /** The text of the peer's ERROR: nothing to log. Not enumerable. */
  get peerText(): string | undefined {
    return this.#peerText;
  }

  static {
    this.prototype.name = 'OapConnectionError';
  }
}
