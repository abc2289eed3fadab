//! What `--metrics-addr` serves. That readiness comes back when its five minutes have passed is for the core's vectors
//! to show: the gateway's clock can't be set.

mod support;

use oap::{Ack, Data, End, Frame, Hello, Reason, Start};
use std::io::{Read, Write};
use std::time::{Duration, Instant, SystemTime};
use support::{encoded, eventually, Gateway, Peer};

const READY: &str = r#"{"degraded":false,"missing":[],"retry_after":0}"#;

/// A peer that says HELLO and is refused: 3 frames and a reject.
fn hostile(gateway: &Gateway) {
    let mut peer = Peer::greeted(gateway);
    peer.send_bytes(&[0xff; 4]);
    assert_eq!(peer.error().0, Reason::FrameOversize.code());
}

#[test]
fn healthz_is_ok() {
    let answer = Gateway::with_endpoints(&[]).get("/healthz");
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
}

#[test]
fn who_asks_too_slowly_is_closed() {
    let gateway = Gateway::with_endpoints(&[]);
    let mut slow = support::socket_from("127.0.0.1", gateway.endpoints());
    slow.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(!answer.contains("200"), "{answer}");
}

/// Sooner than the gateway gives up anybody: who is answered by then has not waited for others.
#[track_caller]
fn assert_answers(gateway: &Gateway) {
    let asked = Instant::now();
    assert_eq!(gateway.get("/healthz").status, 200);
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
}

fn descriptors(gateway: &Gateway) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", gateway.pid())).unwrap().count()
}

#[test]
fn who_asks_nothing_keeps_nobody_waiting() {
    let gateway = Gateway::with_endpoints(&[]);
    let connect = |from: &str| support::socket_from(from, gateway.endpoints());
    let mut silent: Vec<_> = (0..600).map(|_| connect("127.0.0.1")).collect();
    assert_answers(&gateway);
    assert!(descriptors(&gateway) < 200, "of one peer: {}", descriptors(&gateway));
    silent.extend((0..600).map(|n| connect(&format!("127.0.1.{}", 1 + n % 200))));
    assert_answers(&gateway);
    assert!(descriptors(&gateway) < 300, "of all: {}", descriptors(&gateway));
    drop(silent);
}

#[test]
fn who_takes_no_answer_keeps_nobody_waiting() {
    let gateway = Gateway::with_endpoints(&[]);
    let many = "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n".repeat(1_000);
    let mute: Vec<_> = (0..300)
        .map(|_| {
            let mut mute = support::socket_from("127.0.0.1", gateway.endpoints());
            // The gateway may have closed on some of it.
            let _ = mute.write_all(many.as_bytes());
            mute
        })
        .collect();
    assert_answers(&gateway);
    drop(mute);
}

#[test]
fn a_request_without_end_is_refused() {
    let gateway = Gateway::with_endpoints(&[]);
    let mut endless = support::socket_from("127.0.0.1", gateway.endpoints());
    let header = format!("X-Endless: {}\r\n", "x".repeat(3_900));
    let request = format!("GET /healthz HTTP/1.1\r\n{}\r\n", header.repeat(100));
    let _ = endless.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let _ = endless.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
    assert_answers(&gateway);
}

#[test]
fn who_has_said_all_it_says_is_answered_and_then_closed() {
    let gateway = Gateway::with_endpoints(&[]);
    let mut client = support::socket_from("127.0.0.1", gateway.endpoints());
    client.write_all(b"GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("200 OK") && answer.contains("connection: close"), "{answer}");
}

#[test]
fn version_tells_name_version_and_protocol() {
    let answer = Gateway::with_endpoints(&[]).get("/version");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let json: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let told = serde_json::json!({"name": "svc-gateway", "version": version, "protocol": "OAP/1"});
    assert_eq!(json, told);
}

#[test]
fn another_path_is_not_found() {
    assert_eq!(Gateway::with_endpoints(&[]).get("/").status, 404);
}

#[test]
fn readyz_is_200_from_the_start() {
    let answer = Gateway::with_endpoints(&[]).get("/readyz");
    assert_eq!((answer.status, answer.body.as_str()), (200, READY));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("retry-after"), None);
}

