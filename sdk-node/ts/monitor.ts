/** Metrics and readiness of a process: the telemetry contract. */

import {
  HISTOGRAM_BOUNDS,
  KINDS,
  READINESS_KEYS,
  REJECT_REASONS,
  type Kind,
  type RejectReason,
} from './constants.js';
import { OapConfigError } from './errors.js';
import type { U64 } from './frame.js';
import type { NativeMonitor } from './binding.js';
import { native } from './native.js';
import { hrtime, inspect } from './runtime.js';

/** When readiness keys turn false: the limits of the telemetry contract. A limit that is left out has its default. */
export interface MonitorLimits {
  /** Rejects a thousand frames, over the window of 5 minutes, from which `oap_reject_rate_ok` is false. Default 10. */
  rejectLimitPermille?: U64 | undefined;
  /** Frames and rejects in the window below which `oap_reject_rate_ok` is always true. Default 100. */
  rejectMinEvents?: U64 | undefined;
  /** Nanoseconds of starvation in the window above which `oap_ack_window_ok` is false. Default 5 s. */
  ackStarvationLimitNs?: U64 | undefined;
  /** DATA frames in flight that are full load. Default 1,024. */
  inflightCapacity?: U64 | undefined;
  /** Percent of the capacity, or of the host's load, above which `oap_backpressure_ok` turns false. Default 80. */
  backpressureHighPercent?: U64 | undefined;
  /** Percent at or under which both have to be for it to turn true again. Default 60. */
  backpressureLowPercent?: U64 | undefined;
}

/** The options of a `Monitor`. */
export interface MonitorOptions extends MonitorLimits {
  /** Whether decode and encode calls are timed, by two readings of a clock each. Default true. */
  timing?: boolean | undefined;
}

/** The options that a decoder, a session and all that is built on them take beside a configuration. */
export interface MonitorOption {
  /** Counts its frames and rejects, times its calls, and has its inbound stream in the gauges. */
  monitor?: Monitor | undefined;
}

/** Whether a process is fit to serve, and the answer that a host gives on `/readyz`. */
export interface Readiness {
  /** All keys are true. */
  readonly ready: boolean;
  /** Each key, in the contract's order, and whether it is true. */
  readonly keys: Readonly<Record<string, boolean>>;
  /** The keys that are false, in the contract's order. */
  readonly missing: readonly string[];
  /** 200 or 503. */
  readonly status: number;
  /** `Content-Type`, and `Retry-After` with a 503. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/** The times of decode or encode calls. */
export interface Timing {
  /** Upper bounds of the buckets, in seconds: `HISTOGRAM_BOUNDS`. */
  readonly bounds: readonly number[];
  /** Calls by bucket, not cumulative. */
  readonly counts: readonly number[];
  /** All calls. */
  readonly count: number;
  /** Their time, in seconds. */
  readonly sumSeconds: number;
}

/** The numbers of a `Monitor` at one time. Counters of 64 bits are numbers here: exact up to 2^53. */
export interface Snapshot {
  /** `oap_frames_total` */
  readonly frames: Readonly<Record<Kind, number>>;
  /** `oap_rejects_total` */
  readonly rejects: Readonly<Record<RejectReason, number>>;
  /** `oap_frame_bytes_total` */
  readonly frameBytes: number;
  /** `oap_ack_window` */
  readonly ackWindow: number;
  /** `oap_inflight_frames` */
  readonly inflightFrames: number;
  /** `oap_ack_starved_seconds_total` */
  readonly ackStarvedSeconds: number;
  /** `oap_inflight_capacity` */
  readonly inflightCapacity: number;
  /** `oap_host_load_ratio`, in thousandths: what `setLoad` was given last, 0 before. */
  readonly hostLoadPermille: number;
  /** `oap_read_frame_seconds` */
  readonly read: Timing;
  /** `oap_write_frame_seconds` */
  readonly write: Timing;
}

const LIMITS = Object.keys(native.defaultLimits());
const MAX_U64 = 2n ** 64n - 1n;
const FULL_LOAD_PERMILLE = 1_000;

/**
 * Counts what the decoders and sessions that were given it did, and says whether the process is fit to serve. A host ticks it, or asks
 * for its readiness, at least once a second.
 */
export class Monitor {
  readonly #native: NativeMonitor;

  /** @throws OapConfigError for a limit that is no integer of 0 to 2^64 − 1, TypeError for an unknown option or a wrong type. */
  constructor(options?: MonitorOptions);
  /** @internal */
  constructor(found: NativeMonitor);
  constructor(given: MonitorOptions | NativeMonitor = {}) {
    this.#native = given instanceof native.NativeMonitor ? given : made(given as MonitorOptions);
  }

  /**
   * A key by which other threads of the process find this monitor with `Monitor.shared`: post it to a worker. It is good as
   * long as any thread holds the monitor.
   */
  share(): number {
    return this.#native.share();
  }

  /**
   * The monitor that another thread shared: the same numbers, the same limits.
   *
   * @throws RangeError where there is no monitor of that key any more, TypeError for what is no number.
   */
  static shared(key: number): Monitor {
    if (typeof key !== 'number') {
      throw new TypeError('a key is a number');
    }
    const found = native.sharedMonitor(key);
    if (found === null) {
      throw new RangeError(`no monitor has the key ${inspect(key)}`);
    }
    return new Monitor(found);
  }

  /** Whether decode and encode calls are timed. */
  get timing(): boolean {
    return this.#native.timing();
  }

