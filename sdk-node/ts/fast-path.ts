/**
 * The fast path of DATA and ACK, which are nearly all frames: a third of the time that the core takes. The bytes that it writes are
 * held to the core by a property test; its numbers are the core's own.
 */

import type { AckInit, DataInit, FrameInit, U64 } from './frame.js';
import { Wire } from './generated.js';
import { isUint8Array, lengthOf, setBytes } from './intrinsics.js';

const OBJ_START = 'b3:';

const IS_HEX = new Uint8Array(256);
for (const digit of '0123456789abcdef') {
  IS_HEX[digit.charCodeAt(0)] = 1;
}

/** Writes the first `count` frames; returns the bytes written, or −1 where one is not plainly good: the core then judges it. */
export function writeFrames(out: Uint8Array, frames: readonly FrameInit[], count: number): number {
  let end = 0;
  for (let i = 0; i < count && end >= 0; i += 1) {
    const frame = frames[i]!;
    end = frame.kind === 'DATA' ? writeData(out, end, frame) : writeAck(out, end, frame as AckInit);
  }
  return end;
}

/** Bytes that the first `count` frames have; −1 where one is not for this path. */
export function sizeOfFrames(frames: readonly FrameInit[], count: number): number {
  let size = 0;
  for (let i = 0; i < count; i += 1) {
    const frame = frames[i];
    const more =
      frame?.kind === 'DATA' ? sizeOfData(frame) : frame?.kind === 'ACK' ? sizeOfNumber(frame.upTo) : -1;
    if (more < 0) {
      return -1;
    }
    size += Wire.PrefixBytes + more;
  }
  return size;
}

function sizeOfData({ seq, obj, body }: DataInit): number {
  const header = sizeOfNumber(seq) + (obj === undefined ? 0 : Wire.ObjFieldBytes);
  if (header < 0 || body === undefined) {
    return header;
  }
  const length = isUint8Array(body) ? lengthOf(body) : 0;
  // No bytes may also be detached memory, which the core's path refuses.
  return length > 0 ? header + length : -1;
}

/** Key and varint; far below 0 for what is no safe integer. */
function sizeOfNumber(given: U64): number {
  const value = typeof given === 'bigint' ? Number(given) : given;
  if (!Number.isSafeInteger(value) || value < 0) {
    return -Wire.ObjFieldBytes - 1;
  }
  let size = 2;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) {
    size += 1;
  }
  return size;
}

/** Writes the frame behind `start`; returns its end, or −1 where it is not plainly good. */
function writeData(out: Uint8Array, start: number, frame: DataInit): number {
  let end = writeNumber(out, start + Wire.PrefixBytes, frame.seq);
  const { obj, body } = frame;
  if (end >= 0 && obj !== undefined) {
    end = writeObj(out, end, obj);
  }
  if (end < 0) {
    return -1;
  }
  const headerEnd = end;
  if (body !== undefined) {
    const bodyEnd = end + lengthOf(body);
    if (bodyEnd > lengthOf(out)) {
      return -1;
    }
    setBytes(out, body, end);
    end = bodyEnd;
  }
  const length = end - start;
  writePrefix(out, start, length, Wire.Data, headerEnd - start - Wire.PrefixBytes);
  return length <= Wire.MaxFrameBytes ? end : -1;
}

function writeAck(out: Uint8Array, start: number, frame: AckInit): number {
  const end = writeNumber(out, start + Wire.PrefixBytes, frame.upTo);
  if (end >= 0) {
    writePrefix(out, start, end - start, Wire.Ack, end - start - Wire.PrefixBytes);
  }
  return end;
}

function writePrefix(out: Uint8Array, at: number, length: number, kind: number, headerLen: number): void {
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
function writeNumber(out: Uint8Array, at: number, given: U64): number {
  let value = typeof given === 'bigint' ? Number(given) : given;
  if (!Number.isSafeInteger(value) || value < 0) {
    return -1;
  }
  out[at] = Wire.NumberKey;
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
const lastField = new Uint8Array(Wire.ObjFieldBytes);

/** Field 2, an address. */
function writeObj(out: Uint8Array, at: number, obj: string): number {
  if (obj !== lastObj && !checkObj(obj)) {
    return -1;
  }
  setBytes(out, lastField, at);
  return at + Wire.ObjFieldBytes;
}

function checkObj(obj: string): boolean {
  if (typeof obj !== 'string' || obj.length !== Wire.ObjBytes || !obj.startsWith(OBJ_START)) {
    return false;
  }
  lastObj = undefined;
  lastField[0] = Wire.ObjKey;
  lastField[1] = Wire.ObjBytes;
  let good = 1;
  for (let i = 0; i < Wire.ObjBytes; i += 1) {
    const unit = obj.charCodeAt(i);
    good &= i < OBJ_START.length ? 1 : IS_HEX[unit & 0xff]! & Number(unit < 0x80);
    lastField[2 + i] = unit;
  }
  if (good === 1) {
    lastObj = obj;
  }
  return good === 1;
}
