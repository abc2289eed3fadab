/** A whole stream out: START, what a source gives as DATA, END. */

import type { Socket } from 'node:net';
import { STREAM_CHUNK_BYTES } from './constants.js';
import type { DataInit, FrameInit } from './frame.js';
import { Wire } from './generated.js';
import type { Session } from './session.js';

/** Bytes to send: a `Readable`, a `ReadableStream`, an async generator, an array of Buffers. */
export type Source = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export interface SendStreamOptions {
  /** The address of what is sent, said by every DATA. An object stream needs it. */
  obj?: string | undefined;
  /** The most that a DATA carries, in bytes. Default 65,536; less where the peer takes only smaller frames. */
  chunkSize?: number | undefined;
  /** Ends the stream early. */
  signal?: AbortSignal | undefined;
}

/** What sends a stream: a connection. */
export interface Sender {
  readonly session: Session;
  readonly socket: Socket;
  readonly mayHear: boolean;
  readonly maySend: boolean;
  ready(signal?: AbortSignal): Promise<void>;
  send(frames: FrameInit | readonly FrameInit[]): boolean;
  until(holds: () => boolean, signal?: AbortSignal): Promise<void>;
  race<T>(promise: T | Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** The status of a stream whose source failed or that was aborted. */
const ABANDONED = 1;

export async function sendStream(
  connection: Sender,
  name: string,
  source: Source,
  { obj, chunkSize = STREAM_CHUNK_BYTES, signal }: SendStreamOptions,
): Promise<void> {
  if (!Number.isInteger(chunkSize) || chunkSize < 1) {
    throw new RangeError('chunkSize is a positive integer');
  }
  const chunks = iterate(source);
  try {
    await connection.ready(signal);
    connection.send({ kind: 'START', stream: name });
    await sendBodies(connection, chunks, { obj, chunkSize, signal });
  } catch (error) {
    // A source that is still asked for its next chunk answers later: nobody waits for it.
    Promise.resolve(chunks.return?.()).catch(() => {});
    throw error;
  }
}

async function sendBodies(
  connection: Sender,
  chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>,
  { obj, chunkSize, signal }: SendStreamOptions & { chunkSize: number },
): Promise<void> {
  const { session } = connection;
  const size = Math.min(chunkSize, session.peerMaxFrame! - Wire.MaxDataHeadBytes);
  let seq = 0n;
  let status = ABANDONED;
  try {
    for (;;) {
      const { done, value } = await connection.race(chunks.next(), signal);
      if (done) {
        break;
      }
      const bodies = cut(value, size);
      for (let sent = 0; sent < bodies.length;) {
        await connection.until(() => session.credit > 0 || !connection.mayHear, signal);
        // As much at once as is one write's worth: a call costs as much as many small frames.
        const count = Math.max(1, Math.min(session.credit, Math.floor(STREAM_CHUNK_BYTES / size)));
        const first = session.nextSeq;
        const batch = bodies.slice(sent, sent + count).map((body, place): DataInit => {
          return { kind: 'DATA', seq: BigInt.asUintN(64, first + BigInt(place)), obj, body };
        });
        connection.send(batch);
        seq = batch.at(-1)!.seq as bigint;
        sent += batch.length;
        await connection.until(() => !connection.socket.writableNeedDrain, signal);
      }
    }
    status = 0;
  } finally {
    if (connection.maySend && !session.hasEnded) {
      connection.send({ kind: 'END', seq, status });
    }
  }
}

function iterate(source: Source): AsyncIterator<Uint8Array> | Iterator<Uint8Array> {
  return Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
}

function cut(chunk: Uint8Array, size: number): Uint8Array[] {
  if (!(chunk instanceof Uint8Array)) {
    throw new TypeError('a source gives Uint8Arrays');
  }
  const bodies = [];
  for (let start = 0; start < chunk.length; start += size) {
    bodies.push(chunk.subarray(start, start + size));
  }
  return bodies;
}
