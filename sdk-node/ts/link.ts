/** The engine of a connection and its socket: moves bytes between them, and tells both halves what has changed. */

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Changes } from './changes.js';
import { Deadline } from './deadline.js';
import { FirstReason } from './end-reason.js';
import { State, StatusPlace } from './generated.js';
import type { NativeConnection } from './native.js';
import { decodeChunk, type Batch } from './table.js';
import { WireBuffer } from './wire-buffer.js';

/** What sends and what takes, as the link sees them. */
export interface Halves {
  /** A chunk held frames. */
  receive(batch: Batch): void;
  /** Something is about to be written: what was kept back for it goes to the engine. */
  commit(): void;
  /** The state was read anew. */
  update(): void;
}

const status = new Float64Array(StatusPlace.Places);

export class Link {
  readonly engine: NativeConnection;
  readonly socket: Duplex;
  readonly changes = new Changes();
  readonly first: FirstReason;
  readonly wire: WireBuffer;
  readonly #slot: number;
  readonly #deadline = new Deadline(() => this.act(() => this.engine.handleTimeout()));
  readonly #onWritten = (error?: Error | null) => this.#writtenBy(error);
  #halves!: Halves;

  state: number = State.Handshake;
  /** DATA that may be sent now, and that the peer has not acknowledged. */
  credit = 0;
  inFlight = 0;
  /** Whether a stream is open, either way. */
  hasStreams = false;
  /** Frames that the engine has given and that are not taken. */
  untaken = 0;
  /** Bytes that the socket has taken. */
  written = 0;
  /** This side has closed or aborted. */
  closedHere = false;

  /** Bytes that were handed to the socket, until it has taken them. */
  #writing = 0;
  #scheduled = false;
  #shut = false;

  constructor(engine: NativeConnection, socket: Duplex) {
    this.engine = engine;
    this.socket = socket;
    this.#slot = engine.slot();
    this.wire = new WireBuffer(engine, socket);
    this.first = new FirstReason(
      engine,
      !(socket instanceof Socket && (socket.connecting || socket.pending)),
    );
  }

  /** Begins: what the socket brings goes to these halves. */
  open(halves: Halves): void {
    this.#halves = halves;
    const { socket } = this;
    socket.allowHalfOpen = true;
    if (socket instanceof Socket) {
      socket.setNoDelay(true);
    }
    socket.on('connect', () => (this.first.connected = true));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.act(() => this.engine.receiveEnd()));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(undefined));
    this.schedule();
    this.update();
  }

  #receive(chunk: Buffer): void {
    const batch = decodeChunk(this.#slot, chunk, true);
    if (batch.count > 0 && !this.closedHere) {
      this.#halves.receive(batch);
    }
    this.update();
  }

  #fail(error: Error | undefined): void {
    this.first.blame(error);
    this.act(() => this.engine.transportFailed());
  }

  /** A step of the engine that may change how it stands. */
  act(step: () => void): void {
    if (this.state !== State.Ended) {
      step();
      this.update();
    }
  }

  /** Bytes that wait to be written. */
  queued(): number {
    this.engine.status(status);
    return status[StatusPlace.Queued]!;
  }

  /** What is queued is written when this turn is over. */
  schedule(): void {
    if (!this.#scheduled && this.#writing === 0) {
      this.#scheduled = true;
      process.nextTick(flushOf, this);
    }
  }

  /** @internal */
  flushTurn(): void {
    this.#scheduled = false;
    this.flush();
  }

  /** Writes what is queued, as much as the socket takes now. */
  flush(): void {
    this.#halves.commit();
    while (this.#writing === 0 && this.state !== State.Ended) {
      const bytes = this.wire.write(this.#onWritten);
      if (bytes === 0) {
        break;
      }
      this.#writing = bytes;
      if (this.wire.isTaken) {
        this.#transmitted();
      }
    }
    this.update();
  }

  #writtenBy(error: Error | null | undefined): void {
    if (this.#writing > 0 && this.wire.isTaken && !error) {
      this.#transmitted();
      this.flush();
    }
  }

  #transmitted(): void {
    const bytes = this.#writing;
    this.#writing = 0;
    this.written += bytes;
    this.wire.forget();
    this.engine.transmitted(bytes);
  }

  /** Does what the engine asks for, and wakes who waits. */
  update(): void {
    if (this.state === State.Ended) {
      return;
    }
    this.engine.status(status);
    this.state = status[StatusPlace.State]!;
    this.credit = status[StatusPlace.Credit]!;
    this.inFlight = status[StatusPlace.InFlight]!;
    this.hasStreams = status[StatusPlace.Streams]! > 0;
    this.untaken = status[StatusPlace.Untaken]!;
    if ((this.state as State) === State.Ended) {
      this.#finish();
    } else {
      this.#obey();
    }
    this.#halves.update();
    this.changes.raise();
  }

  #obey(): void {
    if (status[StatusPlace.WantsWrite]! > 0) {
      this.schedule();
    }
    this.#deadline.set(status[StatusPlace.Timeout]!);
    this.#read(status[StatusPlace.WantsRead]! > 0 || this.state >= State.Closing);
    if (this.state === State.Shut && !this.#shut) {
      this.#shut = true;
      this.socket.end();
    }
  }

  #read(wanted: boolean): void {
    const { socket } = this;
    if (socket.isPaused() !== wanted) {
      return;
    }
    if (wanted) {
      socket.resume();
    } else {
      socket.pause();
    }
  }

  #finish(): void {
    this.#deadline.clear();
    this.engine.leave();
    this.wire.drop();
    const { socket } = this;
    if (this.first.failure === undefined && socket instanceof Socket) {
      socket.destroySoon();
    } else {
      socket.destroy();
    }
  }
}

const flushOf = (link: Link) => link.flushTurn();
