/** Tables that the core fills: one row a frame, in memory that JavaScript owns. The first row is the table's head. */

import { Ending, Head, Row, Wire } from './generated.js';
import {
  allocUnsafe,
  bufferOf,
  BufferView,
  byteOffsetOf,
  Bytes,
  lengthOf,
  markAsUntransferable,
  textOf,
} from './intrinsics.js';
import { readable } from './memory.js';
import type { NativeTable } from './binding.js';
import { native } from './native.js';

const FIRST_ROWS = 2_048;
/** A table of more rows is given to its batch, not kept for the next one. */
const KEPT_ROWS = 65_536;

/** Rows as a batch reads them. */
interface Table {
  readonly words: Uint32Array;
  readonly wide: BigUint64Array;
  /** Which chunk its rows are of. */
  generation: number;
}

/**
 * A table whose memory the native half knows, with room for a small frame that an earlier chunk began. That memory goes
 * to no built-in, not even to make a view of it: a program that patches one could take it away from under the native half.
 */
class NativeRows implements Table {
  readonly rows: number;
  readonly words: Uint32Array;
  readonly wide: BigUint64Array;
  generation = 0;
  readonly #partial: Uint8Array;
  readonly #decode: NativeTable['decode'];

  constructor(rows: number) {
    const { words, wide, partial, decode } = native.newTable(rows);
    markAsUntransferable(bufferOf(words as unknown as Uint8Array));
    this.rows = rows;
    this.words = words;
    this.wide = wide;
    this.#partial = partial;
    this.#decode = decode;
  }

