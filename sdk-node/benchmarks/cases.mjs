// The rows of the benchmark. Each gives a function that does its work once, and in how many units it is counted. What is
// read goes to a sum, which shows that the peers read the same.

import { Decoder, encode, encodeInto, Monitor, Session } from '../index.mjs';
import { native } from '../dist/native.js';
import { protobufDecode, protobufEncode, wsDecoder, wsEncode } from './peers.mjs';
import { EagerDecoder, LazyDecoder } from './pure.mjs';
import { chunksOf, frames, partsOf, streams, wire } from './work.mjs';

function numbers(batch) {
  let sum = 0;
  for (const frame of batch) {
    sum += frame.kind === 'DATA' ? frame.seqNumber : frame.upToNumber;
  }
  return sum;
}

function bigints(batch) {
  let sum = 0n;
  for (const frame of batch) {
    sum += frame.kind === 'DATA' ? frame.seq : frame.upTo;
  }
  return Number(sum);
}

function bodies(batch) {
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
}

function objects(batch) {
  let sum = 0;
  for (const frame of batch) {
    sum += Number(frame.toObject().seq ?? 0n);
  }
  return sum;
}

/** Decodes all chunks of a work by one decoder that goes on from round to round. */
const decoding = (make, read) => (work) => {
  const decoder = make();
  const chunks = chunksOf(work, wire(work));
  return {
    count: frames[work].length,
    run() {
      let sum = 0;
      for (const chunk of chunks) {
        sum += read(decoder.feed(chunk));
      }
      return sum;
    },
  };
};

const oap = () => new Decoder();
const watched = (options) => () => new Decoder({}, { monitor: new Monitor(options) });
const lazy = () => new LazyDecoder();
const eager = () => new EagerDecoder();

const protobuf = (read) => (work) => {
  const bytes = protobufEncode(frames[work]);
  return {
    count: frames[work].length,
    run() {
      let sum = 0;
      protobufDecode(bytes, (kind, number, body) => (sum += read(kind, number, body)));
      return sum;
    },
  };
};

const ws = (read) => (work) => {
  let sum = 0;
  const decode = wsDecoder((body) => (sum += read(body)));
  const chunks = chunksOf(work, wsEncode(frames[work]));
  return {
    count: frames[work].length,
    run() {
      sum = 0;
      chunks.forEach(decode);
      return sum;
    },
  };
};

/** An ACK has no body: then what counts is that there was one. */
const lastByte = (body) => (body?.length > 0 ? body[body.length - 1] : 1);

const encoding = (make) => (work) => {
  const list = frames[work];
  return { count: list.length, run: make(list) };
};

/** A session that has sent START and acknowledges to itself what it sends: its peer takes all. */
function sending(list) {
  const config = { ackWindowFrames: 1_024 };
  const [session, peer] = [new Session(config), new Session(config)];
  session.recv(peer.send(peer.hello()));
  peer.recv(session.send([session.hello(), { kind: 'START', stream: 'x' }]));
  // From a number on whose varint has always as many bytes.
  let first = 2 ** 21;
  return () => {
    const batch = list.map((frame) => ({ ...frame, seq: first++ }));
    const bytes = session.send(batch);
    peer.recv(bytes);
    session.recv(peer.send({ kind: 'ACK', upTo: first - 1 }));
    return bytes.length;
  };
}

const memory = Buffer.alloc(2 ** 21);

const DECODE = {
  'table: kind, seq': ['oap', decoding(oap, numbers)],
  'table: kind, seq, body': ['oap', decoding(oap, bodies)],
  'table: kind, bigint seq': ['oap', decoding(oap, bigints)],
  'table: nothing read': ['oap', decoding(oap, (batch) => batch.length)],
  'pure JavaScript, lazy: kind, seq': ['peer', decoding(lazy, numbers)],
  'pure JavaScript, lazy: kind, seq, body': ['peer', decoding(lazy, bodies)],
  'pure JavaScript, objects: kind, seq': ['peer', decoding(eager, numbers)],
  'pure JavaScript, objects: kind, seq, body': ['peer', decoding(eager, bodies)],
  'protobufjs: kind, seq': ['peer', protobuf((_, number) => number)],
  'protobufjs: kind, seq, body': ['peer', protobuf((_, number, body) => number + lastByte(body))],
  'ws: nothing read': ['peer', ws(() => 1)],
  'ws: body': ['peer', ws(lastByte)],
};

