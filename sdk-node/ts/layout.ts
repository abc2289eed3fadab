/** Frames laid out for the core to encode: `frame` of `encode.rs` reads them. */

import {
  FRAME_WORDS,
  HAS_ACK_WINDOW,
  HAS_FEATURES,
  HAS_OBJ,
  KINDS,
  MAX_DATA_HEAD_BYTES,
  VERSION,
} from './constants.js';
import type { DataInit, FrameInit, HelloInit, U64 } from './frame.js';
import { readable } from './memory.js';

/** Places in the words of a frame. */
const KIND = 0;
const FLAGS = 1;
const NUMBER = 2;
const MAX_FRAME = 4;
const VALUE = 6;
const ACK_WINDOW = 7;
const TEXT = 8;
const TEXT_LEN = 9;
const BODY = 10;
const BODY_LEN = 11;

const MAX_U32 = 0xffff_ffff;

/** The words of some frames, the texts and bodies that they point to, and room for what they become. */
export interface Layout {
  words: Uint32Array;
  bytes: Uint8Array;
  out: Buffer;
}

const NO_BYTES = new Uint8Array(0);

/** Words to use again; none while a layout is in use, since a frame's getters may encode other frames. */
let spare: Uint32Array | undefined;
const SPARE_FRAMES = 64;

function wordsFor(count: number): Uint32Array {
  const length = count * FRAME_WORDS;
  const words = spare;
  spare = undefined;
  if (words === undefined || words.length < length) {
    return new Uint32Array(Math.max(count, SPARE_FRAMES) * FRAME_WORDS);
  }
  return words.fill(0, 0, length);
}

/** Lays frames out, and gives what `use` makes of them. */
export function withLayout<T>(frames: readonly FrameInit[], use: (layout: Layout) => T): T {
  const words = wordsFor(frames.length);
  try {
    return use(new Writer(words, frames).layout());
  } finally {
    spare = words;
  }
}

class Writer {
  readonly #words: Uint32Array;
  readonly #parts: Uint8Array[] = [];
  #at = 0;
  #used = 0;

  constructor(words: Uint32Array, frames: readonly FrameInit[]) {
    this.#words = words;
    for (const frame of frames) {
      this.#frame(frame);
      this.#at += FRAME_WORDS;
    }
  }

  layout(): Layout {
    const [first = NO_BYTES, ...others] = this.#parts;
    const bytes = others.length === 0 ? first : Buffer.concat(this.#parts, this.#used);
    const frames = this.#at / FRAME_WORDS;
    // Of what stands before a body, DATA with an address has the most, but for texts; those are counted apart.
    const out = Buffer.allocUnsafe(frames * MAX_DATA_HEAD_BYTES + this.#used);
    return { words: this.#words, bytes, out };
  }

  #frame(frame: FrameInit): void {
    this.#words[this.#at + KIND] = 1 + KINDS.indexOf(frame.kind);
    switch (frame.kind) {
      case 'HELLO':
        return this.#hello(frame);
      case 'START':
        return this.#text('stream', frame.stream);
      case 'DATA':
        return this.#data(frame);
      case 'ACK':
        return this.#wide(NUMBER, 'upTo', frame.upTo);
      case 'END':
        this.#wide(NUMBER, 'seq', frame.seq);
        return this.#u32(VALUE, 'status', frame.status);
      case 'ERROR':
        this.#u32(VALUE, 'code', frame.code);
        return this.#text('reason', frame.reason);
      default:
        throw new TypeError(`a frame's kind is one of ${KINDS.join(', ')}`);
    }
  }

  #hello({ version = VERSION, maxFrame, features, ackWindow }: HelloInit): void {
    this.#u32(VALUE, 'version', version);
    this.#wide(MAX_FRAME, 'maxFrame', maxFrame);
    if (features !== undefined) {
      this.#flag(HAS_FEATURES);
      this.#wide(NUMBER, 'features', features);
    }
    if (ackWindow !== undefined) {
      this.#flag(HAS_ACK_WINDOW);
      this.#u32(ACK_WINDOW, 'ackWindow', ackWindow);
    }
  }

  #data({ seq, obj, body }: DataInit): void {
    this.#wide(NUMBER, 'seq', seq);
    if (obj !== undefined) {
      this.#flag(HAS_OBJ);
      this.#text('obj', obj);
    }
    if (body !== undefined) {
      this.#part(BODY, BODY_LEN, readable(body, 'body'));
    }
  }

  #flag(flag: number): void {
    this.#words[this.#at + FLAGS]! |= flag;
  }

  #u32(place: number, name: string, value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > MAX_U32) {
      throw new TypeError(`${name} is an unsigned integer of 32 bits`);
    }
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
    if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) {
      throw new TypeError(`${name} is a bigint of 0 to 2^64 - 1, or a safe integer that is not negative`);
    }
    words[at] = Number(BigInt.asUintN(32, value));
    words[at + 1] = Number(value >> 32n);
  }

  #text(name: string, text: string): void {
    if (typeof text !== 'string' || /\p{Surrogate}/u.test(text)) {
      throw new TypeError(`${name} is a string of Unicode text`);
    }
    this.#part(TEXT, TEXT_LEN, Buffer.from(text));
  }

  #part(place: number, lengthPlace: number, bytes: Uint8Array): void {
    if (this.#used + bytes.length > MAX_U32) {
      throw new RangeError(`the frames of one call have at most ${MAX_U32} bytes`);
    }
    this.#words[this.#at + place] = this.#used;
    this.#words[this.#at + lengthPlace] = bytes.length;
    this.#used += bytes.length;
    this.#parts.push(bytes);
  }
}
