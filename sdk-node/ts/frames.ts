/** A batch of frames: what one chunk held. */

import { KINDS, VERSION, type Kind } from './constants.js';
import type { OapRejectError } from './errors.js';
import type { Frame } from './frame.js';
import { Flag, Row } from './generated.js';
import { copyOf } from './intrinsics.js';
import { jsonOf } from './json.js';
import { digestOf, inspect } from './runtime.js';
import type { Batch } from './table.js';

const HELLO = 1;
const START = 2;
const DATA = 3;
const ACK = 4;
const END = 5;
const ERROR = 6;

/** The names by the byte of the wire. */
const NAMES: readonly Kind[] = [undefined as never, ...KINDS];

/** Every frame is one of these, whatever its kind: what its kind does not have is `undefined`. */
class FrameView {
  /** Enumerable, so that a clone or a spread meets the advice of the batch, and is no empty object. */
  readonly batch: Batch;
  /** The word at which its row starts. */
  readonly #at: number;
  /** Kind and flags; and its number, if it has one: read with the frame, where the row is at hand. */
  readonly #kind: number;
  readonly #number: number;

  constructor(batch: Batch, words: Uint32Array, at: number) {
    this.batch = batch;
    this.#at = at;
    this.#kind = words[at + Row.Kind]! >>> 16;
    this.#number = words[at + Row.SeqHigh]! * 2 ** 32 + words[at + Row.SeqLow]!;
  }

