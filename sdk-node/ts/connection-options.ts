/** What a host chooses of a connection: how long it waits, and how much it holds. */

import { Config, outOfRange, type ConfigOptions } from './config.js';
import type { Limit } from './binding.js';
import { native } from './native.js';

/** The options of a connection: `docs/connection.md` has their meaning. Times are milliseconds, sizes are bytes. */
export interface ConnectionLimits {
  /** How long the peer may take to greet. Default 10,000. */
  handshakeTimeout?: number | undefined;
  /** How long no byte may pass either way; 0 is for ever. Default 0; of a server 300,000. */
  idleTimeout?: number | undefined;
  /** How long both sides may wait for each other's credit. Default 30,000. */
  stallTimeout?: number | undefined;
  /** How long a close may take. Default 10,000. */
  closeTimeout?: number | undefined;
  /** Bytes received and not taken, from which on nothing is read. Default 1 MiB. */
  receiveBuffer?: number | undefined;
  /** The same while a send waits for credit. Default 64 MiB. */
  receiveLimit?: number | undefined;
  /** Bytes that wait to be written, from which on a send waits. Default 256 KiB. */
  sendBuffer?: number | undefined;
  /** Whether what is taken is acknowledged without a call. Default true. */
  autoAck?: boolean | undefined;
}

const NS_PER_MS = 1e6;
const MAX_U64 = 2n ** 64n - 1n;

/** The core's names by those of this package: a time loses its unit. */
const NAMES = new Map(
  native.connectionOptions().map((core) => {
    const name = core.replace(/_ns$/, '').replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    return [name as keyof ConnectionLimits, core];
  }),
);

/** @internal The limits as they cross. What is not of a connection is left to others. */
export function limitsOf(options: ConnectionLimits): Limit[] {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('options are an object');
  }
  if (options.autoAck !== undefined && typeof options.autoAck !== 'boolean') {
    throw new TypeError('autoAck is a boolean');
  }
  const limits: Limit[] = [];
  for (const [name, core] of NAMES) {
    const value = options[name];
    if (value !== undefined) {
      limits.push({ name: core, value: valueOf(name, value, core.endsWith('_ns') ? NS_PER_MS : 1) });
    }
  }
  const refused = native.checkConnectionOptions(limits);
  if (refused !== null) {
    const [name, core] = [...NAMES].find(([, core]) => core === refused.field)!;
    const unit = core.endsWith('_ns') ? NS_PER_MS : 1;
    throw outOfRange(name, options[name], Number(refused.min) / unit, Number(refused.max) / unit);
  }
  return limits;
}

function valueOf(name: string, value: unknown, unit: number): bigint {
  if (typeof value !== 'number') {
    throw new TypeError(`${name} is a number`);
  }
  const whole = unit === 1 ? value : Math.round(value * unit);
  // A value that no u64 can be is out of every range: the core says which.
  return Number.isInteger(whole) && whole >= 0 && whole <= 2 ** 62 ? BigInt(whole) : MAX_U64;
}

/** @internal A Config as it is; options with the window of connections. */
export function connectionConfig(config: Config | ConfigOptions | undefined): Config {
  if (config instanceof Config) {
    return config;
  }
  return new Config({ ackWindowFrames: native.connectionWindow(), ...config });
}
