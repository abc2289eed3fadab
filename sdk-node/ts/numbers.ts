/** Numbers that are given: what is none, or does not fit, is a TypeError or a RangeError at once. */

import type { U64 } from './frame.js';

const MAX_U32 = 0xffff_ffff;

/** @throws TypeError for what is no unsigned integer of 32 bits. */
export function mustBeU32(name: string, value: unknown): void {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > MAX_U32) {
    throw new TypeError(`${name} is an unsigned integer of 32 bits`);
  }
}

/** @throws TypeError for what is no unsigned integer of 64 bits. */
export function u64Of(name: string, value: U64): bigint {
  const isSafe = typeof value === 'number' && value >= 0 && Number.isSafeInteger(value);
  if (!isSafe && (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value)) {
    throw new TypeError(`${name} is a bigint of 0 to 2^64 - 1, or a safe integer that is not negative`);
  }
  return BigInt(value);
}

/** @throws TypeError for what is no number, RangeError for one that is no positive integer. */
export function mustBePositive(name: string, value: unknown): void {
  mustBeNumber(name, value);
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`${name} is a positive integer, not ${value}`);
  }
}

/** @throws TypeError for what is no number, RangeError for no time. */
export function mustBeMilliseconds(name: string, value: unknown): void {
  mustBeNumber(name, value);
  if (!(value >= 0)) {
    throw new RangeError(`${name} is a number of milliseconds that is not negative, not ${value}`);
  }
}

function mustBeNumber(name: string, value: unknown): asserts value is number {
  if (typeof value !== 'number') {
    throw new TypeError(`${name} is a number`);
  }
}
