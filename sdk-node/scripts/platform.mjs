// The names of platforms, which are those of napi-rs and of `ts/native.ts`, and of what cargo builds for them.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = fileURLToPath(new URL('..', import.meta.url));

const ABI = { linux: '-gnu', win32: '-msvc' };

export const triple = `${process.platform}-${process.arch}${ABI[process.platform] ?? ''}`;

/** Where release builds are. */
export const target = join(process.env.CARGO_TARGET_DIR ?? join(here, '../target'), 'release');

/** The file of a shared library. */
export function libraryOf(name) {
  return { darwin: `lib${name}.dylib`, win32: `${name}.dll` }[process.platform] ?? `lib${name}.so`;
}
