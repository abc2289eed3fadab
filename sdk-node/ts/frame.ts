/** The six kinds of frame, as they are read and as they are given to be encoded. */

/** A 64-bit number that is given: a `bigint` of 0 to 2^64 − 1, or a safe integer. */
export type U64 = bigint | number;

/** HELLO: the first frame of each side. */
export interface HelloFrame {
  readonly kind: 'HELLO';
  /** The protocol's version. */
  readonly version: number;
  /** The largest frame that its sender takes, in bytes. */
  readonly maxFrame: bigint;
  readonly maxFrameNumber: number;
  /** Opaque feature bits; absent and 0 are not the same. */
  readonly features: bigint | undefined;
  /** DATA frames that its sender takes unacknowledged; absent means 32. */
  readonly ackWindow: number | undefined;
  toObject(): HelloInit;
  toJSON(): Record<string, unknown>;
}

/** START: opens a stream. */
export interface StartFrame {
  readonly kind: 'START';
  /** The stream's name: 1 to 1,024 bytes of UTF-8. It is the peer's text: no path, and nothing to log unescaped. */
  readonly stream: string;
  toObject(): StartInit;
  toJSON(): Record<string, unknown>;
}

/** DATA: carries bytes on the open stream. */
export interface DataFrame {
  readonly kind: 'DATA';
  /** The number of this DATA frame in its direction. */
  readonly seq: bigint;
  /** `seq` as a number; a RangeError above `Number.MAX_SAFE_INTEGER`. */
  readonly seqNumber: number;
  /** A BLAKE3-256 address: `b3:` and 64 hex digits. Carried, never verified here. */
  readonly obj: string | undefined;
  /** Bytes of the body. */
  readonly len: number;
  /** The body: a view of the chunk's memory, not a copy. */
  readonly body: Buffer;
  toObject(): DataInit;
  toJSON(): Record<string, unknown>;
}

/** ACK: acknowledges DATA. */
export interface AckFrame {
  readonly kind: 'ACK';
  /** The seq of the DATA frame acknowledged, and all before it. */
  readonly upTo: bigint;
  /** `upTo` as a number; a RangeError above `Number.MAX_SAFE_INTEGER`. */
  readonly upToNumber: number;
  toObject(): AckInit;
  toJSON(): Record<string, unknown>;
}

/** END: closes the stream. */
export interface EndFrame {
  readonly kind: 'END';
  /** The seq of the stream's last DATA, or 0 where it carried none. */
  readonly seq: bigint;
  /** `seq` as a number; a RangeError above `Number.MAX_SAFE_INTEGER`. */
  readonly seqNumber: number;
  /** The host's status, 0 to 65,535. */
  readonly status: number;
  toObject(): EndInit;
  toJSON(): Record<string, unknown>;
}

/** ERROR: ends the session. */
export interface ErrorFrame {
  readonly kind: 'ERROR';
  /** 1 to 8 for a reject's code, others the host's; at most 65,535. */
  readonly code: number;
  /** 0 to 1,024 bytes of the peer's text: nothing to log unescaped. */
  readonly reason: string;
  toObject(): ErrorInit;
  toJSON(): Record<string, unknown>;
}

/** A frame that was decoded: `kind` tells which. */
export type Frame = HelloFrame | StartFrame | DataFrame | AckFrame | EndFrame | ErrorFrame;

export interface HelloInit {
  kind: 'HELLO';
  /** Default: the version of this package's protocol. */
  version?: number | undefined;
  maxFrame: U64;
  features?: U64 | undefined;
  ackWindow?: number | undefined;
}

export interface StartInit {
  kind: 'START';
  stream: string;
}

export interface DataInit {
  kind: 'DATA';
  seq: U64;
  obj?: string | undefined;
  /** Default: empty. */
  body?: Uint8Array | undefined;
}

export interface AckInit {
  kind: 'ACK';
  upTo: U64;
}

export interface EndInit {
  kind: 'END';
  seq: U64;
  status: number;
}

export interface ErrorInit {
  kind: 'ERROR';
  code: number;
  reason: string;
}

/** A frame to be encoded or sent: a plain object, or one that was decoded. */
export type FrameInit = HelloInit | StartInit | DataInit | AckInit | EndInit | ErrorInit;
