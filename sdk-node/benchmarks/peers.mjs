// The peers: the same payloads in messages of protobufjs, judged as a host would have to, and in WebSocket frames of ws,
// which have no kind and no number and are not judged at all.

import protobuf from 'protobufjs';
import { Receiver, Sender } from 'ws';

const { Envelope } = protobuf.parse(`
  syntax = "proto3";
  message Data { uint64 seq = 1; optional string obj = 2; bytes body = 3; }
  message Ack { uint64 up_to = 1; }
  message Envelope { oneof kind { Data data = 3; Ack ack = 4; } }
`).root;

const OBJ = /^b3:[0-9a-f]{64}$/;

const envelopeOf = ({ kind, seq, obj, body, upTo }) =>
  kind === 'DATA' ? { data: { seq, obj, body } } : { ack: { upTo } };

/** Delimited messages. */
export function protobufEncode(list) {
  const writer = protobuf.Writer.create();
  for (const frame of list) {
    Envelope.encodeDelimited(envelopeOf(frame), writer);
  }
  return writer.finish();
}

/** Gives every message to `each`. */
export function protobufDecode(bytes, each) {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const { data, ack } = Envelope.decodeDelimited(reader);
    if (data) {
      if (data.obj && !OBJ.test(data.obj)) {
        throw new Error('missing_obj');
      }
      each('DATA', data.seq.toNumber(), data.body);
    } else if (ack) {
      each('ACK', ack.upTo.toNumber());
    } else {
      throw new Error('unknown_envelope');
    }
  }
}

const EMPTY = Buffer.alloc(0);
const HEADER = { fin: true, opcode: 2, mask: false, readOnly: false, rsv1: false };

/** Binary frames as a server sends them: not masked. */
export function wsEncode(list) {
  return Buffer.concat(list.flatMap(({ body = EMPTY }) => Sender.frame(body, HEADER)));
}

/** Gives the body of every message to `each`. */
export function wsDecoder(each) {
  const receiver = new Receiver({ isServer: false, allowSynchronousEvents: true, skipUTF8Validation: true });
  receiver.on('message', each);
  return (chunk) => receiver._write(chunk, 'buffer', rethrow);
}

function rethrow(error) {
  if (error) {
    throw error;
  }
}
