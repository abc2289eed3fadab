import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { AggregatorRegistry, register as global, Registry } from 'prom-client';
import { Decoder, METRICS, Monitor } from '../index.mjs';
import { collectOap } from '../prometheus.mjs';
import { dataFrames, receiving, samplesOf } from './support.mjs';

/** A monitor that has seen something of everything. */
function busy() {
  const monitor = new Monitor();
  receiving(monitor, 32);
  assert.throws(() => new Decoder({}, { monitor }).feed(Buffer.from('0000000899', 'hex')));
  new Decoder({}, { monitor }).feed(dataFrames(1_000));
  [0, 1_001, 5_000_000, 3_000_000_000].forEach((ns) => monitor.observeWrite(ns));
  monitor.setLoad(875);
  monitor.tick(0);
  monitor.tick(1_234_567_891);
  return monitor;
}

function promtool(page) {
  execFileSync('promtool', ['check', 'metrics'], { input: page, stdio: ['pipe', 'inherit', 'inherit'] });
}

for (const [state, make] of Object.entries({ 'at the start': () => new Monitor(), 'after traffic': busy })) {
  test(`a registry shows the samples of the core’s own page, ${state}`, async () => {
    const monitor = make();
    const register = new Registry();
    collectOap(monitor, { register });
    const page = await register.metrics();
    assert.deepEqual(samplesOf(page), samplesOf(monitor.text()));
    const comments = (text) => text.split('\n').filter((line) => line.startsWith('#'));
    assert.deepEqual(comments(page), comments(monitor.text()));
    promtool(page);
    promtool(monitor.text());
  });
}

test('a registry reads the numbers of the time of its scrape, also when it was reset', async () => {
  const monitor = new Monitor();
  const register = new Registry();
  collectOap(monitor, { register });
  await register.metrics();
  monitor.countFrame('DATA', 20);
  register.resetMetrics();
  assert.equal(samplesOf(await register.metrics()).get('oap_frames_total{kind="DATA"}'), 1);
});

test('behind a cluster the load is that of the fullest process, and everything else adds up', async () => {
  const registers = [300, 700].map((permille) => {
    const monitor = new Monitor();
    monitor.setLoad(permille);
    const register = new Registry();
    collectOap(monitor, { register });
    return register;
  });
  const pages = await Promise.all(registers.map((register) => register.getMetricsAsJSON()));
  const samples = samplesOf(await AggregatorRegistry.aggregate(pages).metrics());
  assert.deepEqual([samples.get('oap_host_load_ratio'), samples.get('oap_inflight_capacity')], [0.7, 2_048]);
});

test('each of two registries has its monitor, one takes no second, and the global one is left alone', async () => {
  const [first, second] = [new Registry(), new Registry()];
  const [busy, idle] = [new Monitor(), new Monitor()];
  busy.countFrame('ACK', 10);
  collectOap(busy, { register: first });
  collectOap(idle, { register: second });
  const bytes = async (register) => samplesOf(await register.metrics()).get('oap_frame_bytes_total');
  assert.deepEqual([await bytes(first), await bytes(second)], [10, 0]);
  assert.throws(() => collectOap(idle, { register: first }), /already been registered/);
  assert.deepEqual(global.getMetricsAsArray(), []);
});

test('a registry of OpenMetrics writes the same samples, and JSON has all metrics', async () => {
  const monitor = busy();
  const register = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  collectOap(monitor, { register });
  const page = await register.metrics();
  assert.deepEqual(samplesOf(page), samplesOf(monitor.text()));
  assert.match(page, /# EOF\n$/);
  const plain = new Registry();
  collectOap(monitor, { register: plain });
  const json = await plain.getMetricsAsJSON();
  assert.deepEqual(
    json.map(({ name }) => name),
    METRICS,
  );
  structuredClone(json);
});
