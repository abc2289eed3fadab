/** What the package needs of Node beside memory: `oap-wasm` has its own. */

import { createHmac, randomBytes } from 'node:crypto';

export { inspect } from 'node:util';

/** Nanoseconds of a monotonic clock. */
export { hrtime } from 'node:process';

const KEY = randomBytes(32);

/** A digest by a key of this process: it says nothing of what was digested. */
export function digestOf(...parts: readonly (string | Uint8Array)[]): string {
  const digest = createHmac('sha256', KEY);
  parts.forEach((part) => digest.update(part));
  return digest.digest('hex');
}
