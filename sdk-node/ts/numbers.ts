/** Numbers that are given: what is none, or does not fit its field, is a TypeError or a RangeError at once. */

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
