/** Tables that the core fills: one row a frame, in memory that JavaScript owns. The first row is the table's head. */

import { readable } from './memory.js';
import { native, type Taker } from './native.js';

/** Words of a row and the places in it: `Row` of the core. An enum, since its members are written into the code. */
export const enum Row {
  SeqLow = 0,
  SeqHigh = 1,
  Body = 2,
  BodyLen = 3,
  Text = 4,
  Value = 5,
  /** In its low half; the header's length is in the high one. */
  TextLen = 6,
  /** ack_window in the low half, then kind, then flags. */
  Kind = 7,
  Words = 8,
}

/** Places in the head, and how a call ended: `fill.rs`. */
const ROWS = 0;
const CONSUMED = 1;
const SHIFT = 2;
const ENDING = 3;
const FULL = 1;
const REJECTED = 2;

/** The smallest frame: what `MAX_ROWS` more rows can come of. */
const MIN_FRAME_BYTES = 10;
const FIRST_ROWS = 2_048;
/** A table of more rows is given to its batch, not kept for the next one. */
const KEPT_ROWS = 65_536;
const MAX_CHUNK_BYTES = 0xffff_ffff;

export class Table {
  readonly words: Uint32Array;
  readonly wide: BigUint64Array;
  /** Which fill its rows are of. */
  generation = 0;

  constructor(rows: number) {
    const memory = new ArrayBuffer((rows + 1) * Row.Words * Uint32Array.BYTES_PER_ELEMENT);
    this.words = new Uint32Array(memory);
    this.wide = new BigUint64Array(memory);
  }

  get rows(): number {
    return this.words.length / Row.Words - 1;
  }
}

/** The table that every fill of this thread uses: a batch reads it until the next fill, and then a table of its own. */
let scratch = new Table(FIRST_ROWS);

const NO_BYTES = new Uint8Array(0);

/** The frames of one chunk: where their rows are, and the bytes that those point into. */
export class Batch {
  #table: Table;
  #generation: number;
  readonly count: number;
  readonly rejected: boolean;
  readonly #chunk: Uint8Array;
  readonly #memory: ArrayBuffer;
  /** Where in that memory the rows' offsets count from. */
  readonly #origin: number;
  readonly #shift: number;
  /** The bytes of the first row, where an earlier chunk began its frame. */
  readonly #lead: Buffer | null;

  constructor(table: Table, chunk: Uint8Array, lead: Buffer | null) {
    const { words } = table;
    this.#table = table;
    this.#generation = table.generation;
    this.count = words[ROWS]!;
    this.rejected = words[ENDING] === REJECTED;
    this.#chunk = chunk;
    this.#memory = chunk.buffer as ArrayBuffer;
    this.#shift = words[SHIFT]!;
    this.#origin = chunk.byteOffset + this.#shift;
    this.#lead = lead;
  }

  get words(): Uint32Array {
    const table = this.#table;
    return (table.generation === this.#generation ? table : this.#own()).words;
  }

  get wide(): BigUint64Array {
    const table = this.#table;
    return (table.generation === this.#generation ? table : this.#own()).wide;
  }

  /** The body of the row at word `at`. */
  body(at: number): Buffer {
    const words = this.words;
    const lead = this.#lead;
    if (lead !== null && at === Row.Words) {
      return lead.subarray(words[at + Row.Body]!, words[at + Row.Body]! + words[at + Row.BodyLen]!);
    }
    return new View(this.#memory, this.#origin + words[at + Row.Body]!, words[at + Row.BodyLen]!);
  }

  /** The text of the row at word `at`. */
  text(at: number, encoding: 'utf8' | 'latin1'): string {
    const words = this.words;
    const start = words[at + Row.Text]!;
    const length = words[at + Row.TextLen]! & 0xffff;
    const lead = this.#lead;
    const bytes =
      lead !== null && at === Row.Words
        ? lead.subarray(start, start + length)
        : new View(this.#memory, this.#origin + start, length);
    return bytes.toString(encoding);
  }

  /** The scratch table has gone on: the rows are read once more, from the bytes, into a table that stays. */
  #own(): Table {
    const table = new Table(this.count);
    if (!native.refill(this.#lead ?? NO_BYTES, this.#chunk, this.#shift, table.words)) {
      throw new Error('the chunk that holds these frames was changed or detached after it was fed');
    }
    this.#table = table;
    this.#generation = table.generation;
    return table;
  }
}

/** The class whose instances all Buffers are. Its constructor takes a third of the time of `subarray` and `from`. */
const View = (Buffer as unknown as Record<symbol, unknown>)[Symbol.species] as new (
  memory: ArrayBuffer,
  offset: number,
  length: number,
) => Buffer;

/** Decodes a chunk: one native call, unless the table is too small for it. */
export function fill(taker: Taker, given: Uint8Array): Batch {
  const chunk = readable(given, 'a chunk');
  if (chunk.length > MAX_CHUNK_BYTES) {
    throw new RangeError(`a chunk has at most ${MAX_CHUNK_BYTES} bytes`);
  }
  scratch.generation += 1;
  let lead = taker.fill(chunk, scratch.words, false);
  while (scratch.words[ENDING] === FULL) {
    const { words } = scratch;
    scratch = larger(words, chunk.length);
    scratch.words.set(words);
    scratch.generation += 1;
    lead = taker.fill(chunk, scratch.words, true) ?? lead;
  }
  const batch = new Batch(scratch, chunk, lead);
  if (scratch.rows > KEPT_ROWS) {
    scratch = new Table(FIRST_ROWS);
  }
  return batch;
}

function larger(words: Uint32Array, chunkLength: number): Table {
  const found = words[ROWS]!;
  const atMost = found + Math.ceil((chunkLength - words[CONSUMED]!) / MIN_FRAME_BYTES) + 1;
  return new Table(Math.min(found * 4, atMost));
}
