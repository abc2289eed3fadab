/** The native half: what it offers, and how it is found. */

import { arch, platform } from 'node:process';

/** The fault, in the core's words. */
export interface Rejection {
  reason: string;
  code: number;
  field: string;
  limit?: bigint;
  offset?: bigint;
  at?: bigint;
  message: string;
}

/** The fields of a configuration, as they cross. */
export interface Settings {
  strictHeaders?: boolean;
  enforceObjHeaderOnObjects?: boolean;
  allowPqHelloFlags?: boolean;
  seqRolloverPolicy?: string;
  ackWindowFrames?: bigint;
  maxFrame?: bigint;
  features?: bigint;
}

/** A setting that the core refuses, by the spec's name. */
export interface ConfigRefusal {
  field: string;
  min?: bigint;
  max?: bigint;
  choices?: string[];
}

/** One direction of a session at a glance. */
export interface Flow {
  /** Whether a stream is open. */
  readonly open: boolean;
  /** Whether the open stream is an object stream: named `objects` or `objects/…`. */
  readonly objects: boolean;
  /** The seq of the direction's last DATA; absent before the first. */
  readonly lastSeq?: bigint;
  /** DATA frames sent and not yet acknowledged. */
  readonly inFlight: number;
  /** DATA frames that may be in flight: the receiver's ack_window; 0 before its HELLO. */
  readonly window: number;
  /** DATA frames that may be sent now. */
  readonly credit: number;
}

/** A table, and what fills it from a chunk, for the decoder or session whose slot its head says: see `decode_call.rs`. */
export interface NativeTable {
  words: Uint32Array;
  wide: BigUint64Array;
  partial: Uint8Array;
  decode(this: void, chunk: Uint8Array): Buffer | undefined;
}

/** A desk, and the call that does what it says: see `connection_call.rs`. */
export interface NativeDesk {
  places: Float64Array;
  call(this: void, bytes?: Uint8Array, lengths?: Uint32Array, obj?: string): void;
}

/** Takes chunks: the native half of a decoder or a session. */
export interface NativeReceiver {
  slot(): number;
  finish(): Rejection | null;
  verdict(): Rejection | null;
  staged(): number;
  reset(): void;
}

export interface NativeSession extends NativeReceiver {
  send(words: Uint32Array, count: number, bytes: Uint8Array, out: Uint8Array): number | Rejection;
  hello(): { version: number; maxFrame: bigint; features?: bigint; ackWindow: number };
  outbound(): Flow;
  inbound(): Flow;
  nextSeq(): bigint;
  credit(): number;
  isEstablished(): boolean;
  hasEnded(): boolean;
  peerMaxFrame(): number | null;
  close(): void;
}

/** Why a connection ended, in the core's words. */
export interface EndReason {
  name: string;
  word: string;
  message: string;
  reject?: Rejection;
  peerCode?: number;
  peerText?: string;
}

/** An option that is a number, by the core's name. */
export interface Limit {
  name: string;
  value: bigint;
}

/** The engine of a connection, but for the calls of a desk. Sends answer as `Sent` of `generated.ts`. */
export interface NativeConnection {
  slot(): number;
  number(): number;
  setTime(ns: bigint): void;
  start(stream: string): number;
  endStream(status: number): number;
  acknowledge(upTo: bigint): number;
  refusal(): Rejection | null;
  cancelSend(): void;
  receiveEnd(): void;
  handleTimeout(): void;
  close(withinNs?: bigint): void;
  abort(): void;
  transportFailed(): void;
  nextTimeout(): bigint | null;
  reason(): EndReason | null;
  outbound(): Flow;
  inbound(): Flow;
  maxBody(withObj: boolean): number | null;
  leave(): void;
}

/** The times of calls by bucket, their sum in seconds. */
interface Times {
  counts: number[];
  sum: number;
}

export interface NativeMonitor {
  share(): number;
  timing(): boolean;
  setParserReady(ready: boolean): void;
  setLoad(permille: number): void;
  countFrame(kind: number, bytes: number): boolean;
  countReject(code: number): boolean;
  observeRead(ns: bigint): void;
  observeWrite(ns: bigint): void;
  tick(now: bigint): void;
  readiness(now: bigint): { keys: boolean[]; status: number; retryAfter: number; body: string };
  snapshot(): {
    frames: number[];
    rejects: number[];
    frameBytes: number;
    ackWindow: number;
    inflightFrames: number;
    ackStarvedSeconds: number;
    inflightCapacity: number;
    hostLoadPermille: number;
    read: Times;
    write: Times;
  };
  text(): string;
}

