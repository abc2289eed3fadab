/** Frames to bytes. */

import { OapRejectError } from './errors.js';
import type { FrameInit } from './frame.js';
import { withLayout } from './layout.js';
import { native } from './native.js';
import { putStraight, sizeOf } from './straight.js';

/**
 * The bytes of a frame, or of several in turn: the one canonical encoding. All or nothing. Bodies are copied.
 *
 * @throws OapRejectError for the first that a decoder would have to reject, TypeError for what is no frame.
 */
export function encode(frames: FrameInit | readonly FrameInit[]): Buffer {
  const list = listOf(frames);
  const size = sizeOf(list);
  if (size >= 0) {
    const out = Buffer.allocUnsafe(size);
    if (putStraight(out, list) === size) {
      return out;
    }
  }
  return encodeByCore(list);
}

/**
 * Encodes to the front of `out` and gives the bytes written. Large batches are best encoded so: memory that is used again
 * costs nothing, fresh memory a page fault every 4 KiB.
 *
 * @throws as `encode`; RangeError where `out` is too small. What `out` then holds is undefined.
 */
export function encodeInto(frames: FrameInit | readonly FrameInit[], out: Uint8Array): number {
  const list = listOf(frames);
  const size = sizeOf(list);
  if (size >= 0 && size <= out.length && putStraight(out, list) === size) {
    return size;
  }
  const bytes = encodeByCore(list);
  if (bytes.length > out.length) {
    throw new RangeError(`the frames take ${bytes.length} bytes, and there is room for ${out.length}`);
  }
  out.set(bytes);
  return bytes.length;
}

export function listOf(frames: FrameInit | readonly FrameInit[]): readonly FrameInit[] {
  return Array.isArray(frames) ? (frames as readonly FrameInit[]) : [frames as FrameInit];
}

function encodeByCore(frames: readonly FrameInit[]): Buffer {
  return withLayout(frames, ({ words, bytes, out }) =>
    taken(out, native.encodeFrames(words, frames.length, bytes, out)),
  );
}

/** What the core wrote, or its refusal. */
export function taken(out: Buffer, written: ReturnType<typeof native.encodeFrames>): Buffer {
  if (typeof written !== 'number') {
    throw new OapRejectError(written);
  }
  return out.subarray(0, written);
}
