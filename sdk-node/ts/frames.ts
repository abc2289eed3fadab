/** A batch of frames: what one chunk held. */

import { inspect, type InspectOptions } from 'node:util';
import { HAS_ACK_WINDOW, HAS_FEATURES, HAS_OBJ, KINDS, VERSION, type Kind } from './constants.js';
import type { OapRejectError } from './errors.js';
import type { Frame } from './frame.js';
import { Row, type Batch } from './table.js';

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
  readonly #batch: Batch;
  /** The word at which its row starts. */
  readonly #at: number;

  constructor(batch: Batch, at: number) {
    this.#batch = batch;
    this.#at = at;
  }

  get kind(): Kind {
    return NAMES[byteOf(this.#batch, this.#at)]!;
  }

  get seq(): bigint | undefined {
    const byte = byteOf(this.#batch, this.#at);
    return byte === DATA || byte === END ? wideOf(this.#batch, this.#at) : undefined;
  }

  get seqNumber(): number | undefined {
    const byte = byteOf(this.#batch, this.#at);
    return byte === DATA || byte === END ? numberOf(this.#batch, this.#at) : undefined;
  }

  get upTo(): bigint | undefined {
    return byteOf(this.#batch, this.#at) === ACK ? wideOf(this.#batch, this.#at) : undefined;
  }

  get upToNumber(): number | undefined {
    return byteOf(this.#batch, this.#at) === ACK ? numberOf(this.#batch, this.#at) : undefined;
  }

  get obj(): string | undefined {
    return has(this.#batch, this.#at, DATA, HAS_OBJ) ? this.#batch.text(this.#at, 'latin1') : undefined;
  }

  get len(): number | undefined {
    return byteOf(this.#batch, this.#at) === DATA ? this.#batch.words[this.#at + Row.BodyLen] : undefined;
  }

  get body(): Buffer | undefined {
    return byteOf(this.#batch, this.#at) === DATA ? this.#batch.body(this.#at) : undefined;
  }

  get stream(): string | undefined {
    return byteOf(this.#batch, this.#at) === START ? this.#batch.text(this.#at, 'utf8') : undefined;
  }

  get reason(): string | undefined {
    return byteOf(this.#batch, this.#at) === ERROR ? this.#batch.text(this.#at, 'utf8') : undefined;
  }

  get status(): number | undefined {
    return valueOf(this.#batch, this.#at, END);
  }

  get code(): number | undefined {
    return valueOf(this.#batch, this.#at, ERROR);
  }

  get version(): number | undefined {
    return byteOf(this.#batch, this.#at) === HELLO ? VERSION : undefined;
  }

  get maxFrame(): bigint | undefined {
    const value = valueOf(this.#batch, this.#at, HELLO);
    return value === undefined ? undefined : BigInt(value);
  }

  get maxFrameNumber(): number | undefined {
    return valueOf(this.#batch, this.#at, HELLO);
  }

  get features(): bigint | undefined {
    return has(this.#batch, this.#at, HELLO, HAS_FEATURES) ? wideOf(this.#batch, this.#at) : undefined;
  }

  get ackWindow(): number | undefined {
    const there = has(this.#batch, this.#at, HELLO, HAS_ACK_WINDOW);
    return there ? this.#batch.words[this.#at + Row.Kind]! & 0xffff : undefined;
  }

  /** A plain object that shares no memory with the chunk: to keep, to compare, to post to another thread. */
  toObject(): Record<string, unknown> {
    const fields = FIELDS[this.kind].map((name) => [name, this[name]] as const);
    const object = Object.fromEntries(fields.filter(([, value]) => value !== undefined));
    return byteOf(this.#batch, this.#at) === DATA
      ? { kind: this.kind, ...object, body: Buffer.from(this.body!) }
      : { kind: this.kind, ...object };
  }

  /** All but payload and feature bits, which are logged nowhere. */
  [inspect.custom](_depth: number, options: InspectOptions): string {
    const shown = FIELDS[this.kind].filter((name) => name !== 'features' && this[name] !== undefined);
    const object = Object.fromEntries(shown.map((name) => [name, this[name]]));
    return `${this.kind} ${inspect(byteOf(this.#batch, this.#at) === DATA ? { ...object, len: this.len } : object, options)}`;
  }
}

const byteOf = (batch: Batch, at: number): number => (batch.words[at + Row.Kind]! >>> 16) & 0xff;

const wideOf = (batch: Batch, at: number): bigint => batch.wide[at >>> 1]!;

function has(batch: Batch, at: number, byte: number, flag: number): boolean {
  const word = batch.words[at + Row.Kind]!;
  return ((word >>> 16) & 0xff) === byte && ((word >>> 24) & flag) !== 0;
}

function valueOf(batch: Batch, at: number, byte: number): number | undefined {
  return byteOf(batch, at) === byte ? batch.words[at + Row.Value] : undefined;
}

function numberOf(batch: Batch, at: number): number {
  const words = batch.words;
  const high = words[at + Row.SeqHigh]!;
  const low = words[at + Row.SeqLow]!;
  return high === 0 ? low : exact(high, low);
}

const FIELDS = {
  HELLO: ['version', 'maxFrame', 'features', 'ackWindow'],
  START: ['stream'],
  DATA: ['seq', 'obj'],
  ACK: ['upTo'],
  END: ['seq', 'status'],
  ERROR: ['code', 'reason'],
} as const satisfies Record<Kind, readonly (keyof FrameView)[]>;

function exact(high: number, low: number): number {
  const value = high * 2 ** 32 + low;
  if (value > Number.MAX_SAFE_INTEGER) {
    throw new RangeError('the number is over Number.MAX_SAFE_INTEGER: read the bigint');
  }
  return value;
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
  readonly #batch: Batch;
  readonly #first: number;
  /** How many frames there are. */
  readonly length: number;
  /** What the bytes behind the last of these frames were rejected for. */
  readonly reject: OapRejectError | undefined;

  /** @internal */
  constructor(batch: Batch, reject: OapRejectError | undefined, first = 0) {
    this.#batch = batch;
    this.#first = first;
    this.length = batch.count - first;
    this.reject = reject;
  }

  /** The frame at `index`; counted from the end where that is negative. */
  at(index: number): Frame | undefined {
    const place = index < 0 ? this.length + index : index;
    const there = Number.isInteger(place) && place >= 0 && place < this.length;
    return there ? (new FrameView(this.#batch, this.#word(place)) as unknown as Frame) : undefined;
  }

  /** The batch without its first frames. */
  from(index: number): Frames {
    const first = Math.min(Math.max(index, 0), this.length);
    return new Frames(this.#batch, this.reject, this.#first + first);
  }

  [Symbol.iterator](): Iterator<Frame, unknown> {
    return new FramesIterator(this.#batch, this.#word(0), this.#word(this.length), this.reject);
  }

  /** Numbers of all frames at once, copied. */
  columns(): Columns {
    const kind = new Uint8Array(this.length);
    const number = new BigUint64Array(this.length);
    const len = new Uint32Array(this.length);
    const { words, wide } = this.#batch;
    for (let index = 0, at = this.#word(0); index < this.length; index += 1, at += Row.Words) {
      const byte = (words[at + Row.Kind]! >>> 16) & 0xff;
      kind[index] = byte;
      number[index] = byte === HELLO ? 0n : wide[at >>> 1]!;
      len[index] = words[at + Row.BodyLen]!;
    }
    return { kind, number, len };
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

  constructor(batch: Batch, at: number, end: number, reject: OapRejectError | undefined) {
    this.#batch = batch;
    this.#at = at;
    this.#end = end;
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
    return { done, value: new FrameView(this.#batch, done ? 0 : at) as unknown as Frame };
  }

  [Symbol.iterator](): this {
    return this;
  }
}
