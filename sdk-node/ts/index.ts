/** OAP/1 for Node: decoder, encoder, session, streams and connections over the native core. */

export { Config, type ConfigOptions, type SeqRolloverPolicy } from './config.js';
export { OapConnection } from './connection.js';
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
export { OapConfigError, OapRejectError } from './errors.js';
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
export type { Flow } from './native.js';
export {
  connect,
  createServer,
  type ConnectionHandler,
  type ConnectOptions,
  type ServerOptions,
} from './net.js';
export type { SendStreamOptions, Source } from './send-stream.js';
export { Session } from './session.js';
export { OapDecoderStream, oapDecoderTransform } from './streams.js';
