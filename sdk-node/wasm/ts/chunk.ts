/** One chunk into one table: what `chunk.rs` does for the binaries, with a copy of the chunk in the module's memory. */

import { Abi, FrameTableAt, RowAt } from './abi.js';
import type { NativeTable } from './binding.js';
import { Ending, Head, Row } from './generated.js';
import {
  boolAt,
  bytesAt,
  calls,
  faultOf,
  heap,
  madeBy,
  numbers,
  type Pointer,
  Region,
  SCRATCH,
  u32At,
} from './heap.js';
import {
  bufferOf,
  Bytes,
  copyOf,
  isUint8Array,
  isUnshared,
  lengthOf,
  setBytes,
  viewOf,
} from './intrinsics.js';
import { MAX_CALL_BYTES } from './memory.js';
import type { CallTimer } from './native-monitor.js';
import { isReject } from './rejection.js';
import { Slots } from './slots.js';

/** Words behind the rows: room for the bytes of a small frame that an earlier chunk began. */
const PARTIAL_WORDS = 128;
const WORD_BYTES = 4;

/** Rows that one call of the module fills. */
const CALL_ROWS = 1_024;
const rows = new Region();
const chunks = new Region();

/** Takes a chunk: the call of a decoder, a session or a connection. */
export type Feed = (
  chunk: Pointer,
  length: number,
  rows: Pointer,
  capacity: number,
  table: Pointer,
) => number;

/** A decoder, and what a call has to know of those before. */
export class Slot {
  readonly feed: Feed;
  readonly timer: CallTimer;
  /** The last call ran out of rows: the next one goes on with its chunk. */
  full = false;
  /** The handle is freed: what still comes is dealt with. */
  closed = false;

  constructor(feed: Feed, timer: CallTimer) {
    this.feed = feed;
    this.timer = timer;
  }
}

export const slots = new Slots<Slot>();

/** The table that `newTable` of the binaries gives, in memory of JavaScript. */
export function newTable(count: number): NativeTable {
  const rowsEnd = (count + 1) * Row.Words;
  const words = new Uint32Array(rowsEnd + PARTIAL_WORDS);
  const partial = new Bytes(words.buffer, rowsEnd * WORD_BYTES, PARTIAL_WORDS * WORD_BYTES);
  const wide = new BigUint64Array(words.buffer);
  const decode = (chunk: Uint8Array): Buffer | undefined => {
    if (!isUint8Array(chunk) || !isUnshared(bufferOf(chunk)) || lengthOf(chunk) > MAX_CALL_BYTES) {
      words[Head.Ending] = Ending.Unreadable;
      return undefined;
    }
    const slot = slots.at(words[Head.Slot]!);
    if (slot === undefined) {
      throw new Error('no such slot');
    }
    return new Decoding(slot, chunk, words, count, partial).run();
  };
  return { words, wide, partial, decode };
}

class Decoding {
  readonly #slot: Slot;
  readonly #chunk: Uint8Array;
  readonly #words: Uint32Array;
  readonly #capacity: number;
  readonly #partial: Uint8Array;
  /** Rows that are filled. */
  #rows = 0;
  /** Bytes of the chunk that are dealt with. */
  #consumed = 0;
  /** The byte of the chunk that rows count their offsets from. */
  #shift = 0;
  /** Bytes of the first frame, where an earlier chunk began it. */
  #begun = 0;
  #large: Buffer | undefined;

  constructor(slot: Slot, chunk: Uint8Array, words: Uint32Array, capacity: number, partial: Uint8Array) {
    this.#slot = slot;
    this.#chunk = chunk;
    this.#words = words;
    this.#capacity = capacity;
    this.#partial = partial;
    if (slot.full) {
      this.#rows = words[Head.Rows]!;
      this.#consumed = words[Head.Consumed]!;
      this.#shift = words[Head.Shift]!;
      this.#begun = words[Head.Partial]!;
    }
  }

  run(): Buffer | undefined {
    const slot = this.#slot;
    slot.timer.start(slot.full);
    const ending = slot.closed ? this.#pass() : this.#decode();
    slot.full = ending === Ending.Full;
    if (!slot.full) {
      slot.timer.observeRead();
    }
    const words = this.#words;
    words[Head.Rows] = this.#rows;
    words[Head.Consumed] = this.#consumed;
    words[Head.Shift] = this.#shift;
    words[Head.Partial] = this.#begun;
    words[Head.Ending] = ending;
    return this.#large;
  }

