/**
 * Built-ins as they are when the package is loaded. A built-in that a program patches later is never called with memory of this
 * package, and does not change which memory the native half is given.
 */

import { types } from 'node:util';
import { markAsUntransferable as mark } from 'node:worker_threads';

const uncurry = <T, R>(method: (this: T, ...given: never[]) => R) =>
  Function.prototype.call.bind(method) as unknown as (self: T, ...given: unknown[]) => R;

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

const getterOf = <R>(name: keyof Uint8Array) =>
  uncurry<Uint8Array, R>(Object.getOwnPropertyDescriptor(TypedArray, name)!.get as () => R);

/** The memory of an array, whatever it says itself. TypeError for what is no typed array; so with the next two. */
export const bufferOf = getterOf<ArrayBufferLike>('buffer');
/** Elements of an array; 0 where its memory is detached. */
export const lengthOf = getterOf<number>('length');
/** Where in its memory an array starts, in bytes. */
export const byteOffsetOf = getterOf<number>('byteOffset');

const byteLengthOf = uncurry<ArrayBuffer, number>(
  Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get as () => number,
);

/** Whether no other thread can write to this memory. An order cheaper than `types.isSharedArrayBuffer`. */
export function isUnshared(memory: ArrayBufferLike): memory is ArrayBuffer {
  try {
    return byteLengthOf(memory as ArrayBuffer) >= 0;
  } catch {
    return false;
  }
}

/** `Uint8Array.prototype.set` */
export const setBytes = uncurry<Uint8Array, void>(TypedArray.set as () => void);
/** Throws a TypeError for an array whose memory is detached, or has shrunk below it. */
export const validate = uncurry<Uint8Array, unknown>(TypedArray.keys);

export const { allocUnsafe, allocUnsafeSlow } = Buffer;
const encoder = new TextEncoder();
/** The UTF-8 of a text, in memory of its own. */
export const utf8Of = encoder.encode.bind(encoder);
export const { isUint8Array } = types;
export const Bytes = Uint8Array;
export const markAsUntransferable = mark;

/** The class whose instances all Buffers are. Its constructor takes a third of the time of `subarray` and `from`. */
export const BufferView = (Buffer as unknown as Record<symbol, unknown>)[Symbol.species] as new (
  memory: ArrayBufferLike,
  offset: number,
  length: number,
) => Buffer;

/** The text that bytes are. */
export const textOf = (bytes: Buffer, encoding: 'utf8' | 'latin1'): string => bytes.toString(encoding);

/** The same bytes in memory of their own. */
export const copyOf = (bytes: Buffer): Buffer => Buffer.from(bytes);
