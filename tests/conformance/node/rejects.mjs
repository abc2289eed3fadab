// What a step throws, as a value.

import { OapRejectError } from "../../../sdk-node/index.mjs";
import { envelopeOf } from "./shapes.mjs";

/** The reject that `step` throws, if it does; what it gives goes to `take`. */
export function rejectOf(step, take = () => {}) {
  try {
    take(step());
    return undefined;
  } catch (error) {
    if (error instanceof OapRejectError) {
      return error;
    }
    throw error;
  }
}

/** Adds the frames of a chunk to a list; gives the reject that ends them. */
export function drain(feed, frames) {
  return rejectOf(feed, (batch) => {
    for (const frame of batch) {
      frames.push(envelopeOf(frame));
    }
  });
}
