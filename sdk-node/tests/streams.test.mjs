import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import { encode, OapDecoderStream, oapDecoderTransform } from '../index.mjs';
import { cut, dataFrames, EACH } from './support.mjs';

const PIECES = [3, 20, 21, 100, 130];

async function collect(batches) {
  const frames = [];
  for await (const batch of batches) {
    for (const frame of batch) {
      frames.push(frame.toObject());
    }
  }
  return frames;
}

const webStream = (chunks) =>
  new ReadableStream({
    start(controller) {
      chunks.forEach((chunk) => controller.enqueue(chunk));
      controller.close();
    },
  });

const bytes = encode(EACH);
const streams = {
  'a Transform': (source, config) => Readable.from(source).pipe(new OapDecoderStream(config)),
  'a TransformStream': (source, config) => webStream(source).pipeThrough(oapDecoderTransform(config)),
};

for (const [name, through] of Object.entries(streams)) {
  test(`${name} gives all frames, whatever the chunks`, async () => {
    assert.deepEqual(await collect(through(cut(bytes, PIECES))), EACH);
  });

  test(`${name} throws the reject behind the frames before it`, async () => {
    const seen = [];
    const reading = async () => {
      for await (const batch of through([dataFrames(2), Buffer.from('0000000899', 'hex')])) {
        seen.push(...[...batch].map((frame) => frame.seqNumber));
      }
    };
    await assert.rejects(reading, { name: 'OapRejectError', reason: 'unknown_envelope' });
    assert.deepEqual(seen, [1, 2]);
  });

  test(`${name} throws a reject in the middle of a chunk from the batch and from the stream`, async () => {
    const bad = Buffer.concat([dataFrames(2), Buffer.from('0000000899', 'hex')]);
    await assert.rejects(collect(through([bad])), { reason: 'unknown_envelope' });
    const reading = async () => {
      for await (const batch of through([bad])) {
        assert.equal(batch.length, 2);
      }
    };
    await assert.rejects(reading, { reason: 'unknown_envelope' });
  });

  test(`${name} throws truncated at an end inside a frame`, async () => {
    await assert.rejects(collect(through([bytes.subarray(0, -1)])), { reason: 'truncated' });
  });

  test(`${name} takes a configuration`, async () => {
    await assert.rejects(collect(through([dataFrames(1, 1, 4_096)], { maxFrame: 4_096 })), {
      reason: 'frame_oversize',
    });
  });
}

test('text in a decoder stream is a TypeError that says what to do', async () => {
  const advice = { name: 'TypeError', message: /without an encoding/ };
  const stream = new OapDecoderStream();
  stream.write('abc');
  await assert.rejects(collect(stream), advice);
  const { readable, writable } = oapDecoderTransform();
  writable
    .getWriter()
    .write('abc')
    .catch(() => {});
  await assert.rejects(collect(readable), advice);
});

test('a Transform keeps back-pressure: it reads on only as its batches are taken', async () => {
  let given = 0;
  const source = async function* () {
    for (; given < 1_000; given += 1) {
      yield dataFrames(1, given, 65_536);
    }
  };
  const stream = Readable.from(source()).pipe(new OapDecoderStream());
  const first = await stream.iterator().next();
  assert.equal(first.value.length, 1);
  assert.ok(given < 100, `${given} were read ahead`);
  stream.destroy();
});

test('a pipeline ends with the sink', async () => {
  let count = 0;
  await pipeline(Readable.from(cut(bytes, PIECES)), new OapDecoderStream(), async (batches) => {
    for await (const batch of batches) {
      count += batch.length;
    }
  });
  assert.equal(count, EACH.length);
});