  get kind(): Kind {
    return NAMES[this.#kind & 0xff]!;
  }

  get seq(): bigint | undefined {
    const byte = this.#kind & 0xff;
    return byte === DATA || byte === END ? wideOf(this.batch, this.#at) : undefined;
  }

  get seqNumber(): number | undefined {
    return seqOf(this.#kind, this.#number);
  }

  get upTo(): bigint | undefined {
    return (this.#kind & 0xff) === ACK ? wideOf(this.batch, this.#at) : undefined;
  }

  get upToNumber(): number | undefined {
    return upToOf(this.#kind, this.#number);
  }

  get obj(): string | undefined {
    return has(this.#kind, DATA, Flag.HasObj) ? this.batch.text(this.#at, 'latin1') : undefined;
  }

  get len(): number | undefined {
    return (this.#kind & 0xff) === DATA ? this.batch.words()[this.#at + Row.BodyLen] : undefined;
  }

  get body(): Buffer | undefined {
    return (this.#kind & 0xff) === DATA ? this.batch.body(this.#at) : undefined;
  }

  get stream(): string | undefined {
    return (this.#kind & 0xff) === START ? this.batch.text(this.#at, 'utf8') : undefined;
  }

  get reason(): string | undefined {
    return (this.#kind & 0xff) === ERROR ? this.batch.text(this.#at, 'utf8') : undefined;
  }

  get status(): number | undefined {
    return this.#value(END);
  }

  get code(): number | undefined {
    return this.#value(ERROR);
  }

  get version(): number | undefined {
    return (this.#kind & 0xff) === HELLO ? VERSION : undefined;
  }

  get maxFrame(): bigint | undefined {
    const value = this.#value(HELLO);
    return value === undefined ? undefined : BigInt(value);
  }

  get maxFrameNumber(): number | undefined {
    return this.#value(HELLO);
  }

  get features(): bigint | undefined {
    return has(this.#kind, HELLO, Flag.HasFeatures) ? wideOf(this.batch, this.#at) : undefined;
  }

  get ackWindow(): number | undefined {
    const there = has(this.#kind, HELLO, Flag.HasAckWindow);
    return there ? this.batch.words()[this.#at + Row.AckWindow]! & 0xffff : undefined;
  }

  #value(byte: number): number | undefined {
    return (this.#kind & 0xff) === byte ? this.batch.words()[this.#at + Row.Value] : undefined;
  }

  /** A plain object that shares no memory with the chunk: to keep, to compare, to post to another thread. */
  toObject(): Record<string, unknown> {
    const fields = FIELDS[this.kind].map((name) => [name, this[name]] as const);
    const object = Object.fromEntries(fields.filter(([, value]) => value !== undefined));
    return (this.#kind & 0xff) === DATA
      ? { kind: this.kind, ...object, body: copyOf(this.body!) }
      : { kind: this.kind, ...object };
  }

  /** All but payload and feature bits, which are logged nowhere. Numbers of 64 bits are decimal strings. */
  toJSON(): Record<string, unknown> {
    const fields = Object.entries(this.#shown()).map(([name, value]) => [name, jsonOf(value)]);
    return { kind: this.kind, ...Object.fromEntries(fields) };
  }

  /** As `toJSON`, for people. */
  [inspect.custom](_depth: number, options: object): string {
    return `${this.kind} ${inspect(this.#shown(), options)}`;
  }

  /**
   * Other for each other frame: by this `assert.deepStrictEqual` and Jest tell frames apart, whose fields are read on demand
   * and so are no properties to compare. A digest by a key of the process says nothing of the payload.
   */
  get [Symbol.toStringTag](): string {
    const { body, ...fields } = this.toObject();
    return `${this.kind} ${digestOf(inspect(fields), (body as Buffer | undefined) ?? '')}`;
  }

  #shown(): Record<string, unknown> {
    const shown = FIELDS[this.kind].filter((name) => name !== 'features' && this[name] !== undefined);
    const object = Object.fromEntries(shown.map((name) => [name, this[name]]));
    return (this.#kind & 0xff) === DATA ? { ...object, len: this.len } : object;
  }
}

const wideOf = (batch: Batch, at: number): bigint => batch.wide[at >>> 1]!;

const has = (kind: number, byte: number, flag: number): boolean =>
  (kind & 0xff) === byte && ((kind >>> 8) & flag) !== 0;

// The getters of a number call a function each: V8 inlines getters only as small as that, and frames stay off the heap.
function seqOf(kind: number, value: number): number | undefined {
  const byte = kind & 0xff;
  return byte === DATA || byte === END ? safe(value) : undefined;
}

const upToOf = (kind: number, value: number): number | undefined =>
  (kind & 0xff) === ACK ? safe(value) : undefined;

const safe = (value: number): number => (value <= Number.MAX_SAFE_INTEGER ? value : tooLarge());

const FIELDS = {
  HELLO: ['version', 'maxFrame', 'features', 'ackWindow'],
  START: ['stream'],
  DATA: ['seq', 'obj'],
  ACK: ['upTo'],
  END: ['seq', 'status'],
  ERROR: ['code', 'reason'],
} as const satisfies Record<Kind, readonly (keyof FrameView)[]>;

function tooLarge(): never {
  throw new RangeError('the number is over Number.MAX_SAFE_INTEGER: read the bigint');
}

/** Columns of a batch: typed arrays of their own memory, one element a frame. */
export interface Columns {
  /** The byte of the kind on the wire: `KINDS[kind - 1]`. */
  kind: Uint8Array;
  /** DATA and END: seq. ACK: upTo. Others: 0. */
  number: BigUint64Array;
  /** DATA: bytes of its body. Others: 0. */
  len: Uint32Array;
}

/**
 * The frames that one chunk held, in order. Iterating gives them and then throws the reject that follows them, if one
 * does. Frames and batches stay right for ever, as long as the chunk's memory is left alone.
 */
export class Frames implements Iterable<Frame> {
  /** @internal Enumerable, as that of a frame. */
  readonly batch: Batch;
  readonly #first: number;
  // Declared only: a field that is defined before it is set takes room from what V8 inlines of an iteration.
  /** How many frames there are. */
  declare readonly length: number;
  /** The reject of the bytes behind the last of these frames. */
  declare readonly reject: OapRejectError | undefined;

  /** @internal */
  constructor(batch: Batch, reject: OapRejectError | undefined, first = 0) {
    this.batch = batch;
    this.#first = first;
    this.length = batch.count - first;
    this.reject = reject;
  }

  /** The frame at `index`; counted from the end where that is negative. */
  at(index: number): Frame | undefined {
    const place = index < 0 ? this.length + index : index;
    const there = Number.isInteger(place) && place >= 0 && place < this.length;
    return there
      ? (new FrameView(this.batch, this.batch.words(), this.#word(place)) as unknown as Frame)
      : undefined;
  }

  /** The batch without its first frames. */
  from(index: number): Frames {
    const first = Math.min(Math.max(index, 0), this.length);
    return new Frames(this.batch, this.reject, this.#first + first);
  }

  [Symbol.iterator](): Iterator<Frame, unknown> {
    return new FramesIterator(this.batch, this.#word(0), this.reject);
  }

  /** Numbers of all frames at once, copied. */
  columns(): Columns {
    const kind = new Uint8Array(this.length);
    const number = new BigUint64Array(this.length);
    const len = new Uint32Array(this.length);
    const words = this.batch.words();
    const { wide } = this.batch;
    for (let index = 0, at = this.#word(0); index < this.length; index += 1, at += Row.Words) {
      const byte = (words[at + Row.Kind]! >>> 16) & 0xff;
      kind[index] = byte;
      number[index] = byte === HELLO ? 0n : wide[at >>> 1]!;
      len[index] = words[at + Row.BodyLen]!;
    }
    return { kind, number, len };
  }

  /** The frames as they are put into JSON, and the reject that follows them. */
  toJSON(): { frames: unknown[]; reject?: OapRejectError } {
    const frames = Array.from({ length: this.length }, (_, index) => this.at(index)!.toJSON());
    return this.reject === undefined ? { frames } : { frames, reject: this.reject };
  }

  /** Other for each other batch, as that of a frame. */
  get [Symbol.toStringTag](): string {
    const tags = Array.from({ length: this.length }, (_, index) => String(this.at(index)));
    return `Frames ${digestOf(tags.join())}`;
  }

  /** Frames are many: a batch shows how many. */
  [inspect.custom](): string {
    return `Frames(${this.length})`;
  }

  #word(index: number): number {
    return (1 + this.#first + index) * Row.Words;
  }
}

class FramesIterator implements Iterator<Frame, unknown> {
  readonly #batch: Batch;
  #at: number;
  readonly #end: number;
  readonly #reject: OapRejectError | undefined;

  constructor(batch: Batch, at: number, reject: OapRejectError | undefined) {
    this.#batch = batch;
    this.#at = at;
    this.#end = (1 + batch.count) * Row.Words;
    this.#reject = reject;
  }

  // One result object and one frame, done or not: V8 keeps off the heap only what is made in one place, and an iteration
  // would take half as long again. The frame behind the last one is the table's head, which has no kind and no field.
  next(): IteratorResult<Frame, Frame> {
    const at = this.#at;
    const done = at >= this.#end;
    if (done && this.#reject !== undefined) {
      throw this.#reject;
    }
    this.#at = at + Row.Words;
    const batch = this.#batch;
    return { done, value: new FrameView(batch, batch.words(), done ? 0 : at) as unknown as Frame };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
