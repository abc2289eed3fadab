// The honest opponent: strict OAP/1 in JavaScript alone, as fast as we could write it. A decoder for whole buffers: it
// has no staging, no relaxed mode, no session, and of rejects only that there is one.

const NAMES = [undefined, 'HELLO', 'START', 'DATA', 'ACK', 'END', 'ERROR'];
const MAX_FRAME = 1_048_576;
const IS_HEX = new Uint8Array(256);
for (const digit of '0123456789abcdef') {
  IS_HEX[digit.charCodeAt(0)] = 1;
}

class PureFrame {
  constructor(chunk, byte, number, body, len, text) {
    this.chunk = chunk;
    this.byte = byte;
    this.number = number;
    this.start = body;
    this.len = len;
    this.text = text;
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

  get seq() {
    return BigInt(this.number);
  }

  get upTo() {
    return BigInt(this.number);
  }

  get body() {
    return this.chunk.subarray(this.start, this.start + this.len);
  }
}

const reject = () => {
  throw new Error('rejected');
};

/** Decodes as it is iterated: a frame that is only read costs no object. */
export class PureFrames {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  [Symbol.iterator]() {
    return this;
  }

  next() {
    const bytes = this.bytes;
    const at = this.at;
    if (at + 8 > bytes.length) {
      return { done: true, value: undefined };
    }
    const length = ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
    const byte = bytes[at + 4];
    const headerLen = (bytes[at + 6] << 8) | bytes[at + 7];
    const headerEnd = at + 8 + headerLen;
    const end = at + length;
    if (length > MAX_FRAME || length < 8 || byte < 1 || byte > 6 || bytes[at + 5] !== 0) reject();
    if (headerLen > 2048 || headerEnd > end || (byte !== 3 && headerEnd !== end)) reject();
    if (end > bytes.length) {
      return { done: true, value: undefined };
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
    const text = place === headerEnd ? 0 : addressAt(bytes, place, headerEnd, byte);
    this.at = end;
    return { done: false, value: new PureFrame(bytes, byte, number, headerEnd, end - headerEnd, text) };
  }
}

function addressAt(bytes, place, headerEnd, byte) {
  if (byte !== 3 || place + 69 !== headerEnd || bytes[place] !== 0x12 || bytes[place + 1] !== 67) reject();
  if (bytes[place + 2] !== 0x62 || bytes[place + 3] !== 0x33 || bytes[place + 4] !== 0x3a) reject();
  let good = 1;
  for (let i = place + 5; i < headerEnd; i += 1) {
    good &= IS_HEX[bytes[i]];
  }
  if (good === 0) reject();
  return place + 2;
}
