/** The native half of `Monitor`. */

import { Abi, MONITOR_LIMITS, ReadinessAt, SnapshotAt, TimingAt } from './abi.js';
import type { NativeMonitor as Monitor } from './binding.js';
import {
  boolAt,
  calls,
  collected,
  madeBy,
  type Pointer,
  Region,
  SCRATCH,
  setU64,
  succeed,
  textAt,
  u32At,
  u64At,
} from './heap.js';

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

export function defaultLimits(): Record<string, bigint> {
  succeed(calls.oap_monitor_default_limits(SCRATCH));
  return Object.fromEntries(Array.from(MONITOR_LIMITS, ([name, at]) => [camel(name), u64At(SCRATCH + at)]));
}

const numberAt = (at: Pointer) => Number(u64At(at));
const numbersAt = (at: Pointer, length: number) =>
  Array.from({ length }, (_, place) => numberAt(at + 8 * place));

const timesAt = (at: Pointer) => ({
  counts: numbersAt(at + TimingAt.counts, Abi.HISTOGRAM_BUCKETS),
  sum: numberAt(at + TimingAt.sum_ns) / 1e9,
});

const KINDS = Abi.KIND_ERROR;
const REJECTS = Abi.STATUS_TRUNCATED;
const KEYS = 4;
const NS_PER_SECOND = 1e9;
const MAX_U32 = 0xffff_ffff;

const page = new Region();
const PAGE_BYTES = 1 << 13;

const LIMITS_AT = SCRATCH + 64;

/** The monitors that were shared, by key. Another thread has a module of its own, and finds none of these. */
const shelf = new Map<number, WeakRef<NativeMonitor>>();
let lastKey = 0;

export class NativeMonitor implements Monitor {
  readonly handle: Pointer;
  readonly #timing: boolean;
  #key: number | undefined;

  constructor(limits: Record<string, bigint>, timing: boolean) {
    succeed(calls.oap_monitor_default_limits(LIMITS_AT));
    for (const [name, at] of MONITOR_LIMITS) {
      const limit = limits[camel(name)];
      if (limit !== undefined) {
        setU64(LIMITS_AT + at, limit);
      }
    }
    const handle = madeBy((place) => calls.oap_monitor_new(LIMITS_AT, place));
    this.handle = handle;
    this.#timing = timing;
    collected.register(this, () => calls.oap_monitor_free(handle));
  }

  share(): number {
    if (this.#key === undefined) {
      lastKey += 1;
      this.#key = lastKey;
      shelf.set(lastKey, new WeakRef(this));
    }
    return this.#key;
  }

  timing(): boolean {
    return this.#timing;
  }

  setParserReady(ready: boolean): void {
    succeed(calls.oap_monitor_set_parser_ready(this.handle, Number(ready)));
  }

  setLoad(permille: number): void {
    succeed(calls.oap_monitor_set_load(this.handle, permille));
  }

  countFrame(kind: number, bytes: number): boolean {
    // No frame has as many bytes as 32 bits count.
    const status = calls.oap_monitor_count_frame(this.handle, kind & 0xff, Math.min(bytes, MAX_U32));
    return kind === (kind & 0xff) && status === Abi.STATUS_OK;
  }

  countReject(code: number): boolean {
    return calls.oap_monitor_count_reject(this.handle, code) === Abi.STATUS_OK;
  }

  observeRead(ns: bigint): void {
    succeed(calls.oap_monitor_observe_read(this.handle, ns));
  }

  observeWrite(ns: bigint): void {
    succeed(calls.oap_monitor_observe_write(this.handle, ns));
  }

  tick(now: bigint): void {
    succeed(calls.oap_monitor_tick(this.handle, now));
  }

  readiness(now: bigint): ReturnType<Monitor['readiness']> {
    succeed(calls.oap_monitor_readiness(this.handle, now, SCRATCH));
    const keys = Array.from({ length: KEYS }, (_, place) => boolAt(SCRATCH + ReadinessAt.keys + place));
    const body = textAt(SCRATCH + ReadinessAt.json, u32At(SCRATCH + ReadinessAt.json_len));
    const retryAfter = u32At(SCRATCH + ReadinessAt.retry_after);
    return { keys, status: u32At(SCRATCH + ReadinessAt.http_status), retryAfter, body };
  }

  snapshot(): ReturnType<Monitor['snapshot']> {
    succeed(calls.oap_monitor_snapshot(this.handle, SCRATCH));
    return {
      frames: numbersAt(SCRATCH + SnapshotAt.frames, KINDS),
      rejects: numbersAt(SCRATCH + SnapshotAt.rejects, REJECTS),
      frameBytes: numberAt(SCRATCH + SnapshotAt.frame_bytes),
      ackWindow: numberAt(SCRATCH + SnapshotAt.ack_window),
      inflightFrames: numberAt(SCRATCH + SnapshotAt.inflight_frames),
      ackStarvedSeconds: numberAt(SCRATCH + SnapshotAt.ack_starved_ns) / NS_PER_SECOND,
      inflightCapacity: numberAt(SCRATCH + SnapshotAt.inflight_capacity),
      hostLoadPermille: numberAt(SCRATCH + SnapshotAt.host_load_permille),
      read: timesAt(SCRATCH + SnapshotAt.read),
      write: timesAt(SCRATCH + SnapshotAt.write),
    };
  }

  text(): string {
    let room = PAGE_BYTES;
    for (;;) {
      const at = page.reserve(room);
      const status = calls.oap_monitor_text(this.handle, at, room, SCRATCH);
      const size = u32At(SCRATCH);
      if (status !== Abi.STATUS_BUFFER_TOO_SMALL) {
        succeed(status);
        return textAt(at, size);
      }
      room = size;
    }
  }
}

export const sharedMonitor = (key: number): NativeMonitor | null => shelf.get(key)?.deref() ?? null;

let nobody: NativeMonitor | undefined;

/** Nobody's monitor: whoever closes leaves its own for this one. */
export const nobodys = (): Pointer => (nobody ??= new NativeMonitor({}, false)).handle;

const NS_PER_MS = 1e6;

/** The duty of a decoder or session to a monitor that it was given. */
export class CallTimer {
  #timed: NativeMonitor | undefined;
  #since = 0;

  constructor(monitor: NativeMonitor | undefined) {
    this.#timed = monitor?.timing() === true ? monitor : undefined;
  }

  /** A call begins, or goes on: then the time since it began counts. */
  start(again: boolean): void {
    if (this.#timed !== undefined && !again) {
      this.#since = performance.now();
    }
  }

  observeRead(): void {
    this.#timed?.observeRead(this.#passed());
  }

  observeWrite(): void {
    this.#timed?.observeWrite(this.#passed());
  }

  stop(): void {
    this.#timed = undefined;
  }

  #passed(): bigint {
    return BigInt(Math.round((performance.now() - this.#since) * NS_PER_MS));
  }
}

/** As the core says them, in seconds. */
export function histogramBounds(): number[] {
  const bound = calls.oap_histogram_bound_ns as unknown as (place: number) => bigint;
  const bounded = Abi.HISTOGRAM_BUCKETS - 1;
  return Array.from(
    { length: bounded },
    (_, place) => Number(BigInt.asUintN(64, bound(place))) / NS_PER_SECOND,
  );
}