#[test]
fn readyz_turns_503_when_too_many_of_a_hundred_events_are_rejects() {
    let gateway = Gateway::with_endpoints(&[]);
    (0..24).for_each(|_| hostile(&gateway));
    assert_eq!(gateway.get("/readyz").body, READY, "96 events are too few to judge");
    hostile(&gateway);
    let answer = gateway.get("/readyz");
    let degraded = r#"{"degraded":true,"missing":["oap_reject_rate_ok"],"retry_after":5}"#;
    assert_eq!((answer.status, answer.body.as_str()), (503, degraded));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert_eq!(gateway.get("/healthz").status, 200, "it lives");
    let page = gateway.get("/metrics");
    let key = |name| page.sample(&format!("svc_gateway_readiness{{key=\"{name}\"}}"));
    assert_eq!((key("oap_reject_rate_ok"), key("oap_backpressure_ok")), (0.0, 1.0));
}

#[test]
fn few_rejects_among_many_frames_leave_it_ready() {
    let gateway = Gateway::with_endpoints(&[]);
    hostile(&gateway);
    let mut peer = Peer::greeted(&gateway);
    let empty = [Frame::Start(Start { stream: "s" }), Frame::End(End { seq: 0, status: 0 })];
    peer.send_bytes(&encoded(&empty.repeat(100)));
    (0..100).for_each(|_| assert_eq!(peer.receipt(), 0));
    assert_eq!(gateway.get("/readyz").body, READY);
}

#[test]
fn metrics_show_every_series_of_the_contract_before_any_connection() {
    let page = Gateway::with_endpoints(&[]).get("/metrics");
    assert_eq!((page.status, page.header("content-type")), (200, Some(oap::TEXT_CONTENT_TYPE)));
    let untouched = oap::Monitor::default().snapshot().text();
    assert!(page.body.starts_with(&untouched), "{}", page.body);
}

#[test]
fn the_gateway_s_own_metrics_stand_behind_them_from_the_start() {
    let page = Gateway::with_endpoints(&[]).get("/metrics");
    for series in [
        "connections",
        "connections_total{transport=\"tcp\"}",
        "refused_total{cause=\"capacity\"}",
        "foreign_protocol_total{protocol=\"http\"}",
        "certificate_reloads_total{outcome=\"kept_old\"}",
        "reloads_total{outcome=\"taken\"}",
        "certificate_expiry_timestamp_seconds",
        "quarantined_peers",
        "quarantines_total",
        "connections_ended_total{reason=\"incomplete\"}",
        "streams_cut_total",
        "accept_errors_total{error=\"emfile\"}",
        "room_bytes{use=\"frames\"}",
        "worker_jobs",
        "dropped_log_lines_total",
    ] {
        assert_eq!(page.sample(&format!("svc_gateway_{series}")), 0.0, "{series}");
    }
    assert!(page.sample("process_resident_memory_bytes") > 0.0);
    let age = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64()
        - page.sample("process_start_time_seconds");
    assert!((0.0..60.0).contains(&age), "{age}");
}

#[test]
fn processor_time_is_told_in_parts_of_a_second() {
    let page = Gateway::with_endpoints(&[]).get("/metrics");
    let used = page.sample("process_cpu_seconds_total");
    assert!(used > 0.0, "a start takes far less than a second, but not nothing: {used}");
}

/// Sends each frame by itself and waits for its answer, so that each is one read.
fn converse(peer: &mut Peer) {
    peer.start("s");
    for _ in 0..3 {
        peer.data(None, b"abc");
        assert!(matches!(peer.next().unwrap().frame(), Frame::Ack(_)));
    }
}

