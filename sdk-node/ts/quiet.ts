/** Promises that nobody has to catch. */

export const ignore = () => {};

/** Nobody has to catch what a peer did: who waits for the promise gets it all the same. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(ignore);
  return promise;
}
