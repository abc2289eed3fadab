// oap-wasm

export interface AckFrame {
    readonly kind: 'ACK';
    readonly upTo: bigint;
    readonly upToNumber: number;
    toObject(): AckInit;
    toJSON(): Record<string, unknown>;
}

export interface AckInit {
    kind: 'ACK';
    upTo: U64;
}

export interface Columns {
    kind: Uint8Array;
    number: BigUint64Array;
    len: Uint32Array;
}

export declare class Config {
    #private;
    readonly strictHeaders: boolean;
    readonly enforceObjHeaderOnObjects: boolean;
    readonly allowPqHelloFlags: boolean;
    readonly seqRolloverPolicy: SeqRolloverPolicy;
    readonly ackWindowFrames: number;
    readonly maxFrame: number;
    constructor(options?: ConfigOptions);
    get features(): bigint | undefined;
}

export interface ConfigOptions {
    strictHeaders?: boolean | undefined;
    enforceObjHeaderOnObjects?: boolean | undefined;
    allowPqHelloFlags?: boolean | undefined;
    seqRolloverPolicy?: SeqRolloverPolicy | undefined;
    ackWindowFrames?: number | undefined;
    maxFrame?: number | undefined;
    features?: bigint | undefined;
}

export declare class Connection {
    #private;
    readonly config: Config;
    constructor(config?: Config | ConfigOptions, options?: ConnectionOptions);
    get state(): ConnectionState;
    get wantsRead(): boolean;
    get wantsWrite(): boolean;
    get timeout(): number | undefined;
    get outbound(): Flow;
    get inbound(): Flow;
    get endReason(): string | undefined;
    get failure(): OapConnectionError | undefined;
    maxBody(withObj?: boolean): number | undefined;
    receive(chunk: Uint8Array): Frames;
    receiveEnd(): void;
    take(frames: number): void;
    transmit(): Uint8Array;
    transmitted(bytes: number): void;
    handleTimeout(): void;
    start(name: string): SendResult;
    data(body: Uint8Array, obj?: string): SendResult;
    end(status?: number): SendResult;
    acknowledge(upTo: U64): SendResult;
    cancelSend(): void;
    close({ timeout }?: {
        timeout?: number;
    }): void;
    abort(): void;
    transportFailed(): void;
    [Symbol.dispose](): void;
}

export type ConnectionEnd = 'closed' | 'incomplete' | 'unacknowledged' | 'reject' | 'peer_error' | 'handshake_timeout' | 'idle_timeout' | 'stalled' | 'close_timeout' | 'reset' | 'aborted' | 'refused';

export interface ConnectionLimits {
    handshakeTimeout?: number | undefined;
    idleTimeout?: number | undefined;
    stallTimeout?: number | undefined;
    closeTimeout?: number | undefined;
    receiveBuffer?: number | undefined;
    receiveLimit?: number | undefined;
    sendBuffer?: number | undefined;
    autoAck?: boolean | undefined;
}

export interface ConnectionOptions extends ConnectionLimits, MonitorOption {
}

export type ConnectionState = 'handshake' | 'open' | 'peer_closed' | 'closing' | 'shut' | 'ended';

export interface DataFrame {
    readonly kind: 'DATA';
    readonly seq: bigint;
    readonly seqNumber: number;
    readonly obj: string | undefined;
    readonly len: number;
    readonly body: Uint8Array;
    toObject(): DataInit;
    toJSON(): Record<string, unknown>;
}

export interface DataInit {
    kind: 'DATA';
    seq: U64;
    obj?: string | undefined;
    body?: Uint8Array | undefined;
}

export declare class Decoder {
    #private;
    readonly config: Config;
    constructor(config?: Config | ConfigOptions, options?: MonitorOption);
    feed(chunk: Uint8Array): Frames;
    finish(): void;
    get reject(): OapRejectError | undefined;
    get staged(): number;
    reset(): void;
}

export interface EndFrame {
    readonly kind: 'END';
    readonly seq: bigint;
    readonly seqNumber: number;
    readonly status: number;
    toObject(): EndInit;
    toJSON(): Record<string, unknown>;
}

export interface EndInit {
    kind: 'END';
    seq: U64;
    status: number;
}

export interface ErrorFrame {
    readonly kind: 'ERROR';
    readonly code: number;
    readonly reason: string;
    toObject(): ErrorInit;
    toJSON(): Record<string, unknown>;
}

export interface ErrorInit {
    kind: 'ERROR';
    code: number;
    reason: string;
}

export interface Flow {
    readonly open: boolean;
    readonly objects: boolean;
    readonly lastSeq?: bigint;
    readonly inFlight: number;
    readonly window: number;
    readonly credit: number;
}

export type Frame = HelloFrame | StartFrame | DataFrame | AckFrame | EndFrame | ErrorFrame;

export type FrameInit = HelloInit | StartInit | DataInit | AckInit | EndInit | ErrorInit;

export declare class Frames implements Iterable<Frame> {
    #private;
    readonly length: number;
    readonly reject: OapRejectError | undefined;
    at(index: number): Frame | undefined;
    from(index: number): Frames;
    [Symbol.iterator](): Iterator<Frame, unknown>;
    columns(): Columns;
    toJSON(): {
        frames: unknown[];
        reject?: OapRejectError;
    };
    get [Symbol.toStringTag](): string;
    [inspect.custom](): string;
}

