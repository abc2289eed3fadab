// The honest opponents: strict OAP/1 in JavaScript alone, as fast as we could write it. They decode whole buffers: no
// relaxed mode, no session, no monitor, and of a reject only that there is one. What a chunk cuts is put before the next.

const NAMES = [undefined, 'HELLO', 'START', 'DATA', 'ACK', 'END', 'ERROR'];
const MAX_FRAME = 1_048_576;
const DATA = 3;
const ACK = 4;
const IS_HEX = new Uint8Array(256);
for (const digit of '0123456789abcdef') {
  IS_HEX[digit.charCodeAt(0)] = 1;
}

const reject = () => {
  throw new Error('rejected');
};

function addressAt(bytes, at, headerEnd, byte) {
  if (byte !== DATA || at + 69 !== headerEnd || bytes[at] !== 0x12 || bytes[at + 1] !== 67) reject();
  if (bytes[at + 2] !== 0x62 || bytes[at + 3] !== 0x33 || bytes[at + 4] !== 0x3a) reject();
  let good = 1;
  for (let i = at + 5; i < headerEnd; i += 1) {
    good &= IS_HEX[bytes[i]];
  }
  if (good === 0) reject();
  return at + 2;
}

/** What the chunks before left, and this one. */
class Staging {
  rest = null;

  with(chunk) {
    return this.rest === null ? chunk : Buffer.concat([this.rest, chunk]);
  }

  keep(bytes, at) {
    this.rest = at === bytes.length ? null : bytes.subarray(at);
  }
}

class LazyFrame {
  constructor(chunk, byte, number, start, end, obj) {
    this.chunk = chunk;
    this.byte = byte;
    this.number = number;
    this.start = start;
    this.end = end;
    this.obj = obj;
  }

  get kind() {
    return NAMES[this.byte];
  }

  get seqNumber() {
    return this.number;
  }

  get upToNumber() {
    return this.number;
  }

  get body() {
    return this.chunk.subarray(this.start, this.end);
  }
}

class LazyFrames {
  constructor(bytes, staging) {
    this.bytes = bytes;
    this.staging = staging;
    this.at = 0;
  }

  [Symbol.iterator]() {
    return this;
  }

  // All of it in one place: split up into functions that share a record, it took twice as long.
  next() {
    const bytes = this.bytes;
    const at = this.at;
    if (at + 8 > bytes.length) {
      return this.done(at);
    }
    const length = ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
    const byte = bytes[at + 4];
    const headerLen = (bytes[at + 6] << 8) | bytes[at + 7];
    const headerEnd = at + 8 + headerLen;
    const end = at + length;
    if (length > MAX_FRAME || length < 8 || byte < DATA || byte > ACK || bytes[at + 5] !== 0) reject();
    if (headerLen > 2048 || headerEnd > end || (byte !== DATA && headerEnd !== end)) reject();
    if (end > bytes.length) {
      return this.done(at);
    }
    let place = at + 8;
    if (bytes[place++] !== 0x08) reject();
    let group = bytes[place++];
    let number = group & 0x7f;
    if (group > 0x7f) {
      group = bytes[place++];
      number |= (group & 0x7f) << 7;
      if (group > 0x7f) {
        group = bytes[place++];
        number |= (group & 0x7f) << 14;
        for (let weight = 2_097_152; group > 0x7f; weight *= 128) {
          group = bytes[place++];
          number += (group & 0x7f) * weight;
        }
      }
      if (group === 0) reject();
    }
    if (place > headerEnd) reject();
    const obj = place === headerEnd ? 0 : addressAt(bytes, place, headerEnd, byte);
    this.at = end;
    return { done: false, value: new LazyFrame(bytes, byte, number, headerEnd, end, obj) };
  }

  done(at) {
    this.staging.keep(this.bytes, at);
    return { done: true, value: undefined };
  }
}

/** Decodes as it is iterated: a frame that is only read costs no object, and a bad frame is found when it is come to. */
export class LazyDecoder {
  staging = new Staging();

  feed(chunk) {
    return new LazyFrames(this.staging.with(chunk), this.staging);
  }
}

/** Decodes a chunk at once, into objects that can be kept: a bad frame is found when it comes. */
export class EagerDecoder {
  lazy = new LazyDecoder();

  feed(chunk) {
    const frames = [];
    for (const frame of this.lazy.feed(chunk)) {
      frames.push(frame);
    }
    return frames;
  }
}
