/**
 * The core's engine of a connection, and how it stands. What is called often takes its numbers from a desk, memory that
 * both halves know, and leaves there how the engine then stands.
 */

import { Act, DeskPlace, State } from './generated.js';
import { bufferOf, markAsUntransferable } from './intrinsics.js';
import type { NativeConnection } from './binding.js';
import { native } from './native.js';

const { places, call } = native.newDesk();
markAsUntransferable(bufferOf(places as unknown as Uint8Array));

export class Engine {
  readonly native: NativeConnection;
  readonly #number: number;

  state: number = State.Handshake;
  wantsRead = false;
  wantsWrite = false;
  /** Milliseconds until it wants to be called; below 0 it does not. */
  timeout = -1;
  /** DATA that may be sent now, and that the peer has not acknowledged. */
  credit = 0;
  inFlight = 0;
  /** Bytes that wait to be written. */
  queued = 0;
  /** Whether a stream is open, either way. */
  hasStreams = false;
  /** Frames that it has given and that are not taken. */
  untaken = 0;

  constructor(engine: NativeConnection) {
    this.native = engine;
    this.#number = engine.number();
  }

  /** Reads how it stands. */
  look(): void {
    this.#call(Act.Look, 0);
  }

  /** The application has taken so many frames more. */
  take(frames: number): void {
    this.#call(Act.Take, frames);
  }

  /** So many bytes are written. */
  transmitted(bytes: number): void {
    this.#call(Act.Transmitted, bytes);
  }

  /**
   * Copies what is to be written to `out`, as far as it has room. Returns the pieces: twice the length, and 1 where it is a body
   * that was kept.
   */
  transmit(out: Uint8Array): number[] {
    const count = this.#call(Act.Transmit, 0, out);
    const pieces: number[] = [];
    for (let place = 0; place < count; place += 1) {
      pieces.push(places[DeskPlace.Pieces + place]!);
    }
    return pieces;
  }

  /**
   * Queues DATA: `count` bodies that lie one behind the other from byte `at` of `bytes` on, their lengths from place `first` on.
   * Returns how many were queued, times 8, and how the next one went.
   */
  data(
    bytes: Uint8Array,
    at: number,
    lengths: Uint32Array,
    first: number,
    count: number,
    obj: string | undefined,
  ): number {
    places[DeskPlace.At] = at;
    places[DeskPlace.Count] = count;
    return this.#call(Act.Data, first, bytes, lengths, obj);
  }

  /** Queues a DATA whose body is kept. */
  dataHead(length: number, obj: string | undefined): number {
    return this.#call(Act.DataHead, length, undefined, undefined, obj);
  }

  #call(act: Act, first: number, bytes?: Uint8Array, lengths?: Uint32Array, obj?: string): number {
    places[DeskPlace.Act] = act;
    places[DeskPlace.Connection] = this.#number;
    places[DeskPlace.First] = first;
    call(bytes, lengths, obj);
    this.state = places[DeskPlace.State]!;
    this.wantsRead = places[DeskPlace.WantsRead]! > 0;
    this.wantsWrite = places[DeskPlace.WantsWrite]! > 0;
    this.timeout = places[DeskPlace.Timeout]!;
    this.credit = places[DeskPlace.Credit]!;
    this.inFlight = places[DeskPlace.InFlight]!;
    this.queued = places[DeskPlace.Queued]!;
    this.hasStreams = places[DeskPlace.Streams]! > 0;
    this.untaken = places[DeskPlace.Untaken]!;
    return places[DeskPlace.Result]!;
  }
}
