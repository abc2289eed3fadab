/** A decoder as a stream: bytes in, batches of frames out. */

import { Transform, type TransformCallback } from 'node:stream';
import { TransformStream } from 'node:stream/web';
import type { Config, ConfigOptions } from './config.js';
import { Decoder } from './decoder.js';
import type { Frames } from './frames.js';
import type { MonitorOption } from './monitor.js';

/**
 * A Transform whose readable side gives `Frames`, a batch a chunk. A reject is thrown by the batch that it follows, and
 * then by the stream; so is a `truncated` end.
 */
export class OapDecoderStream extends Transform {
  readonly decoder: Decoder;

  constructor(config?: Config | ConfigOptions, options?: MonitorOption) {
    // A chunk is decoded when the batch before it is taken: a later reject can't overtake it.
    super({ readableObjectMode: true, readableHighWaterMark: 1, decodeStrings: false });
    this.decoder = new Decoder(config, options);
  }

  override _transform(chunk: Uint8Array, _encoding: BufferEncoding, done: TransformCallback): void {
    settle(done, () => {
      mustBeBytes(chunk);
      const frames = this.decoder.feed(chunk);
      if (frames.length > 0) {
        this.push(frames);
      }
    });
  }

  override _flush(done: TransformCallback): void {
    settle(done, () => this.decoder.finish());
  }
}

function mustBeBytes(chunk: unknown): void {
  if (typeof chunk === 'string') {
    throw new TypeError('a decoder stream takes bytes, not text: read its source without an encoding');
  }
}

function settle(done: TransformCallback, step: () => void): void {
  try {
    step();
  } catch (error) {
    return done(error as Error);
  }
  done();
}

/** The same for Web Streams: `readable.pipeThrough(oapDecoderTransform())`. */
export function oapDecoderTransform(
  config?: Config | ConfigOptions,
  options?: MonitorOption,
): TransformStream<Uint8Array, Frames> {
  const decoder = new Decoder(config, options);
  return new TransformStream({
    transform(chunk: Uint8Array, controller) {
      mustBeBytes(chunk);
      const frames = decoder.feed(chunk);
      if (frames.length > 0) {
        controller.enqueue(frames);
      }
    },
    flush: () => decoder.finish(),
  });
}
