/** The errors of this package. What is wrong with an argument's type is a TypeError. */

import type { RejectReason } from './constants.js';
import { jsonOf } from './json.js';
import type { Rejection } from './native.js';

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
