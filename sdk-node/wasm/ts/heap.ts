/** The module and its memory. */

import { Abi, type AbiFunction } from './abi.js';
import { setBytes, viewOf } from './intrinsics.js';
import { WASM } from './module.js';

/** A place in the memory of the module. */
export type Pointer = number;

type WasmFunction = AbiFunction | 'oap_wasm_alloc' | 'oap_wasm_free' | 'oap_wasm_end_message';
type Call = (...given: (number | bigint)[]) => number;

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let place = 0; place < text.length; place += 1) {
    bytes[place] = text.charCodeAt(place);
  }
  return bytes;
}

// At once, and not later: who imports this can use it.
const { exports: core } = new WebAssembly.Instance(new WebAssembly.Module(bytesOf(WASM)));
const memory = core['memory'] as WebAssembly.Memory;

let failure: Error | undefined;

/** A trap leaves the module as nobody knows: then every call is an Error. */
function guarded(name: string, call: Call): Call {
  return (...given) => {
    if (failure !== undefined) {
      throw new Error(failure.message, { cause: failure.cause });
    }
    try {
      return call(...given);
    } catch (cause) {
      failure = new Error(`oap.wasm failed in ${name} and can't be used any more`, { cause });
      throw failure;
    }
  };
}

/** The functions of the C ABI. */
export const calls = Object.fromEntries(
  Object.entries(core)
    .filter(([, value]) => typeof value === 'function')
    .map(([name, call]) => [name, guarded(name, call as unknown as Call)]),
) as Record<WasmFunction, Call>;

let bytes = new Uint8Array(memory.buffer);
let view = new DataView(memory.buffer);

/** All memory. Any call may make it grow, and what was made of it before is then detached: ask anew behind each. */
export function heap(): Uint8Array {
  if (bytes.length === 0) {
    bytes = new Uint8Array(memory.buffer);
    view = new DataView(memory.buffer);
  }
  return bytes;
}

/** The same, to read and write numbers. */
export function numbers(): DataView {
  heap();
  return view;
}

/** Some of it, for now. By no built-in that a program may have patched; so everywhere here. */
export const bytesAt = (at: Pointer, length: number): Uint8Array => viewOf(heap(), at, length);

export const u32At = (at: Pointer): number => numbers().getUint32(at, true);
export const u64At = (at: Pointer): bigint => numbers().getBigUint64(at, true);
export const boolAt = (at: Pointer): boolean => numbers().getUint8(at) !== 0;

export function setU32(at: Pointer, value: number): void {
  numbers().setUint32(at, value, true);
}

export function setU64(at: Pointer, value: bigint): void {
  numbers().setBigUint64(at, value, true);
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export const textAt = (at: Pointer, length: number): string => utf8.decode(bytesAt(at, length));

/** A C string. */
export function stringAt(at: Pointer): string {
  return textAt(at, heap().indexOf(0, at) - at);
}

/** Names by index from `first` on, until there is none. */
export function namesOf(name: WasmFunction, first: number): string[] {
  const names: string[] = [];
  for (let at = calls[name](first); at !== 0; at = calls[name](first + names.length)) {
    names.push(stringAt(at));
  }
  return names;
}

export function alloc(size: number): Pointer {
  // As a number that is not negative, wherever it lies.
  const at = calls.oap_wasm_alloc(size) >>> 0;
  if (at === 0) {
    throw new RangeError(`oap.wasm has no memory for ${size} bytes`);
  }
  return at;
}

/** What is larger is not kept from one call to the next. */
const KEPT_BYTES = 1 << 20;
const LEAST_BYTES = 1 << 12;

/** Memory that one call after the other uses. */
export class Region {
  #at: Pointer = 0;
  #size = 0;

  /** Room for so many bytes, whose contents are anybody's. */
  reserve(size: number): Pointer {
    if (size > this.#size || this.#at === 0) {
      this.#free();
      const whole = Math.max(LEAST_BYTES, size);
      this.#at = alloc(whole);
      this.#size = whole;
    }
    return this.#at;
  }

  /** A copy of these bytes. */
  put(given: Uint8Array, size: number): Pointer {
    const at = this.reserve(size);
    setBytes(heap(), given, at);
    return at;
  }

  /** The call is over. */
  release(): void {
    if (this.#size > KEPT_BYTES) {
      this.#free();
    }
  }

  #free(): void {
    calls.oap_wasm_free(this.#at, this.#size);
    this.#at = this.#size = 0;
  }
}

const SCRATCH_BYTES = 1_024;
/** Where calls leave what they have to say: no structure is larger. */
export const SCRATCH = alloc(SCRATCH_BYTES);

/** A status that no argument of this package can bring about. */
export const faultOf = (status: number): Error =>
  new Error(`oap.wasm: ${stringAt(calls.oap_status_name(status))}`);

/** @throws Error where the call failed. */
export function succeed(status: number): void {
  if (status !== Abi.STATUS_OK) {
    throw faultOf(status);
  }
}

/** The handle that a call made. */
export function madeBy(make: (place: Pointer) => number): Pointer {
  succeed(make(SCRATCH));
  return u32At(SCRATCH);
}

/** Frees the handles of objects that are collected. */
export const collected = new FinalizationRegistry<() => void>((free) => free());
