/** The native halves of `Decoder` and `Session`. */

import { FlowAt, HelloAt } from './abi.js';
import type {
  Flow,
  NativeReceiver,
  NativeSession as SessionOfBinding,
  Rejection,
  Settings,
} from './binding.js';
import { Slot, slots } from './chunk.js';
import { sendFrames } from './frames-out.js';
import { boolAt, calls, collected, madeBy, type Pointer, SCRATCH, succeed, u32At, u64At } from './heap.js';
import { CallTimer, type NativeMonitor } from './native-monitor.js';
import { isReject, rejectOf } from './rejection.js';
import { withConfig } from './settings.js';

export function flowAt(at: Pointer): Flow {
  const flow = {
    open: boolAt(at + FlowAt.open),
    objects: boolAt(at + FlowAt.objects),
    inFlight: u32At(at + FlowAt.in_flight),
    window: u32At(at + FlowAt.window),
    credit: u32At(at + FlowAt.credit),
  };
  return boolAt(at + FlowAt.has_last_seq) ? { ...flow, lastSeq: u64At(at + FlowAt.last_seq) } : flow;
}

/** What `finish` of a handle says. */
function finished(status: number, verdict: () => Rejection | null): Rejection | null {
  if (isReject(status)) {
    return verdict();
  }
  succeed(status);
  return null;
}

export class NativeDecoder implements NativeReceiver {
  readonly #handle: Pointer;
  readonly #slot: number;

  constructor(settings: Settings, monitor?: NativeMonitor) {
    const handle = withConfig(settings, (config) =>
      madeBy((place) => calls.oap_stream_decoder_new(config, place)),
    );
    if (monitor !== undefined) {
      succeed(calls.oap_stream_decoder_set_monitor(handle, monitor.handle));
    }
    const feed = calls.oap_stream_decoder_feed.bind(undefined, handle);
    const slot = slots.add(new Slot(feed, new CallTimer(monitor)));
    collected.register(this, () => {
      slots.drop(slot);
      calls.oap_stream_decoder_free(handle);
    });
    this.#handle = handle;
    this.#slot = slot;
  }

  slot(): number {
    return this.#slot;
  }

  finish(): Rejection | null {
    return finished(calls.oap_stream_decoder_finish(this.#handle), () => this.verdict());
  }

  verdict(): Rejection | null {
    return rejectOf('oap_stream_decoder_reject', this.#handle);
  }

  staged(): number {
    return calls.oap_stream_decoder_staged(this.#handle);
  }

  reset(): void {
    succeed(calls.oap_stream_decoder_reset(this.#handle));
  }
}

/** What a session still says when it is closed. */
const KEPT = [
  'hello',
  'verdict',
  'staged',
  'outbound',
  'inbound',
  'nextSeq',
  'credit',
  'isEstablished',
  'hasEnded',
  'peerMaxFrame',
] as const satisfies readonly (keyof NativeSession)[];

export class NativeSession implements SessionOfBinding {
  #handle: Pointer;
  readonly #slot: number;
  readonly #state: Slot;

  constructor(settings: Settings, monitor?: NativeMonitor) {
    const handle = withConfig(settings, (config) => madeBy((place) => calls.oap_session_new(config, place)));
    if (monitor !== undefined) {
      succeed(calls.oap_session_set_monitor(handle, monitor.handle));
    }
    const state = new Slot(calls.oap_session_recv.bind(undefined, handle), new CallTimer(monitor));
    const slot = slots.add(state);
    collected.register(this, () => {
      slots.drop(slot);
      if (!state.closed) {
        calls.oap_session_free(handle);
      }
    });
    this.#handle = handle;
    this.#slot = slot;
    this.#state = state;
  }

  slot(): number {
    return this.#slot;
  }

  send(words: Uint32Array, count: number, bytes: Uint8Array, out: Uint8Array): number | Rejection {
    const { timer } = this.#state;
    timer.start(false);
    const sent = sendFrames(this.#handle, words, count, bytes, out);
    timer.observeWrite();
    return sent;
  }

  /** Frees it at once; what it says then it still says later. */
  close(): void {
    if (this.#state.closed) {
      return;
    }
    for (const name of KEPT) {
      const value = this[name]();
      Object.defineProperty(this, name, { value: () => value });
    }
    this.#state.closed = true;
    this.#state.timer.stop();
    calls.oap_session_free(this.#handle);
    this.#handle = 0;
  }

  hello(): { version: number; maxFrame: bigint; features?: bigint; ackWindow: number } {
    succeed(calls.oap_session_hello(this.#handle, SCRATCH));
    const hello = {
      version: u32At(SCRATCH + HelloAt.version),
      maxFrame: u64At(SCRATCH + HelloAt.max_frame),
      ackWindow: u32At(SCRATCH + HelloAt.ack_window),
    };
    return boolAt(SCRATCH + HelloAt.has_features)
      ? { ...hello, features: u64At(SCRATCH + HelloAt.features) }
      : hello;
  }

  finish(): Rejection | null {
    return finished(calls.oap_session_finish(this.#handle), () => this.verdict());
  }

  verdict(): Rejection | null {
    return rejectOf('oap_session_reject', this.#handle);
  }

  outbound(): Flow {
    succeed(calls.oap_session_outbound(this.#handle, SCRATCH));
    return flowAt(SCRATCH);
  }

  inbound(): Flow {
    succeed(calls.oap_session_inbound(this.#handle, SCRATCH));
    return flowAt(SCRATCH);
  }

  nextSeq(): bigint {
    const { lastSeq } = this.outbound();
    return lastSeq === undefined ? 1n : BigInt.asUintN(64, lastSeq + 1n);
  }

  credit(): number {
    return this.outbound().credit;
  }

  isEstablished(): boolean {
    return calls.oap_session_is_established(this.#handle) !== 0;
  }

  hasEnded(): boolean {
    return calls.oap_session_has_ended(this.#handle) !== 0;
  }

  peerMaxFrame(): number | null {
    return calls.oap_session_peer_max_frame(this.#handle) || null;
  }

  staged(): number {
    return calls.oap_session_staged(this.#handle);
  }

  reset(): void {
    succeed(calls.oap_session_reset(this.#handle));
  }
}
