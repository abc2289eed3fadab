/** The native half, and how it is found: a binary, else WebAssembly. */

import { closeSync, openSync, readSync } from 'node:fs';
import { arch, emitWarning, execPath, platform, report } from 'node:process';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { Native } from './binding.js';

const { name, version } = require('../package.json') as { name: string; version: string };

const triple = `${platform}-${arch}${platform === 'linux' ? `-${libc()}` : ''}`;

/** Which C library this process runs on: that of the loader which its file names, in its first bytes. */
function libc(): 'gnu' | 'musl' {
  const head = Buffer.alloc(4_096);
  try {
    const file = openSync(execPath, 'r');
    readSync(file, head, 0, head.length, 0);
    closeSync(file);
  } catch {
    // Then the report tells.
  }
  if (head.includes('/ld-linux')) {
    return 'gnu';
  }
  return head.includes('/ld-musl-') || !hasGlibc() ? 'musl' : 'gnu';
}

function hasGlibc(): boolean {
  const { header } = report!.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

const failed = (name: string, error: unknown) =>
  new Error(`${name}: ${(error as Error).message}`, { cause: error });

/** The library that was built here. `module.require`: a bundler looks into a `require`, and finds nothing here. */
function ofThisFolder(): Native {
  const own = `../oap.${triple}.node`;
  try {
    return checked(module.require(own) as Native);
  } catch (error) {
    throw failed(own, error);
  }
}

/**
 * The package of the platform. The names are written out in a `try`: so bundlers and tracers find the one that is there.
 * `scripts/pack.mjs` writes them as this package is named.
 */
function ofThePlatform(): Native {
  try {
    switch (triple) {
      case 'darwin-arm64':
        return checked(require('oap-darwin-arm64') as Native);
      case 'darwin-x64':
        return checked(require('oap-darwin-x64') as Native);
      case 'linux-arm64-gnu':
        return checked(require('oap-linux-arm64-gnu') as Native);
      case 'linux-arm64-musl':
        return checked(require('oap-linux-arm64-musl') as Native);
      case 'linux-x64-gnu':
        return checked(require('oap-linux-x64-gnu') as Native);
      case 'linux-x64-musl':
        return checked(require('oap-linux-x64-musl') as Native);
      case 'win32-x64':
        return checked(require('oap-win32-x64') as Native);
      default:
        throw new Error('there is no such package');
    }
  } catch (error) {
    throw failed(`${name}-${triple}`, error);
  }
}

/** The same for every platform, and slower. */
function ofWebAssembly(): Native {
  try {
    return checked((require('oap-wasm/native') as { native: Native }).native);
  } catch (error) {
    throw failed(`${name}-wasm`, error);
  }
}

function checked(found: Native): Native {
  const { packageVersion } = found.constants();
  if (packageVersion !== version) {
    throw new Error(`is of version ${packageVersion}, not ${version}`);
  }
  return found;
}

function load(): Native {
  const causes: Error[] = [];
  for (const find of [ofThisFolder, ofThePlatform, ofWebAssembly]) {
    try {
      const found = find();
      if (find === ofWebAssembly) {
        warn(causes);
      }
      return found;
    } catch (error) {
      causes.push(error as Error);
    }
  }
  throw new AggregateError(
    causes,
    `${name} ${version} can't load its native half for ${triple}: ${ADVICE}, or ${name}-wasm-${version}.tgz. ${triedOf(causes)}`,
  );
}

const ADVICE = `install ${name}-${triple}-${version}.tgz of the same release beside it`;

const triedOf = (causes: readonly Error[]) =>
  `What was tried:${causes.map((cause) => `\n- ${cause.message}`).join('')}`;

/** Workers know by what they inherit that it was said. */
function warn(causes: readonly Error[]): void {
  const code = 'OAP_WASM';
  if (getEnvironmentData(code) !== undefined) {
    return;
  }
  setEnvironmentData(code, true);
  emitWarning(`oap runs on WebAssembly, which is slower: ${ADVICE}`, { code, detail: triedOf(causes) });
}

export const native = load();
