/** Frames to bytes. */

import { OapRejectError } from './errors.js';
import type { DataInit, FrameInit } from './frame.js';
import { withLayout } from './layout.js';
import { native } from './native.js';
import {
  allocUnsafe,
  allocUnsafeSlow,
  bufferOf,
  BufferView,
  byteOffsetOf,
  isUint8Array,
  lengthOf,
  setBytes,
} from './intrinsics.js';
import { MAX_CALL_BYTES } from './memory.js';
import { sizeOfFrames, writeFrames } from './fast-path.js';

/**
 * Small frames are made here and copied once: new memory costs more, and a Buffer of Node's pool may hold the very bodies
 * that are to be copied into it, since every Buffer of the pool shows all of it. None while it is in use, for a frame's
 * getter may encode other frames.
 */
let scratch: Buffer | undefined;
const SCRATCH_BYTES = 4_096;

/**
 * The bytes of a frame, or of several in turn: the one canonical encoding. All or nothing. Bodies are copied. Of a list
 * that grows while it is read, those frames count that it had at first.
 *
 * @throws OapRejectError for the first that a decoder would have to reject, TypeError for what is no frame, RangeError for
 * frames of more than 2^32 - 1 bytes.
 */
export function encode(frames: FrameInit | readonly FrameInit[]): Buffer {
  const list = listOf(frames);
  const count = list.length;
  const size = sizeOfFrames(list, count);
  const fast = size >= 0 && size <= MAX_CALL_BYTES ? encodeFast(list, count, size) : undefined;
  return fast ?? encodeByCore(list, count);
}

function encodeFast(list: readonly FrameInit[], count: number, size: number): Buffer | undefined {
  if (size <= SCRATCH_BYTES) {
    return encodeSmall(list, count, size);
  }
  const out = allocUnsafeSlow(size);
  return writeFrames(out, list, count) === size ? out : undefined;
}

function encodeSmall(list: readonly FrameInit[], count: number, size: number): Buffer | undefined {
  const own = scratch ?? allocUnsafeSlow(SCRATCH_BYTES);
  scratch = undefined;
  const written = writeFrames(own, list, count);
  scratch = own;
  if (written !== size) {
    return undefined;
  }
  const out = allocUnsafe(size);
  setBytes(out, new BufferView(bufferOf(own), 0, size));
  return out;
}

/**
 * Encodes to the front of `out` and returns the bytes written. Large batches are best encoded so: memory that is used again
 * costs nothing, fresh memory a page fault every 4 KiB. Bodies may lie in `out`.
 *
 * @throws as `encode`; RangeError where `out` is too small. What `out` then holds is undefined.
 */
export function encodeInto(frames: FrameInit | readonly FrameInit[], out: Uint8Array): number {
  if (!isUint8Array(out)) {
    throw new TypeError('out is a Uint8Array');
  }
  const list = listOf(frames);
  const count = list.length;
  const size = sizeOfFrames(list, count);
  if (size >= 0 && size <= lengthOf(out) && !holdsBody(bufferOf(out), list, count)) {
    if (writeFrames(out, list, count) === size) {
      return size;
    }
  }
  const bytes = encodeByCore(list, count);
  if (bytes.length > lengthOf(out)) {
    throw new RangeError(`the frames take ${bytes.length} bytes, and there is room for ${lengthOf(out)}`);
  }
  setBytes(out, bytes);
  return bytes.length;
}

/** Whether a body lies in this memory: it would be written over before it is copied. */
function holdsBody(memory: ArrayBufferLike, list: readonly FrameInit[], count: number): boolean {
  for (let place = 0; place < count; place += 1) {
    const { body } = list[place] as DataInit;
    if (body !== undefined && bufferOf(body) === memory) {
      return true;
    }
  }
  return false;
}

export function listOf(frames: FrameInit | readonly FrameInit[]): readonly FrameInit[] {
  return Array.isArray(frames) ? (frames as readonly FrameInit[]) : [frames as FrameInit];
}

function encodeByCore(frames: readonly FrameInit[], count: number): Buffer {
  return withLayout(frames, count, ({ words, bytes, out }) =>
    encodedOf(out, native.encodeFrames(words, count, bytes, out)),
  );
}

/** The bytes that the core wrote, or its refusal. */
export function encodedOf(out: Buffer, written: ReturnType<typeof native.encodeFrames>): Buffer {
  if (typeof written !== 'number') {
    throw new OapRejectError(written);
  }
  return new BufferView(bufferOf(out), byteOffsetOf(out), written);
}
