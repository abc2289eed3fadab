/** The straight path of DATA and ACK, which are nearly all frames: a third of the time that the core takes. */

import { MAX_FRAME_BYTES } from './constants.js';
import type { AckInit, DataInit, FrameInit, U64 } from './frame.js';

const PREFIX_BYTES = 8;
const DATA = 3;
const ACK = 4;
/** Key of field 1, a varint; key of field 2, a string. */
const FIRST_VARINT = 0x08;
const SECOND_STRING = 0x12;
const OBJ_BYTES = 67;
const OBJ_START = 'b3:';
/** Key, length, text. */
const OBJ_FIELD_BYTES = 2 + OBJ_BYTES;

const IS_HEX = new Uint8Array(256);
for (const digit of '0123456789abcdef') {
  IS_HEX[digit.charCodeAt(0)] = 1;
}

/** Writes the frames; gives the bytes written, or −1 where one is not plainly good: the core then says what it is. */
export function putStraight(out: Uint8Array, frames: readonly FrameInit[]): number {
  let end = 0;
  for (let i = 0; i < frames.length && end >= 0; i += 1) {
    const frame = frames[i]!;
    end = frame.kind === 'DATA' ? putData(out, end, frame) : putAck(out, end, frame as AckInit);
  }
  return end;
}

/** Bytes that the frames have; −1 where one is not for this path. */
export function sizeOf(frames: readonly FrameInit[]): number {
  let size = 0;
  for (let i = 0; i < frames.length; i += 1) {
    const frame = frames[i]!;
    const more =
      frame.kind === 'DATA' ? sizeOfData(frame) : frame.kind === 'ACK' ? sizeOfNumber(frame.upTo) : -1;
    if (more < 0) {
      return -1;
    }
    size += PREFIX_BYTES + more;
  }
  return size;
}

function sizeOfData({ seq, obj, body }: DataInit): number {
  const header = sizeOfNumber(seq) + (obj === undefined ? 0 : OBJ_FIELD_BYTES);
  if (header < 0 || body === undefined) {
    return header;
  }
  return body instanceof Uint8Array && body.length > 0 ? header + body.length : -1;
}

/** Key and varint; far below 0 for what is no safe integer. */
function sizeOfNumber(given: U64): number {
  const value = typeof given === 'bigint' ? Number(given) : given;
  if (!Number.isSafeInteger(value) || value < 0) {
    return -OBJ_FIELD_BYTES - 1;
  }
  let size = 2;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) {
    size += 1;
  }
  return size;
}

/** Writes the frame behind `start`; gives its end, or −1 where it is not plainly good. */
function putData(out: Uint8Array, start: number, frame: DataInit): number {
  let end = putNumber(out, start + PREFIX_BYTES, frame.seq);
  const { obj, body } = frame;
  if (end >= 0 && obj !== undefined) {
    end = putObj(out, end, obj);
  }
  if (end < 0) {
    return -1;
  }
  const headerEnd = end;
  if (body !== undefined) {
    out.set(body, end);
    end += body.length;
  }
  const length = end - start;
  putPrefix(out, start, length, DATA, headerEnd - start - PREFIX_BYTES);
  return length <= MAX_FRAME_BYTES ? end : -1;
}

function putAck(out: Uint8Array, start: number, frame: AckInit): number {
  const end = putNumber(out, start + PREFIX_BYTES, frame.upTo);
  if (end >= 0) {
    putPrefix(out, start, end - start, ACK, end - start - PREFIX_BYTES);
  }
  return end;
}

function putPrefix(out: Uint8Array, at: number, length: number, kind: number, headerLen: number): void {
  out[at] = length >>> 24;
  out[at + 1] = length >>> 16;
  out[at + 2] = length >>> 8;
  out[at + 3] = length;
  out[at + 4] = kind;
  out[at + 5] = 0;
  out[at + 6] = headerLen >>> 8;
  out[at + 7] = headerLen;
}

/** Field 1, up to 2^53 − 1. */
function putNumber(out: Uint8Array, at: number, given: U64): number {
  let value = typeof given === 'bigint' ? Number(given) : given;
  if (!Number.isSafeInteger(value) || value < 0) {
    return -1;
  }
  out[at] = FIRST_VARINT;
  let end = at + 1;
  while (value >= 0x8000_0000) {
    out[end++] = (value & 0x7f) | 0x80;
    value = Math.floor(value / 0x80);
  }
  while (value > 0x7f) {
    out[end++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  out[end++] = value;
  return end;
}

/** The last address that was good, and its field: all DATA of an object have the same. */
let lastObj: string | undefined;
const lastField = new Uint8Array(OBJ_FIELD_BYTES);

/** Field 2, an address. */
function putObj(out: Uint8Array, at: number, obj: string): number {
  if (obj !== lastObj && !keepObj(obj)) {
    return -1;
  }
  out.set(lastField, at);
  return at + OBJ_FIELD_BYTES;
}

function keepObj(obj: string): boolean {
  if (typeof obj !== 'string' || obj.length !== OBJ_BYTES || !obj.startsWith(OBJ_START)) {
    return false;
  }
  lastObj = undefined;
  lastField[0] = SECOND_STRING;
  lastField[1] = OBJ_BYTES;
  let good = 1;
  for (let i = 0; i < OBJ_BYTES; i += 1) {
    const unit = obj.charCodeAt(i);
    good &= i < OBJ_START.length ? 1 : IS_HEX[unit & 0xff]! & Number(unit < 0x80);
    lastField[2 + i] = unit;
  }
  if (good === 1) {
    lastObj = obj;
  }
  return good === 1;
}
