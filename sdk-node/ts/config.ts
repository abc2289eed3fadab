/** The limits that a side keeps, and what its HELLO says. */

import { OapConfigError } from './errors.js';
import type { ConfigRefusal, Settings } from './binding.js';
import { native } from './native.js';
import { inspect } from './runtime.js';

/** The rule for what may follow a DATA frame whose seq is 2^64 − 1: nothing, or seq 0. */
export type SeqRolloverPolicy = 'error' | 'wrap';

/** The options of a `Config`; what is left out has its default. */
export interface ConfigOptions {
  /** Take canonical headers only. Default true; false is for interop labs. */
  strictHeaders?: boolean | undefined;
  /** DATA on an object stream needs `obj`. Default true. */
  enforceObjHeaderOnObjects?: boolean | undefined;
  /** A HELLO may have feature bits set. Default true. */
  allowPqHelloFlags?: boolean | undefined;
  /** Default `'error'`. */
  seqRolloverPolicy?: SeqRolloverPolicy | undefined;
  /** DATA frames taken unacknowledged, 1 to 1,024; its HELLO says so. Default 32. */
  ackWindowFrames?: number | undefined;
  /** The largest frame taken, in bytes with its prefix, 4,096 to 1,048,576; its HELLO says so. Default 1,048,576. */
  maxFrame?: number | undefined;
  /** The feature bits that its HELLO says: any 64 bits. Default: none said. */
  features?: bigint | undefined;
}

const MAX_U64 = 2n ** 64n - 1n;

const TYPES: Record<keyof ConfigOptions, 'boolean' | 'string' | 'number' | 'bigint'> = {
  strictHeaders: 'boolean',
  enforceObjHeaderOnObjects: 'boolean',
  allowPqHelloFlags: 'boolean',
  seqRolloverPolicy: 'string',
  ackWindowFrames: 'number',
  maxFrame: 'number',
  features: 'bigint',
};

/** A configuration; every value it holds is allowed. Immutable. Wherever one is taken, plain options are too. */
export class Config {
  readonly strictHeaders: boolean;
  readonly enforceObjHeaderOnObjects: boolean;
  readonly allowPqHelloFlags: boolean;
  readonly seqRolloverPolicy: SeqRolloverPolicy;
  readonly ackWindowFrames: number;
  readonly maxFrame: number;
  readonly #features: bigint | undefined;

  /** @throws OapConfigError for a value that is not allowed, TypeError for an unknown option or a wrong type. */
  constructor(options: ConfigOptions = {}) {
    const resolved = native.resolveConfig(settingsOf(options));
    if ('field' in resolved) {
      throw refusal(resolved, options);
    }
    this.strictHeaders = resolved.strictHeaders;
    this.enforceObjHeaderOnObjects = resolved.enforceObjHeaderOnObjects;
    this.allowPqHelloFlags = resolved.allowPqHelloFlags;
    this.seqRolloverPolicy = resolved.seqRolloverPolicy as SeqRolloverPolicy;
    this.ackWindowFrames = Number(resolved.ackWindowFrames);
    this.maxFrame = Number(resolved.maxFrame);
    this.#features = resolved.features;
    Object.freeze(this);
  }

  /** The feature bits that its HELLO says. Not enumerable: they are never logged. */
  get features(): bigint | undefined {
    return this.#features;
  }

  /** @internal */
  static from(config: Config | ConfigOptions | undefined): Config {
    return config instanceof Config ? config : new Config(config);
  }
}

/** @internal Options as they cross to the core, their types seen to. */
export function settingsOf(options: Config | ConfigOptions): Settings {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('a configuration is an object');
  }
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(TYPES, name));
  if (unknown !== undefined) {
    throw new TypeError(`${unknown} is not an option of a configuration`);
  }
  const settings: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(TYPES)) {
    const value = options[name as keyof ConfigOptions];
    if (value !== undefined) {
      settings[name] = settingOf(name, value, type);
    }
  }
  return settings;
}

function settingOf(name: string, value: unknown, type: string): unknown {
  if (typeof value !== type) {
    throw new TypeError(`${name} is a ${type}, not ${inspect(value)}`);
  }
  switch (type) {
    case 'bigint':
      if (BigInt.asUintN(64, value as bigint) !== value) {
        throw outOfRange(name, value, 0n, MAX_U64);
      }
      return value;
    case 'number':
      // A value that no u64 can be is out of every range: the core says which.
      return Number.isSafeInteger(value) && (value as number) >= 0 ? BigInt(value as number) : MAX_U64;
    default:
      return value;
  }
}

function refusal({ field, min, max, choices }: ConfigRefusal, options: ConfigOptions): OapConfigError {
  const name = field.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const value = options[name as keyof ConfigOptions];
  if (choices !== undefined) {
    return new OapConfigError(`${name} = ${inspect(value)} is not one of ${choices.join(', ')}`, name, value);
  }
  return outOfRange(name, value, Number(min), Number(max));
}

/** @internal */
export function outOfRange(
  name: string,
  value: unknown,
  min: number | bigint,
  max: number | bigint,
): OapConfigError {
  // Feature bits are shown nowhere.
  const shown = name === 'features' ? '' : ` = ${value}`;
  return new OapConfigError(`${name}${shown} is not in ${min}..=${max}`, name, value, min, max);
}
