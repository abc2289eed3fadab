/** What a native half offers: the binary of a platform, and `oap-wasm`. */

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
