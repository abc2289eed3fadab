// The rows of the benchmark: each does one work once. What is read goes to a sum, so that nothing is left out.

import { Decoder, encode, encodeInto } from '../index.mjs';
import { protobufDecode, protobufEncode, wsDecode, wsEncode } from './peers.mjs';
import { PureFrames } from './pure.mjs';
import { frames, wires } from './work.mjs';

const readNumbers = (batch) => {
  let sum = 0;
  for (const frame of batch) {
    sum += frame.kind === 'DATA' ? frame.seqNumber : frame.upToNumber;
  }
  return sum;
};

const readBigints = (batch) => {
  let sum = 0n;
  for (const frame of batch) {
    sum ^= frame.kind === 'DATA' ? frame.seq : frame.upTo;
  }
  return Number(sum);
};

const readBodies = (batch) => {
  let sum = 0;
  for (const frame of batch) {
    if (frame.kind === 'DATA') {
      const { body } = frame;
      sum += frame.seqNumber + body[body.length - 1];
    } else {
      sum += frame.upToNumber;
    }
  }
  return sum;
};

const decoder = new Decoder();
const memory = Buffer.alloc(2 ** 21);
const summed = (decode) => (wire) => {
  let sum = 0;
  decode(wire, (it) => (sum += it.length ?? it.body.length));
  return sum;
};

/** By group, then by name; the first of a group is what the others are compared with. */
const CASES = {
  'decode, kind and number read': {
    oap: (wire) => readNumbers(decoder.feed(wire)),
    'pure JS, decoded while iterated': (wire) => readNumbers(new PureFrames(wire)),
    'pure JS, a batch of objects': (wire) => readNumbers([...new PureFrames(wire)]),
  },
  'decode, kind and bigint read': {
    oap: (wire) => readBigints(decoder.feed(wire)),
    'pure JS, decoded while iterated': (wire) => readBigints(new PureFrames(wire)),
    'pure JS, a batch of objects': (wire) => readBigints([...new PureFrames(wire)]),
  },
  'decode, bodies read too': {
    oap: (wire) => readBodies(decoder.feed(wire)),
    'pure JS, decoded while iterated': (wire) => readBodies(new PureFrames(wire)),
    'pure JS, a batch of objects': (wire) => readBodies([...new PureFrames(wire)]),
    protobufjs: summed(protobufDecode),
    ws: summed(wsDecode),
  },
  'decode, nothing read': {
    oap: (wire) => decoder.feed(wire).length,
  },
  'encode a batch': {
    oap: (list) => encode(list).length,
    'oap, into memory of one’s own': (list) => encodeInto(list, memory),
    protobufjs: (list) => protobufEncode(list).length,
    ws: (list) => wsEncode(list).length,
  },
};

const WIRE_OF = { protobufjs: protobufEncode, ws: wsEncode };

export const groups = Object.fromEntries(
  Object.entries(CASES).map(([group, it]) => [group, Object.keys(it)]),
);
export const works = Object.keys(frames);

/** A function that does the work once, and how many frames it has. */
export function prepare(group, name, work) {
  const list = frames[work];
  const input = group.startsWith('encode') ? list : (WIRE_OF[name]?.(list) ?? wires[work]);
  const run = CASES[group][name];
  return { run: () => run(input), count: list.length };
}
