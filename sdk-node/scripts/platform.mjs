// The names of platforms, which are those of `ts/native.ts`, and of what cargo builds for them.

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = fileURLToPath(new URL('..', import.meta.url));

const libc = () => (process.report.getReport().header.glibcVersionRuntime === undefined ? '-musl' : '-gnu');

export const triple = `${process.platform}-${process.arch}${process.platform === 'linux' ? libc() : ''}`;

/** Where release builds are. */
export const target = join(process.env.CARGO_TARGET_DIR ?? join(here, '../target'), 'release');

/** The file of a shared library. */
export function libraryOf(name) {
  return { darwin: `lib${name}.dylib`, win32: `${name}.dll` }[process.platform] ?? `lib${name}.so`;
}
