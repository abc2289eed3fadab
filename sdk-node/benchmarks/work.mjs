// The work that the rows of the benchmark do.

import { encode } from '../index.mjs';

const OBJ = `b3:${'0123456789abcdef'.repeat(4)}`;
const CHUNK_BYTES = 1_460;

const times = (count, make) => Array.from({ length: count }, (_, i) => make(i + 1));

const data = (count, len, obj) => {
  const body = Buffer.alloc(len, 97);
  return times(count, (seq) => ({ kind: 'DATA', seq, obj, body }));
};

/** Memory of its own, as a socket's: a Buffer of the pool is smaller than what follows it. */
const own = (bytes) => Buffer.from(Uint8Array.from(bytes).buffer);

const cut = (bytes, size) => {
  const parts = [];
  for (let start = 0; start < bytes.length; start += size) {
    parts.push(own(bytes.subarray(start, start + size)));
  }
  return parts;
};

/** Frames, by the work's name. */
export const frames = {
  tiny: data(1_000, 32),
  ack: times(1_000, (upTo) => ({ kind: 'ACK', upTo })),
  obj: data(200, 4_096, OBJ),
  obj64k: data(64, 65_536, OBJ),
  split: data(1_000, 32),
  one: data(1, 32),
  sixtyfour: data(64, 32),
};

/** The chunks in which the bytes of a work come. */
export const chunksOf = (work, bytes) => (work === 'split' ? cut(bytes, CHUNK_BYTES) : [own(bytes)]);

export const wire = (work) => encode(frames[work]);

const hex = (text) => Buffer.from(text, 'hex');
const behindGoodFrames = (bad) => ({ bytes: Buffer.concat([wire('tiny'), hex(bad)]) });
const opened = (stream) => [
  { kind: 'HELLO', maxFrame: 1_048_576 },
  { kind: 'START', stream },
];

/** Streams of bad peers by what is wrong with them, and an honest one. Those that break a rule do so at their end. */
export const streams = {
  'honest: DATA of 32 bytes': { bytes: wire('tiny') },
  'honest: DATA, relaxed': { bytes: wire('tiny'), config: { strictHeaders: false } },
  'honest: ACK': { bytes: wire('ack') },
  'reject: frame_oversize': behindGoodFrames('00100001'),
  'reject: unknown_envelope': behindGoodFrames('0000000807'),
  'reject: header_malformed': behindGoodFrames('0000000a030000020880'),
  'reject: bad_hello': behindGoodFrames('0000000e01000006080210808040'),
  'reject: bad_hello_pq': {
    bytes: encode([...frames.tiny, { kind: 'HELLO', maxFrame: 4_096, features: 1n }]),
    config: { allowPqHelloFlags: false },
  },
  'reject: truncated': behindGoodFrames('0000000a0300000208'),
  'session: honest': { bytes: encode([...opened('x'), ...frames.tiny]), session: true },
  'session: missing_obj': {
    bytes: encode([...opened('objects/x'), ...data(1_000, 32, OBJ), { kind: 'DATA', seq: 1_001 }]),
    session: true,
  },
  'session: credit_violation': { bytes: encode([...opened('x'), ...data(1_025, 32)]), session: true },
  'honest: END, the dearest a byte': {
    bytes: encode(Array.from({ length: 1_000 }, () => ({ kind: 'END', seq: 7, status: 0 }))),
  },
  'byte by byte: honest DATA': { bytes: wire('tiny'), size: 1 },
  'byte by byte: header_malformed': { ...behindGoodFrames('0000000a030000020880'), size: 1 },
  'relaxed: unknown fields': {
    bytes: Buffer.concat(Array(1_000).fill(hex('000000120300000a0801f801017203616263'))),
    config: { strictHeaders: false },
  },
};

export const partsOf = ({ bytes, size = bytes.length }) => cut(bytes, size);
