/** Memory that a user lends for one call. */

import { types } from 'node:util';

/**
 * The bytes themselves, or a copy of memory that another thread may write to meanwhile.
 *
 * @throws TypeError for what is no Uint8Array, or one whose memory is detached.
 */
export function readable(bytes: Uint8Array, name: string): Uint8Array {
  if (!types.isUint8Array(bytes)) {
    throw new TypeError(`${name} is a Uint8Array`);
  }
  const { buffer } = bytes;
  // The first question costs nothing; it is not the last where the memory is of another realm.
  if (!(buffer instanceof ArrayBuffer) && types.isSharedArrayBuffer(buffer)) {
    return Buffer.from(bytes);
  }
  if (bytes.length === 0) {
    // Detached memory has no bytes either, and no view of it can be made.
    new Uint8Array(buffer);
  }
  return bytes;
}
