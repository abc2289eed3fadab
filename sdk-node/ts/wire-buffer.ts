/** What goes to the socket: encoded frames, copied once, and large bodies from where they lie. */

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { allocUnsafeSlow, bufferOf, BufferView, lengthOf } from './intrinsics.js';
import type { Engine } from './engine.js';

const BYTES = 65_536;

/** Memory to write from; none while a socket has not taken it. */
let spare: Buffer | undefined;

export class WireBuffer {
  readonly #engine: Engine;
  readonly #socket: Duplex;
  /** Of other streams nobody knows what they do with what they took. */
  readonly #isPlain: boolean;
  #out: Buffer | undefined;
  /** Bodies that wait to be written, and how many of them were handed to the socket. */
  readonly #bodies: Uint8Array[] = [];
  #handed = 0;

  constructor(engine: Engine, socket: Duplex) {
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
    const pieces = this.#engine.transmit(out);
    if (pieces.length === 0) {
      spare = out;
      return 0;
    }
    this.#out = out;
    const parts = this.#parts(out, pieces);
    return parts.length === 1 ? this.#writeOne(parts[0]!, taken) : this.#writeAll(parts, taken);
  }

  #parts(out: Buffer, pieces: readonly number[]): Uint8Array[] {
    let at = 0;
    return pieces.map((piece) => {
      if ((piece & 1) === 1) {
        return this.#body(piece >>> 1);
      }
      const start = at;
      at += piece >>> 1;
      return new BufferView(bufferOf(out), start, piece >>> 1);
    });
  }

  #body(length: number): Uint8Array {
    const body = this.#bodies[this.#handed]!;
    this.#handed += 1;
    if (lengthOf(body) !== length) {
      throw new TypeError('the memory of a body was detached or resized before it was written');
    }
    return body;
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
