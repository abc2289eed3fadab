// What the compiler has to know. Compiled, never run.

import {
  Config,
  Decoder,
  encode,
  OapConfigError,
  OapDecoderStream,
  OapRejectError,
  oapDecoderTransform,
  Session,
  type DataFrame,
  type Flow,
  type Frame,
  type FrameInit,
  type Kind,
  type RejectReason,
} from 'oap';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_ extends true>(): void => {};

const frames = new Decoder({ maxFrame: 4_096 }).feed(new Uint8Array(0));

for (const frame of frames) {
  same<Same<typeof frame, Frame>>();
  same<Same<typeof frame.kind, Kind>>();
  // @ts-expect-error: which of them has a seq is not known yet
  frame.seq;
  switch (frame.kind) {
    case 'HELLO':
      same<Same<typeof frame.maxFrame, bigint>>();
      same<Same<typeof frame.features, bigint | undefined>>();
      same<Same<typeof frame.ackWindow, number | undefined>>();
      break;
    case 'START':
      same<Same<typeof frame.stream, string>>();
      break;
    case 'DATA':
      same<Same<typeof frame, DataFrame>>();
      same<Same<typeof frame.seq, bigint>>();
      same<Same<typeof frame.seqNumber, number>>();
      same<Same<typeof frame.body, Buffer>>();
      same<Same<typeof frame.obj, string | undefined>>();
      // @ts-expect-error: frames are read-only
      frame.seq = 1n;
      break;
    case 'ACK':
      same<Same<typeof frame.upTo, bigint>>();
      // @ts-expect-error: ACK has no body
      frame.body;
      break;
    case 'END':
      same<Same<typeof frame.seq, bigint>>();
      same<Same<typeof frame.status, number>>();
      break;
    case 'ERROR':
      same<Same<typeof frame.reason, string>>();
      break;
    default:
      same<Same<typeof frame, never>>();
  }
}

const first: Frame | undefined = frames.at(0);
if (first !== undefined) {
  // A decoded frame is one to encode, and so is the object made of it.
  encode([first, first.toObject()]);
}
same<Same<typeof frames.reject, OapRejectError | undefined>>();

const init: FrameInit[] = [
  { kind: 'HELLO', maxFrame: 4_096 },
  { kind: 'START', stream: 's' },
  { kind: 'DATA', seq: 1, body: new Uint8Array(1) },
  { kind: 'ACK', upTo: 1n },
  { kind: 'END', seq: 1n, status: 0 },
  { kind: 'ERROR', code: 1, reason: '' },
];
same<Same<ReturnType<typeof encode>, Buffer>>();
encode(init);
// @ts-expect-error: a kind is one of six
encode({ kind: 'PING' });
// @ts-expect-error: an ACK has up_to
encode({ kind: 'ACK' });
// @ts-expect-error: a seq is no string
encode({ kind: 'DATA', seq: '1' });

const config = new Config({ seqRolloverPolicy: 'wrap', features: 1n });
// @ts-expect-error: no such policy
new Config({ seqRolloverPolicy: 'saturate' });
// @ts-expect-error: no such option
new Config({ max_frame: 1 });

const session = new Session(config);
same<Same<typeof session.outbound, Flow>>();
same<Same<typeof session.nextSeq, bigint>>();
session.send(session.hello());

try {
  session.recv(new Uint8Array(1));
} catch (error) {
  if (error instanceof OapRejectError) {
    same<Same<typeof error.reason, RejectReason>>();
    same<Same<typeof error.limit, bigint | undefined>>();
  } else if (error instanceof OapConfigError) {
    same<Same<typeof error.field, string>>();
  }
}

const stream: NodeJS.ReadWriteStream = new OapDecoderStream();
const transform = oapDecoderTransform();
same<Same<Parameters<typeof transform.readable.pipeTo>[0] extends object ? true : false, true>>();
void stream;
