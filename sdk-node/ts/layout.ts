/** Frames laid out for the core to encode: `frame` of `encode.rs` reads them. */

import { KINDS, VERSION } from './constants.js';
import type { DataInit, FrameInit, HelloInit, U64 } from './frame.js';
import { Flag, FrameWord, Wire } from './generated.js';
import { allocUnsafeSlow, Bytes, lengthOf, setBytes, utf8Of } from './intrinsics.js';
import { MAX_CALL_BYTES, readable } from './memory.js';
import { mustBeU32, u64Of } from './numbers.js';

/** The words of some frames, the texts and bodies that they point to, and room for what they become. */
export interface Layout {
  words: Uint32Array;
  bytes: Uint8Array;
  out: Buffer;
}

const NO_BYTES = new Bytes(0);

/** Words to use again; none while a layout is in use, since a frame's getters may encode other frames. */
let spare: Uint32Array | undefined;
const SPARE_FRAMES = 64;

function wordsFor(count: number): Uint32Array {
  const length = count * FrameWord.Words;
  const words = spare;
  spare = undefined;
  if (words === undefined || words.length < length) {
    return new Uint32Array(Math.max(count, SPARE_FRAMES) * FrameWord.Words);
  }
  for (let place = 0; place < length; place += 1) {
    words[place] = 0;
  }
  return words;
}

/** Lays the first `count` frames out, and returns what `use` makes of them. */
export function withLayout<T>(frames: readonly FrameInit[], count: number, use: (layout: Layout) => T): T {
  const words = wordsFor(count);
  try {
    return use(new Writer(words, frames, count).layout());
  } finally {
    spare = words;
  }
}

class Writer {
  readonly #words: Uint32Array;
  readonly #parts: Uint8Array[] = [];
  /** The lengths that the words say: a getter of a later frame may take a body's memory away. */
  readonly #lengths: number[] = [];
  #at = 0;
  #used = 0;

  constructor(words: Uint32Array, frames: readonly FrameInit[], count: number) {
    this.#words = words;
    for (let place = 0; place < count; place += 1) {
      this.#frame(frames[place]!);
      this.#at += FrameWord.Words;
    }
  }

  layout(): Layout {
    // Of what stands before a body, DATA with an address has the most, but for texts; those are counted apart.
    const room = (this.#at / FrameWord.Words) * Wire.MaxDataHeadBytes + this.#used;
    if (room > MAX_CALL_BYTES) {
      throw tooMuch();
    }
    return { words: this.#words, bytes: this.#bytes(), out: allocUnsafeSlow(room) };
  }

  /** A single part where it is, several in memory of their own. */
  #bytes(): Uint8Array {
    const parts = this.#parts;
    if (parts.some((part, place) => lengthOf(part) !== this.#lengths[place])) {
      throw new TypeError('the memory of a body was detached or resized while the frames were read');
    }
    if (parts.length < 2) {
      return parts[0] ?? NO_BYTES;
    }
    const bytes = new Bytes(this.#used);
    let at = 0;
    parts.forEach((part, place) => {
      setBytes(bytes, part, at);
      at += this.#lengths[place]!;
    });
    return bytes;
  }

  #frame(frame: FrameInit): void {
    this.#words[this.#at + FrameWord.Kind] = 1 + KINDS.indexOf(frame.kind);
    switch (frame.kind) {
      case 'HELLO':
        return this.#hello(frame);
      case 'START':
        return this.#text('stream', frame.stream);
      case 'DATA':
        return this.#data(frame);
      case 'ACK':
        return this.#wide(FrameWord.Number, 'upTo', frame.upTo);
      case 'END':
        this.#wide(FrameWord.Number, 'seq', frame.seq);
        return this.#u32(FrameWord.Value, 'status', frame.status);
      case 'ERROR':
        this.#u32(FrameWord.Value, 'code', frame.code);
        return this.#text('reason', frame.reason);
      default:
        throw new TypeError(`a frame's kind is one of ${KINDS.join(', ')}${spreadOf(frame)}`);
    }
  }

  #hello({ version = VERSION, maxFrame, features, ackWindow }: HelloInit): void {
    this.#u32(FrameWord.Value, 'version', version);
    this.#wide(FrameWord.MaxFrame, 'maxFrame', maxFrame);
    if (features !== undefined) {
      this.#flag(Flag.HasFeatures);
      this.#wide(FrameWord.Number, 'features', features);
    }
    if (ackWindow !== undefined) {
      this.#flag(Flag.HasAckWindow);
      this.#u32(FrameWord.AckWindow, 'ackWindow', ackWindow);
    }
  }

  #data({ seq, obj, body }: DataInit): void {
    this.#wide(FrameWord.Number, 'seq', seq);
    if (obj !== undefined) {
      this.#flag(Flag.HasObj);
      this.#text('obj', obj);
    }
    if (body !== undefined) {
      this.#part(FrameWord.Body, FrameWord.BodyLen, readable(body, 'body'));
    }
  }

  #flag(flag: number): void {
    this.#words[this.#at + FrameWord.Flags]! |= flag;
  }

  #u32(place: number, name: string, value: number): void {
    mustBeU32(name, value);
    this.#words[this.#at + place] = value;
  }

  #wide(place: number, name: string, value: U64): void {
    const words = this.#words;
    const at = this.#at + place;
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
      words[at] = value;
      words[at + 1] = value / 2 ** 32;
      return;
    }
    const wide = u64Of(name, value);
    words[at] = Number(BigInt.asUintN(32, wide));
    words[at + 1] = Number(wide >> 32n);
  }

  #text(name: string, text: string): void {
    if (typeof text !== 'string' || /\p{Surrogate}/u.test(text)) {
      throw new TypeError(`${name} is a string of Unicode text`);
    }
    this.#part(FrameWord.Text, FrameWord.TextLen, utf8Of(text));
  }

  #part(place: number, lengthPlace: number, bytes: Uint8Array): void {
    const length = lengthOf(bytes);
    if (this.#used + length > MAX_CALL_BYTES) {
      throw tooMuch();
    }
    this.#words[this.#at + place] = this.#used;
    this.#words[this.#at + lengthPlace] = length;
    this.#used += length;
    this.#parts.push(bytes);
    this.#lengths.push(length);
  }
}

/** Advice for who spread a frame that was decoded. */
const spreadOf = (frame: unknown) =>
  typeof frame === 'object' && frame !== null && 'batch' in frame ? '; spread frame.toObject()' : '';

const tooMuch = () => new RangeError(`the frames of one call have at most ${MAX_CALL_BYTES} bytes`);
