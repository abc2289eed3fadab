/** The engine of a connection and its socket: moves bytes between them, and tells both halves what has changed. */

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Changes } from './changes.js';
import { Deadline } from './deadline.js';
import { FirstReason } from './end-reason.js';
import { Engine } from './engine.js';
import { State } from './generated.js';
import type { NativeConnection } from './binding.js';
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

export class Link {
  readonly engine: Engine;
  readonly socket: Duplex;
  readonly changes = new Changes();
  readonly first: FirstReason;
  readonly wire: WireBuffer;
  readonly #slot: number;
  readonly #deadline = new Deadline(() => this.act(() => this.engine.native.handleTimeout()));
  readonly #onWritten = (error?: Error | null) => this.#writtenBy(error);
  #halves!: Halves;

  /** Where it stands, as both halves know. */
  state: number = State.Handshake;
  /** Bytes that the socket has taken. */
  written = 0;
  /** This side has closed or aborted. */
  closedHere = false;

  /** Bytes that were handed to the socket, until it has taken them. */
  #writing = 0;
  #scheduled = false;
  #shut = false;

  constructor(engine: NativeConnection, socket: Duplex) {
    this.engine = new Engine(engine);
    this.socket = socket;
    this.#slot = engine.slot();
    this.wire = new WireBuffer(this.engine, socket);
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
    socket.on('end', () => this.act(() => this.engine.native.receiveEnd()));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(undefined));
    this.schedule();
    this.look();
  }

  #receive(chunk: Buffer): void {
    const batch = decodeChunk(this.#slot, chunk, true);
    if (batch.count > 0 && !this.closedHere) {
      this.#halves.receive(batch);
    }
    this.look();
  }

  #fail(error: Error | undefined): void {
    this.first.blame(error);
    this.act(() => this.engine.native.transportFailed());
  }

  /** A step of the engine that may change how it stands. */
  act(step: () => void): void {
    if (this.state !== State.Ended) {
      step();
      this.look();
    }
  }

  /** What is queued is written when this turn is over, and what has changed is told then; `false`: once the socket has taken more. */
  schedule(): boolean {
    if (!this.#scheduled && this.#writing === 0) {
      this.#scheduled = true;
      process.nextTick(flushOf, this);
    }
    return this.#scheduled;
  }

  /** @internal */
  flushTurn(): void {
    this.#scheduled = false;
    this.flush();
  }

  /** Writes what is queued, as much as the socket takes now. */
  flush(): void {
    this.#halves.commit();
    this.engine.look();
    while (this.#writing === 0 && this.engine.wantsWrite) {
      this.#writing = this.#write();
      if (this.#writing === 0) {
        break;
      }
      if (this.wire.isTaken) {
        this.#transmitted();
      }
    }
    this.update();
  }

  #write(): number {
    try {
      return this.wire.write(this.#onWritten);
    } catch (error) {
      // What a frame promised is not there: nothing good can follow it.
      this.first.blame(error);
      this.act(() => this.engine.native.abort());
      return 0;
    }
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

  /** As `update`, after a step that did not tell how the engine stands. */
  look(): void {
    this.engine.look();
    this.update();
  }

  /** Does what the engine asks for, and wakes who waits. */
  update(): void {
    if (this.state === State.Ended) {
      return;
    }
    this.state = this.engine.state;
    if ((this.state as State) === State.Ended) {
      this.#finish();
    } else {
      this.#obey();
    }
    this.#halves.update();
    this.changes.raise();
  }

  #obey(): void {
    if (this.engine.wantsWrite) {
      this.schedule();
    }
    this.#deadline.set(this.engine.timeout);
    this.#read(this.engine.wantsRead || this.state >= State.Closing);
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
    this.engine.native.leave();
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
