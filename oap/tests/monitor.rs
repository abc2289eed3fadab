//! The monitor under threads, and what the shared vectors can't show: drops, timings, the text page.

use oap::{
    Ack, Config, Data, Decoder, Frame, Kind, Monitor, MonitorLimits, Reason, Row, Session, Start,
    StreamDecoder,
};
use std::sync::Arc;
use std::thread;

fn wire(frames: &[Frame<'_>]) -> Vec<u8> {
    let mut wire = Vec::new();
    for frame in frames {
        oap::encode_to(frame, &mut wire).unwrap();
    }
    wire
}

fn data(seq: u64) -> Frame<'static> {
    Frame::Data(Data { seq, obj: None, body: b"body" })
}

/// A session that has sent its HELLO, and has received the peer's, a START and that many DATA.
fn receiving(monitor: &Arc<Monitor>, data_frames: u64) -> Session {
    let mut session = Session::new(Config::default()).with_monitor(monitor);
    session.send_to(&Frame::Hello(session.hello()), &mut Vec::new()).unwrap();
    let mut frames = vec![Frame::Hello(session.hello()), Frame::Start(Start { stream: "s" })];
    frames.extend((1..=data_frames).map(data));
    let mut rows = [Row::default(); 64];
    session.recv(&wire(&frames), &mut rows).unwrap();
    session
}

#[test]
fn sixteen_threads_on_one_monitor_lose_no_count() {
    const CALLS: u64 = 2_000;
    let monitor = Arc::new(Monitor::default());
    let good = wire(&[data(1), Frame::Ack(Ack { up_to: 1 }), data(2)]);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut rows = [Row::default(); 4];
                for call in 0..CALLS {
                    let mut decoder = Decoder::new(Config::default()).with_monitor(&monitor);
                    decoder.decode_table(&good, &mut rows).unwrap();
                    decoder.decode_table(&[0, 0, 0, 0], &mut rows).unwrap_err();
                    decoder.decode_table(&good, &mut rows).unwrap_err();
                    monitor.tick(call);
                }
            });
        }
    });
    let seen = monitor.snapshot();
    assert_eq!(seen.frames(Kind::Data), 16 * CALLS * 2);
    assert_eq!(seen.frames(Kind::Ack), 16 * CALLS);
    assert_eq!(seen.rejects(Reason::HeaderMalformed), 16 * CALLS);
    assert_eq!(seen.frame_bytes(), 16 * CALLS * good.len() as u64);
}

#[test]
fn sixteen_threads_of_sessions_leave_the_gauges_at_zero() {
    let monitor = Arc::new(Monitor::default());
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| (0..500).for_each(|n| drop(receiving(&monitor, n % 32))));
        }
    });
    let seen = monitor.snapshot();
    assert_eq!((seen.ack_window(), seen.inflight_frames()), (0, 0));
}

#[test]
fn a_decoder_that_was_reset_counts_on() {
    let monitor = Arc::new(Monitor::default());
    let ack = wire(&[Frame::Ack(Ack { up_to: 1 })]);
    let mut rows = [Row::default(); 2];
    let mut decoder = Decoder::new(Config::default()).with_monitor(&monitor);
    let mut stream = StreamDecoder::new(Config::default()).with_monitor(&monitor);
    for round in 1..=2 {
        decoder.decode_table(&ack, &mut rows).unwrap();
        stream.feed(&ack, &mut rows).unwrap();
        assert_eq!(monitor.snapshot().frames(Kind::Ack), 2 * round);
        decoder.reset();
        stream.reset();
    }
}

#[test]
fn a_dropped_a_reset_and_a_rejected_session_give_their_gauges_back() {
    let monitor = Arc::new(Monitor::default());
    let gauges = || (monitor.snapshot().ack_window(), monitor.snapshot().inflight_frames());
    let dropped = receiving(&monitor, 3);
    let mut reset = receiving(&monitor, 4);
    let mut rejected = receiving(&monitor, 5);
    assert_eq!(gauges(), (3 * 32 - 12, 12));
    drop(dropped);
    assert_eq!(gauges(), (2 * 32 - 9, 9));
    reset.reset();
    assert_eq!(gauges(), (32 - 5, 5));
    rejected.recv(&wire(&[data(9)]), &mut [Row::default()]).unwrap_err();
    assert_eq!(gauges(), (0, 0));
}

#[test]
fn a_copy_of_a_session_gives_to_the_gauges_on_its_own() {
    let monitor = Arc::new(Monitor::default());
    let mut session = receiving(&monitor, 2);
    let copy = session.clone();
    assert_eq!(monitor.snapshot().inflight_frames(), 2);
    session.send_to(&Frame::Ack(Ack { up_to: 2 }), &mut Vec::new()).unwrap();
    assert_eq!(monitor.snapshot().inflight_frames(), 0);
    drop(copy);
    assert_eq!(monitor.snapshot().inflight_frames(), 0);
}

