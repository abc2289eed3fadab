//! Both examples show the samples of the monitor's own page.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use oap::{encode_to, Config, Data, Frame, Monitor, Row, Session, Start, HISTOGRAM_BOUNDS_NS};
use oap_examples::{collector::OapCollector, facade};
use prometheus_client::{encoding::text::encode, registry::Registry};
use std::{collections::BTreeMap, sync::Arc};

/// Nanoseconds of calls: of several buckets, one at its bound, one beyond them all.
const OBSERVED: [u64; 4] = [500, 1_000, 30_000_000, 2_000_000_000];

/// By name and labels; bounds as numbers, since pages write them in several ways.
fn samples(page: &str) -> BTreeMap<String, f64> {
    let lines = page.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').expect("a sample");
            (normal(name), value.parse().expect("a number"))
        })
        .collect()
}

fn normal(name: &str) -> String {
    match name.split_once("le=\"") {
        Some((before, bound)) if !bound.starts_with('+') => {
            let bound: f64 = bound.trim_end_matches("\"}").parse().expect("a bound");
            format!("{before}le={bound}")
        }
        _ => name.to_owned(),
    }
}

fn assert_same(shown: &str, monitor: &Monitor) {
    let (shown, own) = (samples(shown), samples(&monitor.snapshot().text()));
    assert_eq!(shown.keys().collect::<Vec<_>>(), own.keys().collect::<Vec<_>>());
    for (name, value) in own {
        assert!((shown[&name] - value).abs() < 1e-9, "{name}: {} and {value}", shown[&name]);
    }
}

/// A session receives three DATA and then rubbish; of another the window is used up for a second.
fn traffic(monitor: &Arc<Monitor>) -> Session {
    let config = Config::default().with_ack_window_frames(2).expect("in range");
    let mut starved = receiving(monitor, config, 2);
    starved.recv(&[], &mut [Row::default()]).expect("nothing to judge");
    monitor.tick(0);
    monitor.tick(1_000_000_000);
    let mut rejected = receiving(monitor, Config::default(), 3);
    rejected.recv(&[0, 0, 0, 1], &mut [Row::default()]).expect_err("too short");
    starved
}

fn receiving(monitor: &Arc<Monitor>, config: Config, data: u64) -> Session {
    let mut session = Session::new(config).with_monitor(monitor);
    session.send_to(&Frame::Hello(session.hello()), &mut Vec::new()).expect("the first frame");
    let mut wire = Vec::new();
    let opening = [Frame::Hello(session.hello()), Frame::Start(Start { stream: "s" })];
    let data = (1..=data).map(|seq| Frame::Data(Data { seq, obj: None, body: b"body" }));
    opening.into_iter().chain(data).for_each(|frame| {
        encode_to(&frame, &mut wire).expect("valid");
    });
    session.recv(&wire, &mut [Row::default(); 8]).expect("good frames");
    session
}

#[test]
fn the_collector_shows_the_samples_of_the_page_before_and_after_traffic() {
    let monitor = Arc::new(Monitor::default());
    let mut registry = Registry::default();
    registry.register_collector(Box::new(OapCollector(Arc::clone(&monitor))));
    let page = || {
        let mut page = String::new();
        encode(&mut page, &registry).expect("memory takes it");
        page
    };
    assert_same(&page(), &monitor);
    let _starved = traffic(&monitor);
    OBSERVED.iter().for_each(|&ns| monitor.observe_read(ns));
    monitor.observe_write(7_000);
    assert_eq!(monitor.snapshot().ack_starved_ns(), 1_000_000_000);
    assert_same(&page(), &monitor);
    assert!(page().contains("# TYPE oap_ack_starved_seconds counter\n"), "{}", page());
}

#[test]
fn the_facade_shows_the_samples_of_the_page_after_traffic_and_again_after_time() {
    let monitor = Arc::new(Monitor::default());
    let bounds = HISTOGRAM_BOUNDS_NS.map(|ns| ns as f64 / 1e9);
    let histograms = Matcher::Suffix("_frame_seconds".to_owned());
    let builder = PrometheusBuilder::new().set_buckets_for_metric(histograms, &bounds);
    let recorder = builder.expect("bounds").build_recorder();
    let page = || recorder.handle().render();
    metrics::with_local_recorder(&recorder, || {
        let _starved = traffic(&monitor);
        OBSERVED.iter().for_each(|&ns| facade::observe_read(&monitor, ns));
        facade::observe_write(&monitor, 7_000);
        facade::publish(&monitor);
        assert_same(&page(), &monitor);
        monitor.tick(2_000_000_000);
        facade::publish(&monitor);
        assert_eq!(samples(&page())["oap_ack_starved_seconds_total"], 2.0);
        assert_same(&page(), &monitor);
    });
}
