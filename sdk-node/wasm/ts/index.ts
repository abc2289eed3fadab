/** OAP/1 on WebAssembly, in browsers and wherever JavaScript runs: decoder, encoder, session and the engine of a connection. */

export { Config, type ConfigOptions, type SeqRolloverPolicy } from './config.js';
export { Connection, type ConnectionOptions, type ConnectionState, type SendResult } from './connection.js';
export type { ConnectionLimits } from './connection-options.js';
export {
  HISTOGRAM_BOUNDS,
  KINDS,
  MAX_FRAME_BYTES,
  MAX_HEADER_BYTES,
  METRICS,
  READINESS_KEYS,
  REJECT_REASONS,
  STREAM_CHUNK_BYTES,
  TEXT_CONTENT_TYPE,
  VERSION,
  type Kind,
  type RejectReason,
} from './constants.js';
export { Decoder } from './decoder.js';
export { encode, encodeInto } from './encode.js';
export { OapConfigError, OapConnectionError, OapRejectError, type ConnectionEnd } from './errors.js';
export type {
  AckFrame,
  AckInit,
  DataFrame,
  DataInit,
  EndFrame,
  EndInit,
  ErrorFrame,
  ErrorInit,
  Frame,
  FrameInit,
  HelloFrame,
  HelloInit,
  StartFrame,
  StartInit,
  U64,
} from './frame.js';
export { Frames, type Columns } from './frames.js';
export {
  Monitor,
  type MonitorLimits,
  type MonitorOption,
  type MonitorOptions,
  type Readiness,
  type Snapshot,
  type Timing,
} from './monitor.js';
export type { Flow } from './binding.js';
export { Session } from './session.js';
