// The work that every row of the benchmark does.

import { encode } from '../index.mjs';

const obj = `b3:${'0123456789abcdef'.repeat(4)}`;
const times = (count, make) => Array.from({ length: count }, (_, i) => make(i + 1));
const data = (count, len, address) => {
  const body = Buffer.alloc(len, 97);
  return times(count, (seq) => ({ kind: 'DATA', seq, obj: address, body }));
};

/** Frames to encode, by the work's name. */
export const frames = {
  '1,000 DATA of 32 B': data(1_000, 32),
  '1,000 ACK': times(1_000, (upTo) => ({ kind: 'ACK', upTo })),
  '200 DATA, obj + 4 KiB': data(200, 4_096, obj),
};

/** Their bytes. */
export const wires = Object.fromEntries(
  Object.entries(frames).map(([name, list]) => [name, Buffer.from(encode(list))]),
);
