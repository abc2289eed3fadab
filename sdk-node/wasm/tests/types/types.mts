// What the compiler has to know, in a program that knows nothing of Node. Compiled, never run.

import {
  Connection,
  Decoder,
  encode,
  OapRejectError,
  Session,
  type Frame,
  type FrameInit,
  type SendResult,
} from 'oap-wasm';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_ extends true>(): void => {};

for (const frame of new Decoder({ maxFrame: 4_096 }).feed(new Uint8Array(0))) {
  same<Same<typeof frame, Frame>>();
  // @ts-expect-error: which of them has a seq is not known yet
  frame.seq;
  if (frame.kind === 'DATA') {
    same<Same<typeof frame.body, Uint8Array>>();
    same<Same<typeof frame.seq, bigint>>();
  }
}

const ack: FrameInit = { kind: 'ACK', upTo: 1 };
same<Same<ReturnType<typeof encode>, Uint8Array>>();
encode(ack);
// @ts-expect-error: an ACK says up to where
encode({ kind: 'ACK' });

const session = new Session();
same<Same<ReturnType<typeof session.send>, Uint8Array>>();

const connection = new Connection({}, { idleTimeout: 1_000, autoAck: false });
same<Same<ReturnType<typeof connection.start>, SendResult>>();
same<Same<typeof connection.timeout, number | undefined>>();
// @ts-expect-error: there is no such option
new Connection({}, { timeout: 1 });

try {
  connection.receive(new Uint8Array(8));
} catch (error) {
  if (error instanceof OapRejectError) {
    same<Same<typeof error.limit, bigint | undefined>>();
  }
}
