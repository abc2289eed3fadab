/** Built-ins by which the package knows memory, where no Node is: as `intrinsics.ts` of `oap`. */

const uncurry = <T, R>(method: (this: T, ...given: never[]) => R) =>
  Function.prototype.call.bind(method) as unknown as (self: T, ...given: unknown[]) => R;

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array;

const getterOf = <R>(name: PropertyKey) =>
  uncurry<Uint8Array, R>(Object.getOwnPropertyDescriptor(TypedArray, name)!.get as () => R);

export const bufferOf = getterOf<ArrayBufferLike>('buffer');
export const lengthOf = getterOf<number>('length');
export const byteOffsetOf = getterOf<number>('byteOffset');
const tagOf = getterOf<string | undefined>(Symbol.toStringTag);

const byteLengthOf = uncurry<ArrayBuffer, number>(
  Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get as () => number,
);

/** Whether no other thread can write to this memory. */
export function isUnshared(memory: ArrayBufferLike): memory is ArrayBuffer {
  try {
    return byteLengthOf(memory as ArrayBuffer) >= 0;
  } catch {
    return false;
  }
}

export const setBytes = uncurry<Uint8Array, void>(TypedArray.set as () => void);
export const validate = uncurry<Uint8Array, unknown>(TypedArray.keys);

export const Bytes = Uint8Array;
const NO_BYTES = new Bytes(0);

/** The bytes from `start` on. Detached memory has none. */
export function viewOf(bytes: Uint8Array, start: number, length = lengthOf(bytes) - start): Uint8Array {
  return length > 0 ? new Bytes(bufferOf(bytes), byteOffsetOf(bytes) + start, length) : NO_BYTES;
}

export const allocUnsafe = (length: number): Buffer => new Bytes(length);
export const allocUnsafeSlow = allocUnsafe;

const encoder = new TextEncoder();
export const utf8Of = encoder.encode.bind(encoder);

export function isUint8Array(value: unknown): value is Uint8Array {
  return tagOf(value as Uint8Array) === 'Uint8Array';
}

/** Only of threads that pass memory by transfer: there is nothing that could be spoilt by it. */
export const markAsUntransferable = (_memory: unknown): void => {};

export const BufferView = Uint8Array as unknown as new (
  memory: ArrayBufferLike,
  offset: number,
  length: number,
) => Buffer;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text that bytes are: an address is ASCII, which is UTF-8 too. */
export const textOf = (bytes: Buffer, _encoding: 'utf8' | 'latin1'): string => utf8.decode(bytes);

export const copyOf = (bytes: Buffer): Buffer => new Bytes(bytes);
