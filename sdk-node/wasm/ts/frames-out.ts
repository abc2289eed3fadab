/** Frames that JavaScript has laid out, and their encoding: `encode.rs` of the binaries. */

import { Abi, FrameAt, HelloAt } from './abi.js';
import type { Rejection } from './binding.js';
import { Flag, FrameWord } from './generated.js';
import { bytesAt, calls, faultOf, numbers, type Pointer, Region, SCRATCH, setU32, u32At } from './heap.js';
import { lengthOf, setBytes } from './intrinsics.js';
import { isReject, refusalOf } from './rejection.js';

const inputs = new Region();
const outputs = new Region();
const structures = new Region();

/** A frame's structure, and that of its HELLO behind it. */
const FRAME_BYTES = FrameAt.SIZE + HelloAt.SIZE;

/** The first `count` frames of a layout, as an array of `oap_frame`; their HELLOs stand behind the array. */
function framesOf(words: Uint32Array, count: number, bytes: Uint8Array): Pointer {
  const from = inputs.put(bytes, lengthOf(bytes));
  const frames = structures.reserve(count * FRAME_BYTES);
  for (let place = 0; place < count; place += 1) {
    const hello = frames + count * FrameAt.SIZE + place * HelloAt.SIZE;
    writeFrame(words, place * FrameWord.Words, from, frames + place * FrameAt.SIZE, hello);
  }
  return frames;
}

function writeFrame(words: Uint32Array, at: number, from: Pointer, frame: Pointer, hello: Pointer): void {
  const word = (place: FrameWord) => words[at + place]!;
  const view = numbers();
  const set = (place: number, value: number) => view.setUint32(place, value, true);
  const copyWide = (place: number, wide: FrameWord) => {
    set(place, word(wide));
    set(place + 4, words[at + wide + 1]!);
  };
  set(frame + FrameAt.struct_size, FrameAt.SIZE);
  view.setUint8(frame + FrameAt.kind, word(FrameWord.Kind));
  set(frame + FrameAt.value, word(FrameWord.Value));
  copyWide(frame + FrameAt.seq, FrameWord.Number);
  set(frame + FrameAt.body, from + word(FrameWord.Body));
  set(frame + FrameAt.body_len, word(FrameWord.BodyLen));
  // An empty address is malformed, and none is none.
  const hasText = word(FrameWord.Kind) !== Abi.KIND_DATA || (word(FrameWord.Flags) & Flag.HasObj) !== 0;
  set(frame + FrameAt.text, hasText ? from + word(FrameWord.Text) : 0);
  set(frame + FrameAt.text_len, hasText ? word(FrameWord.TextLen) : 0);
  if (word(FrameWord.Kind) === Abi.KIND_HELLO) {
    set(frame + FrameAt.hello, hello);
    copyWide(hello + HelloAt.max_frame, FrameWord.MaxFrame);
    copyWide(hello + HelloAt.features, FrameWord.Number);
    set(hello + HelloAt.version, word(FrameWord.Value));
    set(hello + HelloAt.ack_window, word(FrameWord.AckWindow));
    view.setUint8(hello + HelloAt.has_features, word(FrameWord.Flags) & Flag.HasFeatures);
    view.setUint8(hello + HelloAt.has_ack_window, word(FrameWord.Flags) & Flag.HasAckWindow);
  }
}

/** Encodes frames to the front of `out` by `encode`, which may refuse them. */
function encoded(
  words: Uint32Array,
  count: number,
  bytes: Uint8Array,
  out: Uint8Array,
  encode: (frames: Pointer, to: Pointer, capacity: number) => number | Rejection,
): number | Rejection {
  try {
    const frames = framesOf(words, count, bytes);
    const capacity = lengthOf(out);
    const to = outputs.reserve(capacity);
    const written = encode(frames, to, capacity);
    if (typeof written === 'number') {
      setBytes(out, bytesAt(to, written), 0);
    }
    return written;
  } finally {
    [inputs, outputs, structures].forEach((region) => region.release());
  }
}

export function encodeFrames(
  words: Uint32Array,
  count: number,
  bytes: Uint8Array,
  out: Uint8Array,
): number | Rejection {
  return encoded(words, count, bytes, out, (frames, to, capacity) => {
    let written = 0;
    for (let frame = frames; frame < frames + count * FrameAt.SIZE; frame += FrameAt.SIZE) {
      const status = calls.oap_encode(frame, to + written, capacity - written, SCRATCH);
      if (isReject(status)) {
        return refusalOf('oap_encode_refusal', frame)!;
      }
      written += sizeBy(status);
    }
    return written;
  });
}

export function sendFrames(
  session: Pointer,
  words: Uint32Array,
  count: number,
  bytes: Uint8Array,
  out: Uint8Array,
): number | Rejection {
  return encoded(words, count, bytes, out, (frames, to, capacity) => {
    setU32(SCRATCH, 0);
    const status = calls.oap_session_send_all(session, frames, count, to, capacity, SCRATCH);
    return isReject(status) ? refusalOf('oap_session_refusal', session)! : sizeBy(status);
  });
}

function sizeBy(status: number): number {
  if (status !== Abi.STATUS_OK) {
    throw faultOf(status);
  }
  return u32At(SCRATCH);
}
