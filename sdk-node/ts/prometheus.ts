/** The metrics of a `Monitor` for `prom-client`, which is an optional peer of this package. */

import type { Metric, Registry, RegistryContentType } from 'prom-client';
import { METRICS } from './constants.js';
import type { Monitor, Snapshot, Timing } from './monitor.js';

/** Where the metrics go. */
export interface CollectOptions {
  /** The registry; one monitor in each. */
  register: Pick<Registry<RegistryContentType>, 'registerMetric'>;
}

interface Sample {
  labels: Record<string, string | number>;
  value: number;
  metricName?: string;
}

/** The samples of each metric, in the order of `METRICS`. */
const SAMPLES: readonly ((snapshot: Snapshot, name: string) => Sample[])[] = [
  ({ frames }) => labelled('kind', frames),
  ({ rejects }) => labelled('reason', rejects),
  ({ frameBytes }) => single(frameBytes),
  ({ read }, name) => histogram(name, read),
  ({ write }, name) => histogram(name, write),
  ({ ackWindow }) => single(ackWindow),
  ({ inflightFrames }) => single(inflightFrames),
  ({ ackStarvedSeconds }) => single(ackStarvedSeconds),
  ({ inflightCapacity }) => single(inflightCapacity),
  ({ hostLoadPermille }) => single(hostLoadPermille / 1_000),
];

/**
 * Puts the metrics of a monitor into a registry: every scrape reads the numbers of its time. The names, types and help
 * texts are the core's.
 *
 * @throws Error where the registry has metrics of these names already.
 */
export function collectOap(monitor: Monitor, { register }: CollectOptions): void {
  const page = monitor.text();
  METRICS.forEach((name, place) => {
    const said = (what: string) => new RegExp(`^# ${what} ${name} (.*)$`, 'm').exec(page)![1]!;
    // Of several processes the load is that of the fullest; everything else adds up.
    const aggregator = name.endsWith('_ratio') ? 'max' : 'sum';
    const about = { help: said('HELP'), type: said('TYPE'), aggregator };
    const metric = {
      // A registry of OpenMetrics puts its own way of the name here.
      name,
      ...about,
      get: () => ({ name: metric.name, ...about, values: SAMPLES[place]!(monitor.snapshot(), name) }),
      // The numbers are the monitor's: a registry that is reset goes on from them.
      reset: () => {},
    };
    register.registerMetric(metric as unknown as Metric);
  });
}

function single(value: number): Sample[] {
  return [{ labels: {}, value }];
}

function labelled(label: string, counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([name, value]) => ({ labels: { [label]: name }, value }));
}

function histogram(name: string, { bounds, counts, count, sumSeconds }: Timing): Sample[] {
  let upTo = 0;
  const buckets = bounds.map((bound, place) => ({
    labels: { le: bound === Infinity ? '+Inf' : bound },
    value: (upTo += counts[place]!),
    metricName: `${name}_bucket`,
  }));
  return [
    ...buckets,
    { labels: {}, value: sumSeconds, metricName: `${name}_sum` },
    { labels: {}, value: count, metricName: `${name}_count` },
  ];
}
