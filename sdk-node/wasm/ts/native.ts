/** The module, as the binaries of `oap` are: `Native` of binding.ts. */

import { Abi } from './abi.js';
import type { Native } from './binding.js';
import { decodeAgain, newTable } from './chunk.js';
import { encodeFrames } from './frames-out.js';
import { calls, namesOf, stringAt } from './heap.js';
import { NativeConnection, newDesk } from './native-connection.js';
import { defaultLimits, histogramBounds, NativeMonitor, sharedMonitor } from './native-monitor.js';
import { NativeDecoder, NativeSession } from './receivers.js';
import { LABELS } from './rejection.js';
import { checkConnectionOptions, connectionOptions, connectionWindow, resolveConfig } from './settings.js';

const constants = () => ({
  packageVersion: stringAt(calls.oap_version()),
  version: Abi.PROTOCOL_VERSION,
  maxFrameBytes: Abi.MAX_FRAME_BYTES,
  maxHeaderBytes: Abi.MAX_HEADER_BYTES,
  streamChunkBytes: Abi.STREAM_CHUNK_BYTES,
  kinds: namesOf('oap_kind_name', Abi.KIND_HELLO),
  rejectLabels: [...LABELS],
  metrics: namesOf('oap_metric_name', 0),
  readinessKeys: namesOf('oap_readiness_key', 0),
  histogramBounds: histogramBounds(),
  textContentType: stringAt(calls.oap_text_content_type()),
});

export const native = {
  NativeConnection,
  NativeDecoder,
  NativeMonitor,
  NativeSession,
  checkConnectionOptions,
  connectionOptions,
  connectionWindow,
  constants,
  decodeAgain,
  defaultLimits,
  encodeFrames,
  newDesk,
  newTable,
  resolveConfig,
  sharedMonitor,
} as unknown as Native;
