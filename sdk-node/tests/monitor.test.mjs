import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import {
  Decoder,
  encode,
  HISTOGRAM_BOUNDS,
  KINDS,
  METRICS,
  Monitor,
  OapConfigError,
  OapDecoderStream,
  oapDecoderTransform,
  READINESS_KEYS,
  REJECT_REASONS,
  Session,
  TEXT_CONTENT_TYPE,
} from '../index.mjs';
import { dataFrames, fixture, ofBinaries, receiving, run, samplesOf, serve } from './support.mjs';

const BAD = Buffer.from('0000000899', 'hex');
const MAX_U64 = 2n ** 64n - 1n;
const SECOND = 1_000_000_000n;

test('every name with every label is there from the start, with 0', () => {
  const monitor = new Monitor();
  const { frames, rejects, read, write, ...numbers } = monitor.snapshot();
  assert.deepEqual(frames, Object.fromEntries(KINDS.map((kind) => [kind, 0])));
  assert.deepEqual(rejects, Object.fromEntries(REJECT_REASONS.map((reason) => [reason, 0])));
  assert.deepEqual(numbers, {
    frameBytes: 0,
    ackWindow: 0,
    inflightFrames: 0,
    ackStarvedSeconds: 0,
    inflightCapacity: 1_024,
    hostLoadPermille: 0,
  });
  const none = { bounds: HISTOGRAM_BOUNDS, counts: HISTOGRAM_BOUNDS.map(() => 0), count: 0, sumSeconds: 0 };
  assert.deepEqual([read, write], [none, none]);
  const page = samplesOf(monitor.text());
  assert.deepEqual(new Set([...page.keys()].map(familyOf)), new Set(METRICS));
  assert.equal(page.get('oap_inflight_capacity'), 1_024);
  page.delete('oap_inflight_capacity');
  assert.ok([...page.values()].every((value) => value === 0));
  assert.match(TEXT_CONTENT_TYPE, /^text\/plain; version=0\.0\.4/);
});

