// The peers: the same payloads in messages of protobufjs, and in WebSocket frames of ws.

import { once } from 'node:events';
import protobuf from 'protobufjs';
import { Receiver, Sender } from 'ws';

const message = (fields) => {
  const type = new protobuf.Type('Message');
  for (const [number, [name, kind]] of fields.entries()) {
    type.add(new protobuf.Field(name, number + 1, kind));
  }
  return new protobuf.Root().define('oap').add(type);
};

const Message = message([
  ['seq', 'uint64'],
  ['obj', 'string'],
  ['body', 'bytes'],
]).lookupType('Message');

const messageOf = (frame) => ({ seq: frame.seq ?? frame.upTo, obj: frame.obj, body: frame.body });

/** Delimited messages. */
export function protobufEncode(list) {
  const writer = protobuf.Writer.create();
  for (const frame of list) {
    Message.encodeDelimited(messageOf(frame), writer);
  }
  return writer.finish();
}

/** Gives every message to `each`. */
export function protobufDecode(bytes, each) {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    each(Message.decodeDelimited(reader));
  }
}

const EMPTY = Buffer.alloc(0);

/** Binary frames as a server sends them: not masked. */
export function wsEncode(list) {
  const parts = [];
  for (const frame of list) {
    parts.push(
      ...Sender.frame(frame.body ?? EMPTY, {
        fin: true,
        opcode: 2,
        mask: false,
        readOnly: false,
        rsv1: false,
      }),
    );
  }
  return Buffer.concat(parts);
}

/** Gives the body of every message to `each`. */
export async function wsDecode(bytes, each) {
  const receiver = new Receiver({ isServer: false, allowSynchronousEvents: true, skipUTF8Validation: true });
  receiver.on('message', each);
  receiver.end(bytes);
  await once(receiver, 'finish');
}