  #pass(): Ending {
    this.#consumed = lengthOf(this.#chunk);
    return Ending.Done;
  }

  #decode(): Ending {
    const [start, length] = [this.#consumed, lengthOf(this.#chunk)];
    const origin = chunks.put(viewOf(this.#chunk, start), length - start) - start;
    const table = rows.reserve(CALL_ROWS * RowAt.SIZE);
    try {
      for (;;) {
        const from = origin + this.#consumed;
        const room = Math.min(CALL_ROWS, this.#capacity - this.#rows);
        const status = this.#slot.feed(from, length - this.#consumed, table, room, SCRATCH);
        if (isReject(status)) {
          return Ending.Rejected;
        }
        if (status !== Abi.STATUS_OK) {
          throw faultOf(status);
        }
        const more = boolAt(SCRATCH + FrameTableAt.more);
        this.#take(from, table);
        if (!more) {
          return Ending.Done;
        }
        if (this.#rows === this.#capacity) {
          return Ending.Full;
        }
      }
    } finally {
      chunks.release();
    }
  }

  /** Takes what a call found. */
  #take(from: Pointer, table: Pointer): void {
    const found = u32At(SCRATCH + FrameTableAt.rows);
    const bytes = u32At(SCRATCH + FrameTableAt.bytes);
    const [start, first] = [this.#consumed, this.#rows];
    copyRows(this.#words, first + 1, table, found);
    this.#consumed += u32At(SCRATCH + FrameTableAt.consumed);
    this.#rows += found;
    if (bytes !== from) {
      // A connection keeps some frames for itself.
      if (found > 0) {
        this.#keep(bytes, table);
      }
      this.#shift = this.#consumed;
    } else if (start !== this.#shift) {
      moveRows(this.#words, first + 1, found, start - this.#shift);
    }
  }

  /** Keeps the bytes of the frame that an earlier chunk began. */
  #keep(bytes: Pointer, row: Pointer): void {
    this.#begun = u32At(row + RowAt.body_offset) + u32At(row + RowAt.body_len);
    const whole = bytesAt(bytes, this.#begun);
    if (this.#begun <= lengthOf(this.#partial)) {
      setBytes(this.#partial, whole, 0);
    } else {
      this.#large = copyOf(whole as Buffer);
    }
  }
}

function copyRows(words: Uint32Array, to: number, from: Pointer, count: number): void {
  const found = new Uint32Array(bufferOf(heap()), from, count * Row.Words);
  setBytes(words as unknown as Uint8Array, found, to * Row.Words);
}

function moveRows(words: Uint32Array, first: number, count: number, by: number): void {
  for (let at = first * Row.Words; at < (first + count) * Row.Words; at += Row.Words) {
    words[at + Row.Body]! += by;
    words[at + Row.Text]! += by;
  }
}

/** A decoder that takes all that strict takes: a frame that is read again was judged before. */
function relaxed(): Pointer {
  const config = madeBy(calls.oap_config_new);
  calls.oap_config_set_strict_headers(config, 0);
  const decoder = madeBy((place) => calls.oap_decoder_new(config, place));
  calls.oap_config_free(config);
  return decoder;
}

/** As `decode_again` of `chunk.rs`. */
export function decodeAgain(
  partial: Uint8Array,
  chunk: Uint8Array,
  shift: number,
  words: Uint32Array,
  ofConnection: boolean,
): boolean {
  const count = lengthOf(words as unknown as Uint8Array) / Row.Words - 1;
  const first = Number(lengthOf(partial) > 0);
  return (
    holds(partial, words, 1, first, ofConnection) &&
    holds(viewOf(chunk, Math.min(shift, lengthOf(chunk))), words, 1 + first, count - first, ofConnection)
  );
}

/** Whether bytes begin with so many frames, whose rows go to row `to` and those behind it. */
function holds(
  bytes: Uint8Array,
  words: Uint32Array,
  to: number,
  count: number,
  ofConnection: boolean,
): boolean {
  const length = lengthOf(bytes);
  const origin = chunks.put(bytes, length);
  const table = rows.reserve(CALL_ROWS * RowAt.SIZE);
  const decoder = relaxed();
  try {
    let [at, kept] = [0, 0];
    while (kept < count) {
      const room = Math.min(CALL_ROWS, count - kept);
      const status = calls.oap_decoder_decode(decoder, origin + at, length - at, table, room, SCRATCH);
      const found = status === Abi.STATUS_OK ? u32At(SCRATCH + FrameTableAt.rows) : 0;
      if (found === 0) {
        return false;
      }
      const fresh = ofConnection ? pickGiven(table, found) : found;
      copyRows(words, to + kept, table, fresh);
      moveRows(words, to + kept, fresh, at);
      kept += fresh;
      at += u32At(SCRATCH + FrameTableAt.consumed);
    }
    return true;
  } finally {
    calls.oap_decoder_free(decoder);
    chunks.release();
  }
}

/** Moves the rows of the frames that a connection gives, START, DATA and END, to the front; how many there are. */
function pickGiven(table: Pointer, count: number): number {
  const view = numbers();
  let kept = 0;
  for (let place = 0; place < count; place += 1) {
    const from = table + place * RowAt.SIZE;
    const kind = view.getUint8(from + RowAt.kind);
    if (kind === Abi.KIND_START || kind === Abi.KIND_DATA || kind === Abi.KIND_END) {
      setBytes(heap(), bytesAt(from, RowAt.SIZE), table + kept * RowAt.SIZE);
      kept += 1;
    }
  }
  return kept;
}
