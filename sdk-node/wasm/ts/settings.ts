/** Configurations and options as they cross. */

import { Abi, CONNECTION_OPTIONS, ConnectionOptionsAt } from './abi.js';
import type { ConfigRefusal, Limit, Settings } from './binding.js';
import { calls, madeBy, numbers, type Pointer, SCRATCH, setU64, succeed } from './heap.js';
import { configRefusalAt } from './rejection.js';

const POLICIES = new Map([
  ['error', Abi.SEQ_ROLLOVER_ERROR],
  ['wrap', Abi.SEQ_ROLLOVER_WRAP],
]);

type Setter =
  | 'oap_config_set_strict_headers'
  | 'oap_config_set_enforce_obj_header_on_objects'
  | 'oap_config_set_allow_pq_hello_flags'
  | 'oap_config_set_seq_rollover_policy'
  | 'oap_config_set_ack_window_frames'
  | 'oap_config_set_max_frame'
  | 'oap_config_set_features';

/** What each setting is, in the order in which they are judged. */
function valuesOf(settings: Settings): [Setter, number | bigint | undefined][] {
  const flag = (value: boolean | undefined) => (value === undefined ? undefined : Number(value));
  const { seqRolloverPolicy: policy } = settings;
  return [
    ['oap_config_set_seq_rollover_policy', policy === undefined ? undefined : POLICIES.get(policy)],
    ['oap_config_set_strict_headers', flag(settings.strictHeaders)],
    ['oap_config_set_enforce_obj_header_on_objects', flag(settings.enforceObjHeaderOnObjects)],
    ['oap_config_set_allow_pq_hello_flags', flag(settings.allowPqHelloFlags)],
    ['oap_config_set_features', settings.features],
    ['oap_config_set_ack_window_frames', settings.ackWindowFrames],
    ['oap_config_set_max_frame', settings.maxFrame],
  ];
}

/** Sets a configuration; the first value that is refused, if one is. */
function fill(config: Pointer, settings: Settings): ConfigRefusal | undefined {
  const { seqRolloverPolicy: policy } = settings;
  if (policy !== undefined && !POLICIES.has(policy)) {
    return { field: 'seq_rollover_policy', choices: [...POLICIES.keys()] };
  }
  for (const [set, value] of valuesOf(settings)) {
    const status = value === undefined ? Abi.STATUS_OK : calls[set](config, value);
    if (status === Abi.STATUS_OUT_OF_RANGE) {
      succeed(calls.oap_config_get_error(config, SCRATCH));
      return configRefusalAt(SCRATCH);
    }
    succeed(status);
  }
  return undefined;
}

/** What `use` makes of the configuration and of what it refuses. */
function configured<T>(settings: Settings, use: (config: Pointer, refused?: ConfigRefusal) => T): T {
  const config = madeBy(calls.oap_config_new);
  try {
    return use(config, fill(config, settings));
  } finally {
    calls.oap_config_free(config);
  }
}

/** What `use` makes of the configuration, which has been resolved before. */
export function withConfig<T>(settings: Settings, use: (config: Pointer) => T): T {
  return configured(settings, (config, refused) => {
    if (refused !== undefined) {
      throw new Error(refused.field);
    }
    return use(config);
  });
}

const DEFAULTS = {
  strictHeaders: true,
  enforceObjHeaderOnObjects: true,
  allowPqHelloFlags: true,
  seqRolloverPolicy: 'error',
  ackWindowFrames: BigInt(Abi.DEFAULT_ACK_WINDOW),
  maxFrame: BigInt(Abi.MAX_FRAME_BYTES),
};

export const resolveConfig = (settings: Settings) =>
  configured(settings, (_, refused) => refused ?? { ...DEFAULTS, ...settings });

export const connectionOptions = (): string[] => [...CONNECTION_OPTIONS.keys()];
export const connectionWindow = (): number => Abi.CONNECTION_WINDOW;

/** Options in the scratch memory, from here on; before them is room for an error. */
const OPTIONS = SCRATCH + 64;

export function optionsOf(limits: readonly Limit[], autoAck = true): Pointer {
  succeed(calls.oap_connection_options_init(OPTIONS));
  for (const { name, value } of limits) {
    const at = CONNECTION_OPTIONS.get(name);
    if (at !== undefined) {
      setU64(OPTIONS + at, value);
    }
  }
  numbers().setUint8(OPTIONS + ConnectionOptionsAt.auto_ack, Number(autoAck));
  return OPTIONS;
}

export function checkConnectionOptions(limits: readonly Limit[]): ConfigRefusal | null {
  const status = calls.oap_connection_options_check(optionsOf(limits), SCRATCH);
  if (status === Abi.STATUS_OUT_OF_RANGE) {
    return configRefusalAt(SCRATCH);
  }
  succeed(status);
  return null;
}
