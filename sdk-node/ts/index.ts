/** OAP/1 for Node: decoder, encoder, session, streams and connections over the native core. */

export { Config, type ConfigOptions, type SeqRolloverPolicy } from './config.js';
export {
  OapConnection,
  type ConnectionOptions,
  type ConnectionState,
  type SendStreamOptions,
} from './connection.js';
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
export { connect, type ConnectOptions } from './net.js';
export {
  createServer,
  OapServer,
  type ConnectionHandler,
  type ServedConnection,
  type ServerOptions,
} from './server.js';
export { Session } from './session.js';
export type { Source } from './source.js';
export { OapDecoderStream, oapDecoderTransform } from './streams.js';
