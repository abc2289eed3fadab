// oap

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

export type ConnectOptions = net.NetConnectOpts & ConnectionOptions & {
    config?: Config | ConfigOptions | undefined;
    tls?: tls.ConnectionOptions | undefined;
    signal?: AbortSignal | undefined;
};

export type ConnectionEnd = 'closed' | 'incomplete' | 'unacknowledged' | 'reject' | 'peer_error' | 'handshake_timeout' | 'idle_timeout' | 'stalled' | 'close_timeout' | 'reset' | 'aborted' | 'refused';

export type ConnectionHandler = (connection: OapConnection) => void | Promise<void>;

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
    readonly body: Buffer;
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

export declare class OapConnection implements AsyncIterable<Frames> {
    #private;
    readonly socket: Duplex;
    readonly config: Config;
    constructor(socket: Duplex, config?: Config | ConfigOptions, options?: ConnectionOptions);
    get state(): ConnectionState;
    get outbound(): Flow;
    get inbound(): Flow;
    get endReason(): string | undefined;
    get failure(): OapConnectionError | undefined;
    maxBody(withObj?: boolean): number | undefined;
    ready(signal?: AbortSignal): Promise<void>;
    ended(): Promise<string>;
    sendStream(name: string, source: Source, options?: SendStreamOptions): Promise<void>;
    start(name: string, signal?: AbortSignal): Promise<void>;
    data(body: Uint8Array, { obj, signal }?: {
        obj?: string;
        signal?: AbortSignal;
    }): Promise<void>;
    end(status?: number, signal?: AbortSignal): Promise<void>;
    acknowledge(upTo: U64): Promise<void>;
    flushed(): Promise<void>;
    delivered(signal?: AbortSignal): Promise<void>;
    read(signal?: AbortSignal): Promise<Frame | undefined>;
    readBatch(signal?: AbortSignal): Promise<Frames | undefined>;
    [Symbol.asyncIterator](): AsyncIterableIterator<Frames>;
    frames(): AsyncIterableIterator<Frame>;
    close({ timeout }?: {
        timeout?: number;
    }): Promise<void>;
    abort(cause?: unknown): void;
}

export declare class OapConnectionError extends Error {
    #private;
    readonly reason: ConnectionEnd;
    readonly word: string;
    readonly reject: OapRejectError | undefined;
    readonly peerCode: number | undefined;
    get peerText(): string | undefined;
}

export declare class OapDecoderStream extends Transform {
    readonly decoder: Decoder;
    constructor(config?: Config | ConfigOptions, options?: MonitorOption);
    _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void;
    _flush(done: TransformCallback): void;
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

export declare class OapServer {
    #private;
    readonly server: net.Server;
    listen(...where: ListenArguments): Promise<net.AddressInfo>;
    address(): net.AddressInfo | string | null;
    get connections(): ServedConnection[];
    shutdown({ timeout }?: {
        timeout?: number;
    }): Promise<void>;
    abort(): void;
}
type ListenArguments = [options: net.ListenOptions] | [port?: number, host?: string, backlog?: number] | [path: string, backlog?: number];

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

export interface SendStreamOptions {
    obj?: string | undefined;
    chunkSize?: number | undefined;
    signal?: AbortSignal | undefined;
}

export type SeqRolloverPolicy = 'error' | 'wrap';

export interface ServedConnection {
    readonly connection: OapConnection;
    readonly remoteAddress: string | undefined;
    readonly remotePort: number | undefined;
    readonly age: number;
}

export interface ServerOptions extends Omit<net.ServerOpts, 'allowHalfOpen'>, ConnectionOptions {
    config?: Config | ConfigOptions | undefined;
    tls?: tls.TlsOptions | undefined;
    maxConnections?: number | undefined;
    onError?: ((error: unknown, connection: OapConnection | undefined) => void) | undefined;
}

export declare class Session {
    #private;
    readonly config: Config;
    constructor(config?: Config | ConfigOptions, options?: MonitorOption);
    hello(): HelloInit;
    send(frames: FrameInit | readonly FrameInit[]): Buffer;
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

export type Source = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
type Step = IteratorResult<Uint8Array, unknown>;

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

export declare function connect(options: ConnectOptions): OapConnection;

export declare function createServer(handler: ConnectionHandler): OapServer;
export declare function createServer(options: ServerOptions, handler: ConnectionHandler): OapServer;

export declare function encode(frames: FrameInit | readonly FrameInit[]): Buffer;

export declare function encodeInto(frames: FrameInit | readonly FrameInit[], out: Uint8Array): number;

export declare function oapDecoderTransform(config?: Config | ConfigOptions, options?: MonitorOption): TransformStream<Uint8Array, Frames>;

// oap/prometheus

export interface CollectOptions {
    register: Pick<Registry<RegistryContentType>, 'registerMetric'>;
}

export declare function collectOap(monitor: Monitor, { register }: CollectOptions): void;