export declare const HISTOGRAM_BOUNDS: readonly number[];

export interface HelloFrame {
    readonly kind: 'HELLO';
    readonly version: number;
    readonly maxFrame: bigint;
    readonly maxFrameNumber: number;
    readonly features: bigint | undefined;
    readonly ackWindow: number | undefined;
    toObject(): HelloInit;
    toJSON(): Record<string, unknown>;
}

export interface HelloInit {
    kind: 'HELLO';
    version?: number | undefined;
    maxFrame: U64;
    features?: U64 | undefined;
    ackWindow?: number | undefined;
}

export declare const KINDS: readonly Kind[];

export type Kind = 'HELLO' | 'START' | 'DATA' | 'ACK' | 'END' | 'ERROR';

export declare const MAX_FRAME_BYTES: number;

export declare const MAX_HEADER_BYTES: number;

export declare const METRICS: readonly string[];

export declare class Monitor {
    #private;
    constructor(options?: MonitorOptions);
    share(): number;
    static shared(key: number): Monitor;
    get timing(): boolean;
    setParserReady(ready: boolean): void;
    setLoad(permille: number): void;
    countFrame(kind: Kind, bytes: number): void;
    countReject(reason: RejectReason | number): void;
    observeRead(ns: U64): void;
    observeWrite(ns: U64): void;
    tick(now?: U64): void;
    readiness(now?: U64): Readiness;
    snapshot(): Snapshot;
    text(): string;
}

export interface MonitorLimits {
    rejectLimitPermille?: U64 | undefined;
    rejectMinEvents?: U64 | undefined;
    ackStarvationLimitNs?: U64 | undefined;
    inflightCapacity?: U64 | undefined;
    backpressureHighPercent?: U64 | undefined;
    backpressureLowPercent?: U64 | undefined;
}

export interface MonitorOption {
    monitor?: Monitor | undefined;
}

export interface MonitorOptions extends MonitorLimits {
    timing?: boolean | undefined;
}

export declare class OapConfigError extends Error {
    #private;
    readonly field: string;
    readonly min: number | bigint | undefined;
    readonly max: number | bigint | undefined;
    get value(): unknown;
}

export declare class OapConnectionError extends Error {
    #private;
    readonly reason: ConnectionEnd;
    readonly word: string;
    readonly reject: OapRejectError | undefined;
    readonly peerCode: number | undefined;
    get peerText(): string | undefined;
}

export declare class OapRejectError extends Error {
    readonly reason: RejectReason;
    readonly code: number;
    readonly field: string;
    readonly limit: bigint | undefined;
    readonly offset: bigint | undefined;
    readonly at: bigint | undefined;
    toJSON(): Record<string, unknown>;
}

export declare const READINESS_KEYS: readonly string[];

export declare const REJECT_REASONS: readonly RejectReason[];

export interface Readiness {
    readonly ready: boolean;
    readonly keys: Readonly<Record<string, boolean>>;
    readonly missing: readonly string[];
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
}

export type RejectReason = 'bad_hello' | 'bad_hello_pq' | 'frame_oversize' | 'unknown_envelope' | 'header_malformed' | 'missing_obj' | 'credit_violation' | 'truncated';

export declare const STREAM_CHUNK_BYTES: number;

export type SendResult = 'queued' | 'handshake' | 'credit' | 'room';

export type SeqRolloverPolicy = 'error' | 'wrap';

export declare class Session {
    #private;
    readonly config: Config;
    constructor(config?: Config | ConfigOptions, options?: MonitorOption);
    hello(): HelloInit;
    send(frames: FrameInit | readonly FrameInit[]): Uint8Array;
    recv(chunk: Uint8Array): Frames;
    finish(): void;
    get outbound(): Flow;
    get inbound(): Flow;
    get credit(): number;
    get nextSeq(): bigint;
    get isEstablished(): boolean;
    get hasEnded(): boolean;
    get peerMaxFrame(): number | undefined;
    get reject(): OapRejectError | undefined;
    get staged(): number;
    reset(): void;
    close(): void;
    [Symbol.dispose](): void;
}

export interface Snapshot {
    readonly frames: Readonly<Record<Kind, number>>;
    readonly rejects: Readonly<Record<RejectReason, number>>;
    readonly frameBytes: number;
    readonly ackWindow: number;
    readonly inflightFrames: number;
    readonly ackStarvedSeconds: number;
    readonly inflightCapacity: number;
    readonly hostLoadPermille: number;
    readonly read: Timing;
    readonly write: Timing;
}

export interface StartFrame {
    readonly kind: 'START';
    readonly stream: string;
    toObject(): StartInit;
    toJSON(): Record<string, unknown>;
}

export interface StartInit {
    kind: 'START';
    stream: string;
}

export declare const TEXT_CONTENT_TYPE: string;

export interface Timing {
    readonly bounds: readonly number[];
    readonly counts: readonly number[];
    readonly count: number;
    readonly sumSeconds: number;
}

export type U64 = bigint | number;

export declare const VERSION: number;

export declare function encode(frames: FrameInit | readonly FrameInit[]): Uint8Array;

export declare function encodeInto(frames: FrameInit | readonly FrameInit[], out: Uint8Array): number;