export interface Native {
  NativeDecoder: new (settings: Settings, monitor?: NativeMonitor) => NativeReceiver;
  NativeSession: new (settings: Settings, monitor?: NativeMonitor) => NativeSession;
  NativeConnection: new (
    settings: Settings,
    limits: readonly Limit[],
    autoAck: boolean,
    hostSaysTime: boolean,
    monitor?: NativeMonitor,
  ) => NativeConnection;
  connectionOptions(): string[];
  connectionWindow(): number;
  checkConnectionOptions(limits: readonly Limit[]): ConfigRefusal | null;
  NativeMonitor: new (limits: Record<string, bigint>, timing: boolean) => NativeMonitor;
  defaultLimits(): Record<string, bigint>;
  sharedMonitor(key: number): NativeMonitor | null;
  resolveConfig(settings: Settings): (Required<Omit<Settings, 'features'>> & Settings) | ConfigRefusal;
  encodeFrames(words: Uint32Array, count: number, bytes: Uint8Array, out: Uint8Array): number | Rejection;
  newTable(rows: number): NativeTable;
  newDesk(): NativeDesk;
  decodeAgain(
    partial: Uint8Array,
    chunk: Uint8Array,
    shift: number,
    words: Uint32Array,
    ofConnection: boolean,
  ): boolean;
  constants(): {
    packageVersion: string;
    version: number;
    maxFrameBytes: number;
    maxHeaderBytes: number;
    streamChunkBytes: number;
    kinds: string[];
    rejectLabels: string[];
    metrics: string[];
    readinessKeys: string[];
    histogramBounds: number[];
    textContentType: string;
  };
}

const { version } = require('../package.json') as { version: string };

/** Rust's name of the C library or tool set that a platform's binary is for. */
const ABI: Partial<Record<NodeJS.Platform, string>> = { linux: '-gnu', win32: '-msvc' };
const triple = `${platform}-${arch}${ABI[platform] ?? ''}`;

const failed = (name: string, error: unknown) =>
  new Error(`${name}: ${(error as Error).message}`, { cause: error });

/** The library that was built here. `module.require`: a bundler looks into a `require`, and finds nothing here. */
function ofThisFolder(): Native {
  const own = `../oap.${triple}.node`;
  try {
    return checked(module.require(own) as Native);
  } catch (error) {
    throw failed(own, error);
  }
}

/** The package of the platform. The names are written out in a `try`: so bundlers and tracers find the one that is there. */
function ofThePlatform(): Native {
  try {
    switch (triple) {
      case 'darwin-arm64':
        return checked(require('oap-darwin-arm64') as Native);
      case 'darwin-x64':
        return checked(require('oap-darwin-x64') as Native);
      case 'linux-arm64-gnu':
        return checked(require('oap-linux-arm64-gnu') as Native);
      case 'linux-x64-gnu':
        return checked(require('oap-linux-x64-gnu') as Native);
      case 'win32-x64-msvc':
        return checked(require('oap-win32-x64-msvc') as Native);
      default:
        throw new Error('there is no such package');
    }
  } catch (error) {
    throw failed(`oap-${triple}`, error);
  }
}

function checked(found: Native): Native {
  const { packageVersion } = found.constants();
  if (packageVersion !== version) {
    throw new Error(`is of version ${packageVersion}, not ${version}`);
  }
  return found;
}

function load(): Native {
  const causes: Error[] = [];
  for (const find of [ofThisFolder, ofThePlatform]) {
    try {
      return find();
    } catch (error) {
      causes.push(error as Error);
    }
  }
  const why = causes.map((cause) => `\n- ${cause.message}`).join('');
  const advice = `install oap-${triple}-${version}.tgz of the same release beside it`;
  throw new AggregateError(
    causes,
    `oap ${version} can't load its native half for ${triple}: ${advice}. What was tried:${why}`,
  );
}

export const native = load();