const SPLIT = Object.fromEntries(Object.entries(DECODE).filter(([what]) => !what.startsWith('protobufjs')));

const ENCODE = {
  encode: ['oap', encoding((list) => () => encode(list).length)],
  encodeInto: ['oap', encoding((list) => () => encodeInto(list, memory))],
  'protobufjs: encode': ['peer', encoding((list) => () => protobufEncode(list).length)],
  'ws: encode': ['peer', encoding((list) => () => wsEncode(list).length)],
};

/** A table that is given nothing looks at nothing. */
function emptyCall() {
  const { decode } = native.newTable(1);
  const run = () => {
    decode();
    return 1;
  };
  return { count: 1, run };
}

function stagedCall() {
  const decoder = new Decoder();
  return { count: 1, run: () => decoder.staged + 1 };
}

const CALLS = {
  empty: {
    'a function of Node-API': ['floor', emptyCall],
    'a getter by napi-rs: decoder.staged': ['oap', stagedCall],
  },
  one: {
    'feed: kind, seq': ['oap', decoding(oap, numbers)],
    'feed, a monitor without timing: kind, seq': ['oap', decoding(watched({ timing: false }), numbers)],
    'feed, a monitor with timing: kind, seq': ['oap', decoding(watched({}), numbers)],
    'pure JavaScript, lazy: kind, seq': ['peer', decoding(lazy, numbers)],
    'pure JavaScript, objects: kind, seq': ['peer', decoding(eager, numbers)],
    encode: ['oap', encoding((list) => () => encode(list).length)],
    'session: send, recv and acknowledge': ['oap', encoding(sending)],
  },
  sixtyfour: {
    'feed: kind, seq': ['oap', decoding(oap, numbers)],
    'feed, a monitor without timing: kind, seq': ['oap', decoding(watched({ timing: false }), numbers)],
    'feed, a monitor with timing: kind, seq': ['oap', decoding(watched({}), numbers)],
    'pure JavaScript, lazy: kind, seq': ['peer', decoding(lazy, numbers)],
    'pure JavaScript, objects: kind, seq': ['peer', decoding(eager, numbers)],
    encode: ['oap', encoding((list) => () => encode(list).length)],
    'session: send, recv and acknowledge': ['oap', encoding(sending)],
  },
  object: { 'toObject of each frame': ['oap', (_) => decoding(oap, objects)('sixtyfour')] },
};

function dataNumbers(batch) {
  let sum = 0;
  for (const frame of batch) {
    sum += frame.kind === 'DATA' ? frame.seqNumber : 1;
  }
  return sum;
}

/** A stream from its start to its end or reject; counted in bytes. */
const stream = (name) => () => {
  const { bytes, config = {}, session } = streams[name];
  const parts = partsOf(streams[name]);
  const make = () => (session ? opened(config) : new Decoder(config));
  const reading = session ? undefined : make();
  return {
    count: bytes.length,
    run() {
      const taker = reading ?? make();
      reading?.reset();
      let sum = 0;
      try {
        for (const part of parts) {
          sum += dataNumbers(session ? taker.recv(part) : taker.feed(part));
        }
        taker.finish();
      } catch ({ code }) {
        sum += code;
      }
      return sum;
    },
  };
};

function opened(config) {
  const session = new Session({ ...config, ackWindowFrames: 1_024 });
  session.send(session.hello());
  return session;
}

const HOSTILE = Object.fromEntries(Object.keys(streams).map((name) => [name, ['oap', stream(name)]]));

/** Works, each with its rows by name: role, and what makes the row. */
export const works = {
  tiny: DECODE,
  ack: DECODE,
  obj: DECODE,
  obj64k: DECODE,
  split: SPLIT,
  encode: ENCODE,
  'encode ack': ENCODE,
  'encode obj': ENCODE,
  ...CALLS,
  hostile: HOSTILE,
};

const UNIT = { hostile: 'byte', one: 'call', empty: 'call', sixtyfour: 'call' };
export const unitOf = (work) => UNIT[work] ?? 'frame';

/** The frames that a work is about. */
const SUBJECT = { encode: 'tiny', 'encode ack': 'ack', 'encode obj': 'obj' };

export function prepare(work, what) {
  const [, make] = works[work][what];
  const { run, count } = make(SUBJECT[work] ?? work);
  return { run, count: unitOf(work) === 'call' ? 1 : count };
}
