/** The names and limits of the protocol, as the core has them. */

import { native } from './native.js';

const core = native.constants();

/** The name of a frame's kind. */
export type Kind = 'HELLO' | 'START' | 'DATA' | 'ACK' | 'END' | 'ERROR';

/** The label of a reject or a refusal: a closed set. */
export type RejectReason =
  | 'bad_hello'
  | 'bad_hello_pq'
  | 'frame_oversize'
  | 'unknown_envelope'
  | 'header_malformed'
  | 'missing_obj'
  | 'credit_violation'
  | 'truncated';

/** The same names as V8 keeps those in source text: compared by address, not letter by letter. */
const interned = (names: string[]) =>
  Object.freeze(Object.keys(Object.fromEntries(names.map((name) => [name, 0]))));

/** The version of the protocol that a HELLO says. */
export const VERSION = core.version;
/** The largest frame, prefix included, in bytes. */
export const MAX_FRAME_BYTES = core.maxFrameBytes;
/** The longest header, in bytes. */
export const MAX_HEADER_BYTES = core.maxHeaderBytes;
/** A good size for reads and writes, in bytes; no limit. */
export const STREAM_CHUNK_BYTES = core.streamChunkBytes;
/** All kinds, in the order of their bytes on the wire: 1 to 6. */
export const KINDS = interned(core.kinds) as readonly Kind[];
/** All reject labels, in the order of their codes: 1 to 8. */
export const REJECT_REASONS = interned(core.rejectLabels) as readonly RejectReason[];
/** The names of the metrics that every host shows. */
export const METRICS: readonly string[] = Object.freeze(core.metrics);
/** The readiness keys, in the order in which a host lists the missing ones. */
export const READINESS_KEYS: readonly string[] = Object.freeze(core.readinessKeys);
/** Upper bounds of the histograms' buckets, in seconds; the last bucket has none. */
export const HISTOGRAM_BOUNDS: readonly number[] = Object.freeze([...core.histogramBounds, Infinity]);
/** The content type of `Monitor.text`. */
export const TEXT_CONTENT_TYPE = core.textContentType;
