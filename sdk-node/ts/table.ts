/** Tables that the core fills: one row a frame, in memory that JavaScript owns. The first row is the table's head. */

import { LEAD_WORDS } from './constants.js';
import { readable } from './memory.js';
import { native, type Fill } from './native.js';

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
const LEAD = 3;
const ENDING = 4;
const SEAT = 5;
const FULL = 1;
const REJECTED = 2;

/** The smallest frame: what `MAX_ROWS` more rows can come of. */
const MIN_FRAME_BYTES = 10;
const FIRST_ROWS = 2_048;
/** A table of more rows is given to its batch, not kept for the next one. */
const KEPT_ROWS = 65_536;
const MAX_CHUNK_BYTES = 0xffff_ffff;

class Table {
  readonly rows: number;
  readonly words: Uint32Array;
  readonly wide: BigUint64Array;
  /** Which fill its rows are of. */
  generation = 0;

  constructor(rows: number, more = 0) {
    this.rows = rows;
    this.words = new Uint32Array((rows + 1) * Row.Words + more);
    this.wide = new BigUint64Array(this.words.buffer);
  }
}

/** A table that the native half knows, with room for a frame that an earlier chunk began. */
class Lane extends Table {
  readonly #fill: Fill;
  readonly #lead: Buffer;

  constructor(rows: number) {
    super(rows, LEAD_WORDS);
    this.#fill = native.lane(this.words);
    this.#lead = Buffer.from(this.words.buffer, (rows + 1) * Row.Words * Uint32Array.BYTES_PER_ELEMENT);
  }

  /** Fills it; gives the bytes of the first row, where they are not the chunk's. */
  fill(seat: number, chunk: Uint8Array): Buffer | null {
    const words = this.words;
    words[SEAT] = seat;
    this.generation += 1;
    const large = this.#fill(chunk);
    const length = words[LEAD]!;
    return length === 0 ? null : (large ?? Buffer.from(this.#lead.subarray(0, length)));
  }
}

/** The table that every fill of this thread uses: a batch reads it until the next fill, and then a table of its own. */
let scratch = new Lane(FIRST_ROWS);

const NO_BYTES = new Uint8Array(0);

/** The frames of one chunk: where their rows are, and the bytes that those point into. */
export class Batch {
  #table: Table;
  #generation: number;
  readonly count: number;
  readonly rejected: boolean;
  readonly #chunk: Uint8Array;
  readonly #shift: number;
  /** The chunk's memory, and where in it the rows' offsets count from; once a body or text was read. */
  #memory: ArrayBuffer | undefined = undefined;
  #origin = 0;
  /** The bytes of the first row, where an earlier chunk began its frame. */
  readonly #lead: Buffer | null;

  constructor(table: Table, chunk: Uint8Array, lead: Buffer | null) {
    const { words } = table;
    this.#table = table;
    this.#generation = table.generation;
    this.count = words[ROWS]!;
    this.rejected = words[ENDING] === REJECTED;
    this.#chunk = chunk;
    this.#shift = words[SHIFT]!;
    this.#lead = lead;
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
    const lead = this.#lead;
    if (lead !== null && at === Row.Words) {
      return lead.subarray(words[at + Row.Body]!, words[at + Row.Body]! + words[at + Row.BodyLen]!);
    }
    return new View(
      this.#memory ?? this.#lookUp(),
      this.#origin + words[at + Row.Body]!,
      words[at + Row.BodyLen]!,
    );
  }

  /** The text of the row at word `at`. */
  text(at: number, encoding: 'utf8' | 'latin1'): string {
    const words = this.words();
    const start = words[at + Row.Text]!;
    const length = words[at + Row.TextLen]! & 0xffff;
    const lead = this.#lead;
    const bytes =
      lead !== null && at === Row.Words
        ? lead.subarray(start, start + length)
        : new View(this.#memory ?? this.#lookUp(), this.#origin + start, length);
    return bytes.toString(encoding);
  }

  #lookUp(): ArrayBuffer {
    this.#origin = this.#chunk.byteOffset + this.#shift;
    return (this.#memory = this.#chunk.buffer as ArrayBuffer);
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
export function fill(seat: number, given: Uint8Array): Batch {
  const plain = given?.length > 0 && given.length <= MAX_CHUNK_BYTES;
  const chunk = plain ? given : checked(given);
  const lead = scratch.fill(seat, chunk);
  const ending = scratch.words[ENDING]!;
  if (ending >= FULL && ending !== REJECTED) {
    return ending === FULL ? fillOn(seat, chunk, lead) : fill(seat, checked(given));
  }
  return new Batch(scratch, chunk, lead);
}

/** What the native half does not look at: memory of other kinds, what is no chunk. */
function checked(given: Uint8Array): Uint8Array {
  const chunk = readable(given, 'a chunk');
  if (chunk.length > MAX_CHUNK_BYTES) {
    throw new RangeError(`a chunk has at most ${MAX_CHUNK_BYTES} bytes`);
  }
  return chunk;
}

/** Goes on with a chunk of more frames than there are rows. */
function fillOn(seat: number, chunk: Uint8Array, lead: Buffer | null): Batch {
  do {
    const { words, rows } = scratch;
    scratch = larger(words, chunk.length);
    scratch.words.set(words.subarray(0, (rows + 1) * Row.Words));
    scratch.fill(seat, chunk);
  } while (scratch.words[ENDING] === FULL);
  const batch = new Batch(scratch, chunk, lead);
  if (scratch.rows > KEPT_ROWS) {
    scratch = new Lane(FIRST_ROWS);
  }
  return batch;
}

function larger(words: Uint32Array, chunkLength: number): Lane {
  const found = words[ROWS]!;
  const atMost = found + Math.ceil((chunkLength - words[CONSUMED]!) / MIN_FRAME_BYTES) + 1;
  return new Lane(Math.min(found * 4, atMost));
}
