//! A monitor in a registry of `prometheus-client`: `registry.register_collector(Box::new(OapCollector(monitor)))`.

use oap::{Kind, Monitor, Reason, Snapshot, Timing, METRICS};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{counter::ConstCounter, gauge::ConstGauge, MetricType};
use std::{fmt, sync::Arc};

/// Shows what the monitor says at each scrape.
#[derive(Debug)]
pub struct OapCollector(pub Arc<Monitor>);

impl Collector for OapCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let seen = self.0.snapshot();
        let page = seen.text();
        for name in METRICS {
            // The registry gives a counter's name its ending.
            let (plain, kind) = match name.strip_suffix("_total") {
                Some(plain) => (plain, MetricType::Counter),
                None if name.ends_with("_seconds") => (name, MetricType::Histogram),
                None => (name, MetricType::Gauge),
            };
            let to = encoder.encode_descriptor(plain, help_of(name, &page), None, kind)?;
            encode_samples(name, &seen, to)?;
        }
        Ok(())
    }
}

/// The page's own words; the registry ends them with a stop.
fn help_of<'p>(name: &str, page: &'p str) -> &'p str {
    let mut helps = page.lines().filter_map(|line| line.strip_prefix("# HELP ")?.split_once(' '));
    helps.find(|(of, _)| *of == name).map_or("", |(_, help)| help.trim_end_matches('.'))
}

fn encode_samples(name: &str, seen: &Snapshot, mut to: MetricEncoder<'_>) -> fmt::Result {
    match name {
        "oap_frames_total" => Kind::ALL.into_iter().try_for_each(|kind| {
            let count = ConstCounter::new(seen.frames(kind));
            count.encode(to.encode_family(&[("kind", kind.name())])?)
        }),
        "oap_rejects_total" => Reason::ALL.into_iter().try_for_each(|reason| {
            let count = ConstCounter::new(seen.rejects(reason));
            count.encode(to.encode_family(&[("reason", reason.label())])?)
        }),
        "oap_frame_bytes_total" => ConstCounter::new(seen.frame_bytes()).encode(to),
        "oap_read_frame_seconds" => encode_timing(seen.read(), to),
        "oap_write_frame_seconds" => encode_timing(seen.write(), to),
        "oap_ack_window" => ConstGauge::new(seen.ack_window()).encode(to),
        "oap_inflight_frames" => ConstGauge::new(seen.inflight_frames()).encode(to),
        "oap_inflight_capacity" => ConstGauge::new(seen.inflight_capacity()).encode(to),
        "oap_host_load_ratio" => {
            ConstGauge::new(f64::from(seen.host_load_permille()) / 1e3).encode(to)
        }
        _ => ConstCounter::new(seen.ack_starved_ns() as f64 / 1e9).encode(to),
    }
}

fn encode_timing(timing: &Timing, mut to: MetricEncoder<'_>) -> fmt::Result {
    let bounds = timing.cumulative().map(|(bound, _)| bound);
    let buckets: Vec<_> = bounds.zip(timing.counts().iter().copied()).collect();
    let sum = timing.sum_ns() as f64 / 1e9;
    to.encode_histogram::<NoLabelSet>(sum, timing.count(), &buckets, None)
}