#[test]
fn frames_sent_at_once_count_once_all_are_good_and_a_refused_batch_counts_none() {
    let monitor = Arc::new(Monitor::default());
    let mut session = receiving(&monitor, 2);
    let before = monitor.snapshot();
    let mut out = [0; 64];
    let acks = [1, 2].map(|up_to| Frame::Ack(Ack { up_to }));
    session.send_all(acks.into_iter().chain([data(1)]), &mut out).unwrap_err();
    assert_eq!(monitor.snapshot().text(), before.text());
    let sent = session.send_all(acks, &mut out).unwrap();
    let seen = monitor.snapshot();
    assert_eq!(seen.frames(Kind::Ack), before.frames(Kind::Ack) + 2);
    assert_eq!(seen.frame_bytes(), before.frame_bytes() + sent as u64);
    assert_eq!(seen.inflight_frames(), 0);
}

#[test]
fn timings_fall_into_the_contracts_buckets() {
    let monitor = Monitor::default();
    for ns in [1_000, 1_001, 20_000_000, 20_000_001, 1_000_000_001] {
        monitor.observe_read(ns);
    }
    monitor.observe_write(1);
    let seen = monitor.snapshot();
    let up_to = |bound: f64| seen.read().cumulative().find(|(b, _)| *b == bound).unwrap().1;
    assert_eq!((up_to(1e-6), up_to(1e-5), up_to(0.02), up_to(0.05), up_to(1.0)), (1, 2, 3, 4, 4));
    assert_eq!((up_to(f64::INFINITY), seen.read().sum_ns()), (5, 1_040_002_003));
    assert_eq!(seen.write().count(), 1);
}

#[test]
fn starved_time_is_told_whole_also_beyond_the_window() {
    let monitor = Arc::new(Monitor::new(MonitorLimits::default()));
    let _starved = receiving(&monitor, 32);
    const HOUR: u64 = 3_600_000_000_000;
    monitor.tick(0);
    let readiness = monitor.readiness(HOUR);
    assert_eq!(readiness.missing().collect::<Vec<_>>(), ["oap_ack_window_ok"]);
    assert_eq!(monitor.snapshot().ack_starved_ns(), HOUR);
    monitor.tick(u64::MAX);
}

#[test]
fn the_text_page_shows_every_metric_with_all_labels_from_the_start() {
    let page = Monitor::default().snapshot().text();
    for name in oap::METRICS {
        assert!(page.contains(&format!("# TYPE {name} ")), "{name}");
    }
    for kind in Kind::ALL {
        assert!(page.contains(&format!("oap_frames_total{{kind=\"{kind}\"}} 0\n")));
    }
    for reason in Reason::ALL {
        assert!(page.contains(&format!("oap_rejects_total{{reason=\"{reason}\"}} 0\n")));
    }
    assert!(page.contains("oap_read_frame_seconds_bucket{le=\"0.000001\"} 0\n"), "{page}");
    assert!(page.contains("oap_write_frame_seconds_bucket{le=\"+Inf\"} 0\n"));
    assert!(page.contains("oap_ack_starved_seconds_total 0\n"));
}

#[test]
fn what_a_host_counts_itself_is_on_the_page_under_its_label() {
    let monitor = Monitor::default();
    monitor.count_frame(Kind::End, 12);
    monitor.count_frame(Kind::Error, 30);
    monitor.count_reject(Reason::Truncated);
    let page = monitor.snapshot().text();
    for line in [
        "oap_frames_total{kind=\"END\"} 1\n",
        "oap_frames_total{kind=\"ERROR\"} 1\n",
        "oap_frames_total{kind=\"ACK\"} 0\n",
        "oap_frame_bytes_total 42\n",
        "oap_rejects_total{reason=\"truncated\"} 1\n",
        "oap_rejects_total{reason=\"bad_hello\"} 0\n",
    ] {
        assert!(page.contains(line), "{line} in {page}");
    }
}

#[test]
fn gauges_and_starved_seconds_are_on_the_page() {
    let monitor = Arc::new(Monitor::default());
    let _starved = receiving(&monitor, 32);
    monitor.tick(0);
    monitor.tick(1_500_000_000);
    let page = monitor.snapshot().text();
    for line in
        ["oap_ack_window 0\n", "oap_inflight_frames 32\n", "oap_ack_starved_seconds_total 1.5\n"]
    {
        assert!(page.contains(line), "{line} in {page}");
    }
}

fn is_backpressure_ok(monitor: &Monitor, now: u64) -> bool {
    monitor.readiness(now).missing().all(|key| key != "oap_backpressure_ok")
}

