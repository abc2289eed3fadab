/** What goes to the socket: encoded frames, copied once, and large bodies from where they lie. */

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { allocUnsafeSlow, bufferOf, BufferView } from './intrinsics.js';
import type { NativeConnection } from './native.js';

const BYTES = 65_536;
const pieces = new Uint32Array(64);

/** Memory to write from; none while a socket has not taken it. */
let spare: Buffer | undefined;

export class WireBuffer {
  readonly #engine: NativeConnection;
  readonly #socket: Duplex;
  /** Of other streams nobody knows what they do with what they took. */
  readonly #isPlain: boolean;
  #out: Buffer | undefined;
  /** Bodies that wait to be written, and how many of them were handed to the socket. */
  readonly #bodies: Uint8Array[] = [];
  #handed = 0;

  constructor(engine: NativeConnection, socket: Duplex) {
    this.#engine = engine;
    this.#socket = socket;
    this.#isPlain = socket.constructor === Socket;
  }

  /** A body whose head was queued. */
  keep(body: Uint8Array): void {
    this.#bodies.push(body);
  }

  /** Hands to the socket what it takes in one call; returns its bytes. `taken` is called behind the last of them. */
  write(taken: (error?: Error | null) => void): number {
    const out = spare ?? allocUnsafeSlow(BYTES);
    spare = undefined;
    const count = this.#engine.transmit(out, pieces);
    if (count === 0) {
      spare = out;
      return 0;
    }
    this.#out = out;
    const parts = this.#parts(out, count);
    return parts.length === 1 ? this.#writeOne(parts[0]!, taken) : this.#writeAll(parts, taken);
  }

  #parts(out: Buffer, count: number): Uint8Array[] {
    const parts: Uint8Array[] = [];
    let at = 0;
    for (let place = 0; place < count; place += 1) {
      const piece = pieces[place]!;
      const length = piece >>> 1;
      if ((piece & 1) === 1) {
        parts.push(this.#bodies[this.#handed]!);
        this.#handed += 1;
      } else {
        parts.push(new BufferView(bufferOf(out), at, length));
        at += length;
      }
    }
    return parts;
  }

  #writeOne(part: Uint8Array, taken: (error?: Error | null) => void): number {
    this.#socket.write(part, taken);
    return part.length;
  }

  #writeAll(parts: readonly Uint8Array[], taken: (error?: Error | null) => void): number {
    const socket = this.#socket;
    let bytes = 0;
    socket.cork();
    parts.forEach((part, place) => {
      bytes += part.length;
      socket.write(part, place === parts.length - 1 ? taken : undefined);
    });
    socket.uncork();
    return bytes;
  }

  /** Whether the socket has given all that it was handed to the system. */
  get isTaken(): boolean {
    return this.#socket.writableLength === 0;
  }

  /** The socket has taken it. */
  forget(): void {
    this.#bodies.splice(0, this.#handed);
    this.#handed = 0;
    if (this.#isPlain) {
      spare = this.#out;
    }
    this.#out = undefined;
  }

  /** Nothing more is written. */
  drop(): void {
    this.#bodies.length = 0;
    this.#out = undefined;
  }
}