#[test]
fn metrics_add_up_after_a_conversation() {
    let gateway = Gateway::with_endpoints(&[]);
    let mut peer = Peer::greeted(&gateway);
    converse(&mut peer);
    peer.end();

    let page = gateway.get("/metrics");
    let frames = [("HELLO", 2), ("START", 2), ("DATA", 3), ("ACK", 3), ("END", 2), ("ERROR", 0)];
    for (kind, count) in frames {
        let series = format!("oap_frames_total{{kind=\"{kind}\"}}");
        assert_eq!(page.sample(&series), f64::from(count), "{kind}");
    }
    assert_eq!(page.sample("oap_frame_bytes_total"), conversation_bytes(&peer.session.hello()));
    // A HELLO, three DATA and an END are five looks at least; two of them write twice.
    for timing in ["oap_read_frame_seconds", "oap_write_frame_seconds"] {
        assert!(page.sample(&format!("{timing}_sum")) > 0.0, "{timing}");
        assert!(page.sample(&format!("{timing}_count")) >= 5.0, "{timing}");
    }
    assert_eq!(page.sample("oap_ack_starved_seconds_total"), 0.0);
}

fn conversation_bytes(hello: &Hello) -> f64 {
    let mut frames = vec![Frame::Hello(*hello), Frame::Hello(*hello)];
    for seq in 1..=3 {
        frames.push(Frame::Data(Data { seq, obj: None, body: b"abc" }));
        frames.push(Frame::Ack(Ack { up_to: seq }));
    }
    for (stream, seq) in [("s", 3), ("receipt", 0)] {
        frames.push(Frame::Start(Start { stream }));
        frames.push(Frame::End(End { seq, status: 0 }));
    }
    encoded(&frames).len() as f64
}

#[test]
fn a_reject_counts_once_by_its_reason_and_its_error_is_a_frame() {
    let gateway = Gateway::with_endpoints(&[]);
    hostile(&gateway);
    let page = gateway.get("/metrics");
    for reason in Reason::ALL {
        let count = if reason == Reason::FrameOversize { 1.0 } else { 0.0 };
        let series = format!("oap_rejects_total{{reason=\"{reason}\"}}");
        assert_eq!(page.sample(&series), count, "{reason}");
    }
    assert_eq!(page.sample("oap_frames_total{kind=\"ERROR\"}"), 1.0);
}

#[test]
fn connections_that_close_give_their_credit_back_to_the_gauges() {
    let gateway = Gateway::with_endpoints(&[]);
    let mut peers = [Peer::greeted(&gateway), Peer::greeted(&gateway)];
    peers.iter_mut().for_each(converse);
    let window = f64::from(oap::DEFAULT_ACK_WINDOW);
    let credit = || gateway.get("/metrics").sample("oap_ack_window");
    assert_eq!(credit(), 2.0 * window);
    let [first, second] = peers;
    drop(first);
    eventually("one window", || (credit() == window).then_some(()));
    drop(second);
    eventually("no window", || (credit() == 0.0).then_some(()));
    assert_eq!(gateway.get("/metrics").sample("oap_inflight_frames"), 0.0);
}

#[test]
fn no_address_of_a_peer_is_in_a_line_or_a_metric() {
    let gateway = Gateway::with_endpoints(&[]);
    hostile(&gateway);
    let mut peer = Peer::greeted(&gateway);
    peer.start("quiet");
    peer.data(None, b"abc");
    peer.end();
    let page = gateway.get("/metrics").body;
    // In the order in which the connections come to it.
    let told = |line: String| serde_json::from_str::<serde_json::Value>(&line).unwrap();
    let lines = std::iter::repeat_with(|| told(gateway.line()));
    let mut events = lines.filter(|event| event["event"] == "reject" || event["event"] == "stream");
    let events = [(); 2].map(|()| events.next().unwrap());
    let [one, other] = &events;
    assert!(one["peer_addr"].is_string() && one["peer_addr"] == other["peer_addr"]);
    assert_ne!(one["corr_id"], other["corr_id"]);
    for said in events.iter().map(ToString::to_string).chain([page]) {
        assert!(!said.contains("127."), "{said}");
    }
}
