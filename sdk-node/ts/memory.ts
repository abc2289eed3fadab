/** Memory that a user lends for one call. */

import { bufferOf, Bytes, isUint8Array, isUnshared, lengthOf, validate } from './intrinsics.js';

/** The most bytes that one call takes or makes: lengths and offsets cross as 32 bits. */
export const MAX_CALL_BYTES = 0xffff_ffff;

/**
 * The bytes themselves, or a copy of memory that another thread may write to meanwhile.
 *
 * @throws TypeError for what is no Uint8Array, or one whose memory is detached; RangeError for more than `most` bytes.
 */
export function readable(bytes: Uint8Array, name: string, most = MAX_CALL_BYTES): Uint8Array {
  if (!isUint8Array(bytes)) {
    throw new TypeError(`${name} is a Uint8Array`);
  }
  const length = lengthOf(bytes);
  if (length > most) {
    throw new RangeError(`${name} has at most ${most} bytes`);
  }
  if (length === 0) {
    // Detached memory has no bytes either.
    validate(bytes);
  }
  return isUnshared(bufferOf(bytes)) ? bytes : new Bytes(bytes);
}
