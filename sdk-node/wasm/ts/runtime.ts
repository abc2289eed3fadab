/** What the package needs beside memory, where no Node is: as `runtime.ts` of `oap`. */

/** A value as an error's text shows it. */
function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${value}'`;
    case 'bigint':
      return `${value}n`;
    case 'object':
      return value === null ? 'null' : `[object ${value.constructor?.name ?? 'Object'}]`;
    case 'function':
      return `[Function: ${value.name}]`;
    default:
      return String(value);
  }
}

/** Plain objects field by field. */
function inspectOf(value: unknown, _options?: object): string {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    return shown(value);
  }
  return `{ ${Object.entries(value)
    .map(([name, field]) => `${name}: ${shown(field)}`)
    .join(', ')} }`;
}

const custom: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;
export const inspect: typeof inspectOf & { readonly custom: typeof custom } = Object.assign(inspectOf, {
  custom,
} as const);

const NS_PER_MS = 1e6;

/** Nanoseconds of a monotonic clock. */
export const hrtime = { bigint: () => BigInt(Math.round(performance.now() * NS_PER_MS)) };

const encoder = new TextEncoder();
const [FIRST_KEY, SECOND_KEY] = crypto.getRandomValues(new Uint32Array(2)) as unknown as [number, number];

/** A hash by keys of this process, to tell values apart. */
export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  let [first, second] = [FIRST_KEY, SECOND_KEY];
  for (const part of parts) {
    for (const byte of typeof part === 'string' ? encoder.encode(part) : part) {
      first = Math.imul(first ^ byte, 0x9e3779b1) ^ (second >>> 15);
      second = Math.imul(second ^ byte, 0x85ebca77) ^ (first >>> 13);
    }
  }
  return [first, second].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