  /** The key `oap_parser_ready`: true from the start. A host that drains, or whose new configuration is bad, sets it false. */
  setParserReady(ready: boolean): void {
    if (typeof ready !== 'boolean') {
      throw new TypeError(`ready is a boolean, not ${inspect(ready)}`);
    }
    this.#native.setParserReady(ready);
  }

  /**
   * Sets the load of the fullest of the host's own queues and budgets, in thousandths: 0 is empty, over 1,000 counts as
   * 1,000. `oap_backpressure_ok` is judged by it at the next tick.
   */
  setLoad(permille: number): void {
    if (!Number.isInteger(permille) || permille < 0) {
      throw new TypeError(`permille is an integer that is not negative, not ${inspect(permille)}`);
    }
    this.#native.setLoad(Math.min(permille, FULL_LOAD_PERMILLE));
  }

  /** Counts a frame of that many bytes which was decoded or encoded without a decoder or session that has this monitor. */
  countFrame(kind: Kind, bytes: number): void {
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      throw new TypeError('bytes is a safe integer that is not negative');
    }
    if (!this.#native.countFrame(1 + KINDS.indexOf(kind), bytes)) {
      throw new TypeError(`a frame's kind is one of ${KINDS.join(', ')}`);
    }
  }

  /** Counts a reject, by its label or code, that was given without a decoder or session that has this monitor. */
  countReject(reason: RejectReason | number): void {
    const code = typeof reason === 'number' ? reason : 1 + REJECT_REASONS.indexOf(reason);
    if (!Number.isInteger(code) || !this.#native.countReject(code)) {
      throw new TypeError(`a reject is one of ${REJECT_REASONS.join(', ')}, or its code`);
    }
  }

  /** Observes one decode call of that many nanoseconds: `oap_read_frame_seconds`. */
  observeRead(ns: U64): void {
    this.#native.observeRead(u64('ns', ns));
  }

  /** Observes one encode call of that many nanoseconds: `oap_write_frame_seconds`. */
  observeWrite(ns: U64): void {
    this.#native.observeWrite(u64('ns', ns));
  }

  /**
   * Samples the state, at least once a second. `now` is in nanoseconds of a monotonic clock: that of `process.hrtime.bigint()`
   * where it is left out. Do not mix two clocks.
   */
  tick(now: U64 = hrtime.bigint()): void {
    this.#native.tick(u64('now', now));
  }

  /** Ticks, and says whether the process is fit to serve. */
  readiness(now: U64 = hrtime.bigint()): Readiness {
    const { keys, status, retryAfter, body } = this.#native.readiness(u64('now', now));
    const missing = READINESS_KEYS.filter((_, place) => !keys[place]);
    const headers: Record<string, string> = { 'Content-Type': 'application/json' };
    if (retryAfter > 0) {
      headers['Retry-After'] = String(retryAfter);
    }
    return { ready: missing.length === 0, keys: named(READINESS_KEYS, keys), missing, status, headers, body };
  }

  /** All numbers, as they are now. */
  snapshot(): Snapshot {
    const { frames, rejects, read, write, ...numbers } = this.#native.snapshot();
    return {
      frames: named(KINDS, frames),
      rejects: named(REJECT_REASONS, rejects),
      ...numbers,
      read: timingOf(read),
      write: timingOf(write),
    };
  }

  /** The page that a Prometheus server scrapes, of the content type `TEXT_CONTENT_TYPE`. */
  text(): string {
    return this.#native.text();
  }

  /** @internal The native half of the monitor that was given, if one was. */
  static nativeOf({ monitor }: MonitorOption): NativeMonitor | undefined {
    if (monitor === undefined) {
      return undefined;
    }
    if (!(monitor instanceof Monitor)) {
      throw new TypeError('monitor is a Monitor');
    }
    return monitor.#native;
  }
}

function made({ timing = true, ...given }: MonitorOptions): NativeMonitor {
  if (typeof timing !== 'boolean') {
    throw new TypeError(`timing is a boolean, not ${inspect(timing)}`);
  }
  const limits: Record<string, bigint> = {};
  for (const [name, value] of Object.entries(given)) {
    if (!LIMITS.includes(name)) {
      throw new TypeError(`${name} is not an option of a monitor`);
    }
    if (value !== undefined) {
      limits[name] = limitOf(name, value);
    }
  }
  return new native.NativeMonitor(limits, timing);
}

function limitOf(name: string, value: unknown): bigint {
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new TypeError(`${name} is a number or a bigint, not ${inspect(value)}`);
  }
  if (!isU64(value)) {
    throw new OapConfigError(`${name} = ${value} is not in 0..=${MAX_U64}`, name, value, 0n, MAX_U64);
  }
  return BigInt(value);
}

function u64(name: string, value: U64): bigint {
  if (!isU64(value)) {
    throw new TypeError(`${name} is a bigint of 0 to 2^64 - 1, or a safe integer that is not negative`);
  }
  return BigInt(value);
}

function isU64(value: unknown): value is U64 {
  return typeof value === 'bigint'
    ? BigInt.asUintN(64, value) === value
    : Number.isSafeInteger(value) && (value as number) >= 0;
}

function named<K extends string, V>(names: readonly K[], values: readonly V[]): Record<K, V> {
  return Object.fromEntries(names.map((name, place) => [name, values[place]])) as Record<K, V>;
}

function timingOf({ counts, sum }: { counts: number[]; sum: number }): Timing {
  const count = counts.reduce((total, calls) => total + calls);
  return { bounds: HISTOGRAM_BOUNDS, counts, count, sumSeconds: sum };
}