const familyOf = (sample) => sample.replace(/\{.*/, '').replace(/_(bucket|sum|count)$/, '');

test('a decoder counts frames, bytes and its reject, once a call times each', () => {
  const monitor = new Monitor();
  const decoder = new Decoder({}, { monitor });
  const bytes = dataFrames(3);
  decoder.feed(bytes.subarray(0, 5));
  decoder.feed(bytes.subarray(5));
  decoder.feed(Buffer.concat([encode({ kind: 'ACK', upTo: 1 }), BAD]));
  assert.throws(() => decoder.feed(Buffer.alloc(0)), { reason: 'unknown_envelope' });
  const { frames, rejects, frameBytes, read, write } = monitor.snapshot();
  assert.deepEqual([frames.DATA, frames.ACK, rejects.unknown_envelope], [3, 1, 1]);
  assert.equal(frameBytes, bytes.length + 10);
  assert.deepEqual([read.count, write.count], [4, 0]);
  assert.ok(read.sumSeconds > 0);
});

test('a chunk of more frames than the table has rows is one decode call', () => {
  const monitor = new Monitor();
  assert.equal(new Decoder({}, { monitor }).feed(dataFrames(20_000, 1, 0)).length, 20_000);
  const { frames, read } = monitor.snapshot();
  assert.deepEqual([frames.DATA, read.count], [20_000, 1]);
});

test('a session counts what it sends and receives, and a refused batch counts nothing', () => {
  const monitor = new Monitor();
  const [session] = receiving(monitor, 3);
  const before = monitor.snapshot();
  assert.deepEqual([before.inflightFrames, before.ackWindow], [3, 29]);
  assert.throws(
    () =>
      session.send([
        { kind: 'ACK', upTo: 1 },
        { kind: 'ACK', upTo: 9 },
      ]),
    { reason: 'credit_violation' },
  );
  const after = monitor.snapshot();
  assert.deepEqual({ ...after, write: undefined }, { ...before, write: undefined });
  assert.equal(after.write.count, before.write.count + 1);
  session.send([
    { kind: 'ACK', upTo: 1 },
    { kind: 'ACK', upTo: 3 },
  ]);
  assert.deepEqual([monitor.snapshot().frames.ACK, monitor.snapshot().inflightFrames], [2, 0]);
});

test('without timing no call is observed and all else is counted', () => {
  const monitor = new Monitor({ timing: false });
  assert.deepEqual([monitor.timing, new Monitor().timing], [false, true]);
  receiving(monitor, 2);
  const { frames, read, write } = monitor.snapshot();
  assert.deepEqual([frames.DATA, read.count, write.count], [2, 0, 0]);
});

test('what a host does without a decoder or session it counts and observes itself', () => {
  const monitor = new Monitor();
  monitor.countFrame('END', 12);
  monitor.countReject('truncated');
  monitor.countReject(1);
  monitor.observeRead(1_000);
  monitor.observeRead(2_000_000_000n);
  monitor.observeWrite(0);
  const { frames, frameBytes, rejects, read, write } = monitor.snapshot();
  assert.deepEqual([frames.END, frameBytes, rejects.truncated, rejects.bad_hello], [1, 12, 1, 1]);
  assert.deepEqual([read.counts[0], read.counts.at(-1), read.count, read.sumSeconds], [1, 1, 2, 2.000001]);
  assert.deepEqual([write.counts[0], write.count], [1, 1]);
  for (const wrong of [
    () => monitor.countFrame('PING', 1),
    () => monitor.countFrame('DATA', -1),
    () => monitor.countFrame('DATA', 1.5),
    () => monitor.countReject('no_such'),
    () => monitor.countReject(0),
    () => monitor.countReject(9),
    () => monitor.countReject(1.5),
    () => monitor.observeRead(-1),
    () => monitor.observeWrite('1'),
    () => monitor.tick(MAX_U64 + 1n),
    () => monitor.readiness(0.5),
    () => monitor.setParserReady('no'),
  ]) {
    assert.throws(wrong, TypeError, `${wrong}`);
  }
});

test('both ends of a limit are allowed; beyond is an error with field, value and range', () => {
  for (const field of [
    'rejectLimitPermille',
    'rejectMinEvents',
    'ackStarvationLimitNs',
    'inflightCapacity',
    'backpressureHighPercent',
    'backpressureLowPercent',
  ]) {
    for (const value of [0, 0n, MAX_U64, Number.MAX_SAFE_INTEGER, undefined]) {
      new Monitor({ [field]: value });
    }
    for (const value of [-1, -1n, MAX_U64 + 1n, 0.5, 2 ** 53, NaN]) {
      assert.throws(
        () => new Monitor({ [field]: value }),
        (error) => {
          assert.ok(error instanceof OapConfigError);
          assert.deepEqual([error.field, error.value, error.min, error.max], [field, value, 0n, MAX_U64]);
          return true;
        },
      );
    }
    assert.throws(() => new Monitor({ [field]: '5' }), TypeError);
  }
  for (const options of [{ noSuchLimit: 1 }, { timing: 1 }]) {
    assert.throws(() => new Monitor(options), TypeError);
  }
  assert.throws(() => new Decoder({}, { monitor: {} }), TypeError);
  assert.throws(() => new Session({}, { monitor: null }), TypeError);
});

test('the load of the host is shown, and judged as the DATA in flight are', () => {
  const monitor = new Monitor({ inflightCapacity: 500 });
  const { hostLoadPermille, inflightCapacity } = monitor.snapshot();
  assert.deepEqual([hostLoadPermille, inflightCapacity], [0, 500]);
  const ready = [800, 801, 601, 600, 2 ** 40].map((permille, place) => {
    monitor.setLoad(permille);
    return monitor.readiness(place).keys.oap_backpressure_ok;
  });
  assert.deepEqual(ready, [true, false, false, true, false]);
  assert.equal(monitor.snapshot().hostLoadPermille, 1_000);
  assert.match(monitor.text(), /^oap_host_load_ratio 1$/m);
  for (const permille of [-1, 0.5, NaN, Infinity, '1', 1n, undefined]) {
    assert.throws(() => monitor.setLoad(permille), { name: 'TypeError', message: /permille/ });
  }
});

test('readiness has the keys, what is missing, and the whole answer of /readyz', () => {
  const monitor = new Monitor({ inflightCapacity: 2 });
  assert.deepEqual(monitor.readiness(0), {
    ready: true,
    keys: Object.fromEntries(READINESS_KEYS.map((key) => [key, true])),
    missing: [],
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: '{"degraded":false,"missing":[],"retry_after":0}',
  });
  receiving(monitor, 2);
  monitor.setParserReady(false);
  const { ready, keys, missing, status, headers, body } = monitor.readiness(SECOND);
  assert.deepEqual([ready, status], [false, 503]);
  assert.deepEqual(missing, ['oap_parser_ready', 'oap_backpressure_ok']);
  assert.equal(keys.oap_backpressure_ok, false);
  assert.deepEqual(headers, { 'Content-Type': 'application/json', 'Retry-After': '5' });
  assert.deepEqual(JSON.parse(body), { degraded: true, missing, retry_after: 5 });
  monitor.setParserReady(true);
  assert.deepEqual(monitor.readiness().missing, ['oap_backpressure_ok']);
});

test('starved time is counted from tick to tick', () => {
  const monitor = new Monitor({ ackStarvationLimitNs: SECOND });
  receiving(monitor, 32);
  monitor.tick(0);
  monitor.tick(1_000_000_000);
  assert.ok(monitor.readiness(SECOND).ready);
  assert.deepEqual(monitor.readiness(2n * SECOND).missing, ['oap_ack_window_ok']);
  assert.equal(monitor.snapshot().ackStarvedSeconds, 2);
  assert.equal(samplesOf(monitor.text()).get('oap_ack_starved_seconds_total'), 2);
});

test('a session that is closed, disposed of, reset or rejected gives its gauges back at once', () => {
  const monitor = new Monitor();
  const inFlight = () => monitor.snapshot().inflightFrames;
  for (const end of [
    (session) => session.close(),
    (session) => session[Symbol.dispose](),
    (session) => session.reset(),
    (session) => assert.throws(() => session.recv(BAD)),
    (session) => session.send({ kind: 'ERROR', code: 1, reason: '' }),
  ]) {
    const [session] = receiving(monitor, 4);
    assert.equal(inFlight(), 4);
    end(session);
    assert.equal(inFlight(), 0, `${end}`);
  }
});

test('a closed session can be read, and does nothing more', () => {
  const monitor = new Monitor();
  const [session] = receiving(monitor, 1);
  session.close();
  session.close();
  const before = monitor.text();
  for (const call of [
    () => session.recv(dataFrames(1, 2)),
    () => session.send({ kind: 'ACK', upTo: 1 }),
    () => session.finish(),
    () => session.reset(),
  ]) {
    assert.throws(call, { message: 'the session is closed' });
  }
  assert.deepEqual([session.inbound.inFlight, session.isEstablished, session.staged], [1, true, 0]);
  assert.equal(monitor.text(), before);
});

test('a session that is collected gives its gauges back', { timeout: 60_000 }, async () => {
  const { stdout } = await run(process.execPath, ['--expose-gc', fixture('collected.mjs')]);
  assert.deepEqual(JSON.parse(stdout), { before: 300, after: 0, frames: 300 });
});

test(
  'workers share a monitor by its key: no count is lost, and who is ended gives its gauges back',
  { skip: ofBinaries },
  async () => {
    const monitor = new Monitor({ inflightCapacity: 1, timing: false });
    const key = monitor.share();
    assert.deepEqual(
      [monitor.share(), Monitor.shared(key).share(), Monitor.shared(key).timing],
      [key, key, false],
    );
    const workers = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const worker = new Worker(fixture('monitored.mjs'), { workerData: key });
        await once(worker, 'message');
        return worker;
      }),
    );
    assert.equal(monitor.snapshot().frames.ACK, 4 * 500 * 20);
    assert.deepEqual(monitor.readiness().missing, ['oap_backpressure_ok']);
    assert.equal(monitor.snapshot().inflightFrames, 4 * 5);
    await Promise.all(workers.map((worker) => worker.terminate()));
    for (let i = 0; i < 100 && monitor.snapshot().inflightFrames > 0; i += 1) {
      await sleep(10);
    }
    assert.equal(monitor.snapshot().inflightFrames, 0);
    for (const unknown of [key + 1, 0, NaN]) {
      assert.throws(() => Monitor.shared(unknown), RangeError);
    }
  },
);

test('streams take a monitor', async () => {
  const monitor = new Monitor();
  const bytes = dataFrames(5);
  const stream = new OapDecoderStream({}, { monitor });
  stream.end(bytes);
  for await (const _ of stream);
  const transform = oapDecoderTransform({}, { monitor });
  const writing = transform.writable.getWriter().write(bytes);
  await transform.readable.getReader().read();
  await writing;
  assert.equal(monitor.snapshot().frames.DATA, 10);
});

test('connections take a monitor, and leave its gauges when their sockets close', async (t) => {
  const monitor = new Monitor();
  const { dial } = await serve(t, ({ socket }) => once(socket, 'end'), { monitor });
  const connection = dial({ monitor });
  await connection.sendStream('s', [Buffer.alloc(10), Buffer.alloc(10)]);
  const until = async (holds) => {
    while (!holds(monitor.snapshot())) {
      await sleep(5);
    }
  };
  await until(({ frames }) => frames.END === 2);
  const { frames, inflightFrames } = monitor.snapshot();
  assert.deepEqual([frames.HELLO, frames.START, frames.DATA, inflightFrames], [4, 2, 4, 2]);
  connection.abort();
  await until((snapshot) => snapshot.inflightFrames === 0);
});