  /** Decodes a chunk into it. Returns the bytes of the first frame, where they are not the chunk's. */
  decode(slot: number, chunk: Uint8Array): Buffer | null {
    const words = this.words;
    words[Head.Slot] = slot;
    this.generation += 1;
    const large = this.#decode(chunk);
    const length = words[Head.Partial]!;
    return length === 0 ? null : (large ?? copied(this.#partial, length));
  }
}

function copied(bytes: Uint8Array, length: number): Buffer {
  const copy = allocUnsafe(length);
  for (let place = 0; place < length; place += 1) {
    copy[place] = bytes[place]!;
  }
  return copy;
}

/** The table that every call of this thread uses: a batch reads it until the next call, and then a table of its own. */
let scratch = new NativeRows(FIRST_ROWS);

const NO_BYTES = new Bytes(0);

/** The error of a clone shows the text of the function that can't be cloned. */
const ADVICE = () => 'frames read their fields on demand: copy, clone and post frame.toObject()';

Object.defineProperty(ADVICE, 'name', { value: 'use frame.toObject()' });

/** The frames of one chunk: where their rows are, and the bytes that those point into. */
export class Batch {
  #table: Table;
  #generation: number;
  readonly #count: number;
  readonly #rejected: boolean;
  /** Own and enumerable: who clones a frame or batch is told by it what to do. */
  readonly advice = ADVICE;
  readonly #chunk: Uint8Array;
  readonly #shift: number;
  /** The chunk's memory, and where in it the rows' offsets count from; once a body or text was read. */
  #memory: ArrayBuffer | undefined = undefined;
  #origin = 0;
  /** The bytes of the first frame, where an earlier chunk began it. */
  readonly #partial: Buffer | null;
  /** A connection gives some frames of a chunk and keeps the others. */
  readonly #ofConnection: boolean;

  constructor(table: Table, chunk: Uint8Array, partial: Buffer | null, ofConnection: boolean) {
    const { words } = table;
    this.#table = table;
    this.#generation = table.generation;
    this.#count = words[Head.Rows]!;
    this.#rejected = words[Head.Ending] === Ending.Rejected;
    this.#chunk = chunk;
    this.#shift = words[Head.Shift]!;
    this.#partial = partial;
    this.#ofConnection = ofConnection;
  }

  get count(): number {
    return this.#count;
  }

  get rejected(): boolean {
    return this.#rejected;
  }

  /** A method, not a getter: how often a getter is called is unknown to V8, which then inlines it last or never. */
  words(): Uint32Array {
    const table = this.#table;
    return (table.generation === this.#generation ? table : this.#own()).words;
  }

  get wide(): BigUint64Array {
    const table = this.#table;
    return (table.generation === this.#generation ? table : this.#own()).wide;
  }

  /** The body of the row at word `at`. */
  body(at: number): Buffer {
    const words = this.words();
    return this.#view(at, words[at + Row.Body]!, words[at + Row.BodyLen]!);
  }

  /** The text of the row at word `at`. */
  text(at: number, encoding: 'utf8' | 'latin1'): string {
    const words = this.words();
    const view = this.#view(at, words[at + Row.Text]!, words[at + Row.TextLen]! & 0xffff);
    return textOf(view, encoding);
  }

  /** Bytes of the frame whose row is at word `at`: the first one may have been begun by an earlier chunk. */
  #view(at: number, start: number, length: number): Buffer {
    const partial = this.#partial;
    if (partial !== null && at === Row.Words) {
      return new BufferView(bufferOf(partial), byteOffsetOf(partial) + start, length);
    }
    return new BufferView(this.#memory ?? this.#lookUp(), this.#origin + start, length);
  }

  #lookUp(): ArrayBuffer {
    this.#origin = byteOffsetOf(this.#chunk) + this.#shift;
    return (this.#memory = bufferOf(this.#chunk) as ArrayBuffer);
  }

  /** The scratch table has gone on: the rows are read once more, from the bytes, into a table that stays. */
  #own(): Table {
    const words = new Uint32Array((this.#count + 1) * Row.Words);
    const partial = this.#partial ?? NO_BYTES;
    if (!native.decodeAgain(partial, this.#chunk, this.#shift, words, this.#ofConnection)) {
      throw new Error('the chunk that holds these frames was changed or detached after it was fed');
    }
    const wide = new BigUint64Array(words.buffer);
    this.#generation = 0;
    return (this.#table = { words, wide, generation: 0 });
  }
}

/** Decodes a chunk: one native call, unless the table is too small for it. */
export function decodeChunk(slot: number, given: Uint8Array, ofConnection = false): Batch {
  const partial = scratch.decode(slot, given);
  const { words } = scratch;
  const ending = words[Head.Ending]!;
  if (ending === Ending.Full || ending === Ending.Unreadable) {
    return ending === Ending.Full
      ? decodeOn(slot, given, partial, ofConnection)
      : decodeCopy(slot, given, ofConnection);
  }
  if (ending === Ending.Done && words[Head.Consumed] === 0) {
    // It has no bytes, and so has a chunk whose memory is detached.
    readable(given, 'a chunk');
  }
  return new Batch(scratch, given, partial, ofConnection);
}

/** Memory that the native half does not read: it is shared. */
function decodeCopy(slot: number, given: Uint8Array, ofConnection: boolean): Batch {
  const chunk = readable(given, 'a chunk');
  if (chunk === given) {
    throw new TypeError('a chunk is a Uint8Array over an ArrayBuffer or a SharedArrayBuffer');
  }
  return decodeChunk(slot, chunk, ofConnection);
}

/** Goes on with a chunk of more frames than there are rows. */
function decodeOn(slot: number, chunk: Uint8Array, partial: Buffer | null, ofConnection: boolean): Batch {
  do {
    const { words, rows } = scratch;
    scratch = larger(words, lengthOf(chunk));
    for (let place = 0; place < (rows + 1) * Row.Words; place += 1) {
      scratch.words[place] = words[place]!;
    }
    scratch.decode(slot, chunk);
  } while (scratch.words[Head.Ending] === Ending.Full);
  const batch = new Batch(scratch, chunk, partial, ofConnection);
  if (scratch.rows > KEPT_ROWS) {
    scratch = new NativeRows(FIRST_ROWS);
  }
  return batch;
}

function larger(words: Uint32Array, chunkLength: number): NativeRows {
  const found = words[Head.Rows]!;
  const atMost = found + Math.ceil((chunkLength - words[Head.Consumed]!) / Wire.MinFrameBytes) + 1;
  return new NativeRows(Math.min(found * 4, atMost));
}