#[test]
fn the_load_turns_backpressure_false_above_the_high_mark_and_true_at_the_low_one() {
    let monitor = Monitor::default();
    for (now, (load, ok)) in
        (0..).zip([(800, true), (801, false), (601, false), (600, true), (800, true)])
    {
        monitor.set_load(load);
        assert_eq!(is_backpressure_ok(&monitor, now), ok, "{load}");
    }
}

#[test]
fn backpressure_is_ok_again_only_when_load_and_frames_are_both_low() {
    let mut limits = MonitorLimits::default();
    limits.inflight_capacity = 10;
    limits.backpressure_high_percent = 50;
    limits.backpressure_low_percent = 30;
    let monitor = Arc::new(Monitor::new(limits));
    let mut session = receiving(&monitor, 4);
    monitor.set_load(501);
    assert!(!is_backpressure_ok(&monitor, 0));
    monitor.set_load(0);
    assert!(!is_backpressure_ok(&monitor, 1));
    session.send_to(&Frame::Ack(Ack { up_to: 1 }), &mut Vec::new()).unwrap();
    assert!(is_backpressure_ok(&monitor, 2));
    drop(receiving(&monitor, 6)); // between ticks
    assert!(is_backpressure_ok(&monitor, 3));
    let _full = receiving(&monitor, 3);
    assert!(!is_backpressure_ok(&monitor, 4));
}

#[test]
fn load_and_capacity_are_on_the_page() {
    let mut limits = MonitorLimits::default();
    limits.inflight_capacity = 77;
    let monitor = Monitor::new(limits);
    let shown = |monitor: &Monitor| {
        let page = monitor.snapshot().text();
        let mut last = page.lines().rev().filter(|line| !line.starts_with('#'));
        (last.next().unwrap().to_owned(), last.next().unwrap().to_owned())
    };
    let capacity = "oap_inflight_capacity 77".to_owned();
    for (load, ratio) in
        [(0, "0"), (1, "0.001"), (137, "0.137"), (999, "0.999"), (1_000, "1"), (u32::MAX, "1")]
    {
        monitor.set_load(load);
        assert_eq!(shown(&monitor), (format!("oap_host_load_ratio {ratio}"), capacity.clone()));
        assert_eq!(monitor.snapshot().host_load_permille(), load.min(1_000));
    }
    assert_eq!(monitor.snapshot().inflight_capacity(), 77);
}

#[test]
fn a_process_that_drains_is_not_ready_until_it_is_set_ready_again() {
    let monitor = Monitor::default();
    assert_eq!(monitor.readiness(0).http_status(), 200);
    monitor.set_parser_ready(false);
    assert_eq!(monitor.readiness(0).http_status(), 503);
    assert_eq!(monitor.readiness(0).missing().collect::<Vec<_>>(), ["oap_parser_ready"]);
    monitor.set_parser_ready(true);
    assert!(monitor.readiness(0).is_ready());
}

#[test]
fn an_answer_says_in_json_what_is_missing_and_when_to_come_again() {
    let monitor = Monitor::default();
    let ready = monitor.readiness(0);
    assert_eq!(ready.json(), r#"{"degraded":false,"missing":[],"retry_after":0}"#);
    monitor.set_parser_ready(false);
    let degraded = monitor.readiness(0);
    let body = r#"{"degraded":true,"missing":["oap_parser_ready"],"retry_after":5}"#;
    assert_eq!(degraded.json(), body);
    assert_eq!((ready.retry_after(), degraded.retry_after()), (0, 5));
}

#[test]
fn every_observation_is_counted() {
    let monitor = Monitor::default();
    (0..3).for_each(|_| monitor.observe_write(7));
    let seen = monitor.snapshot();
    assert_eq!((seen.write().count(), seen.write().sum_ns()), (3, 21));
}

#[test]
fn a_connections_hello_counts_whenever_the_monitor_comes() {
    let (config, limits) = (Config::default(), oap::ConnectionOptions::default());
    let hellos = |monitor: &Monitor| monitor.snapshot().frames(Kind::Hello);
    let first = Arc::new(Monitor::new(MonitorLimits::default()));
    let mut early = oap::Connection::with_monitor(config, limits, 0, &first);
    assert_eq!(hellos(&first), 1);

    let second = Arc::new(Monitor::new(MonitorLimits::default()));
    let mut late = oap::Connection::new(config, limits, 0);
    late.set_monitor(&second);
    assert_eq!(hellos(&second), 1);

    let third = Arc::new(Monitor::new(MonitorLimits::default()));
    let _ = early.transmit(0);
    early.transmitted(0, 1);
    early.set_monitor(&third);
    assert_eq!(hellos(&third), 0, "a part of it is written");
}
