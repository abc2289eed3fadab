//! From SIGINT or SIGTERM to the end: not ready first, no new connection, those that are open may finish.

mod support;

use oap::{End, Frame, Start};
use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::Duration;
use support::{encoded, eventually, named, Gateway, Peer};

/// Longer than a test's patience: who passes did not wait for it.
const FOREVER: [&str; 2] = ["--drain-seconds", "3600"];

const DRAINING: &str = r#"{"degraded":true,"missing":["oap_parser_ready"],"retry_after":5}"#;

fn is_draining(gateway: &Gateway) -> bool {
    let answer = gateway.get("/readyz");
    answer.status == 503 && answer.body == DRAINING && answer.header("retry-after") == Some("5")
}

fn refuses(gateway: &Gateway) -> bool {
    // A socket that listens while nobody accepts would not answer when its queue is full.
    let connected = TcpStream::connect_timeout(&gateway.address, Duration::from_secs(1));
    connected.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused)
}

#[test]
fn it_ends_at_once_with_0_when_no_connection_is_open() {
    for signal in ["TERM", "INT"] {
        let gateway = Gateway::start(&FOREVER);
        let (status, events) = gateway.stop(signal);
        let said: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
        // A tick may come between them and say that it is not ready.
        let ends = (said.first(), said.last()) == (Some(&"draining"), Some(&"stopped"));
        assert!(status.success() && ends, "{signal}: {status} {said:?}");
    }
}

#[test]
fn an_open_stream_finishes_and_then_it_ends() {
    let gateway = Gateway::with_endpoints(&FOREVER);
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects/admitted");
    gateway.signal("TERM");
    eventually("draining", || is_draining(&gateway).then_some(()));
    peer.object(b"admitted", 1);
    assert_eq!(peer.end(), 0);
    drop(peer);
    let (status, events) = gateway.end();
    assert!(status.success());
    assert_eq!(named(&events, "stream").next().unwrap()["name"], "objects/admitted");
}

#[test]
fn who_is_turned_away_could_have_seen_that_it_is_not_ready() {
    let gateway = Gateway::with_endpoints(&FOREVER);
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects/open");
    gateway.signal("INT");
    eventually("a refused connection", || refuses(&gateway).then_some(()));
    assert!(is_draining(&gateway));
    assert_eq!(gateway.get("/healthz").status, 200);
    drop(peer);
    assert!(gateway.end().0.success());
}

#[test]
fn a_peer_that_stays_is_left_when_the_time_is_up() {
    for (signal, seconds) in [("TERM", "0"), ("INT", "1")] {
        let gateway = Gateway::start(&["--drain-seconds", seconds]);
        let mut peer = Peer::greeted(&gateway);
        peer.start("objects/open");
        let (status, events) = gateway.stop(signal);
        assert!(status.success(), "{signal}: {status}");
        assert_eq!(named(&events, "stream").count(), 0, "{signal}: {events:?}");
        assert!(peer.next().is_none(), "{signal}: closed");
    }
}

#[test]
fn a_second_signal_ends_the_drain() {
    for [first, second] in [["TERM", "TERM"], ["INT", "TERM"]] {
        let gateway = Gateway::with_endpoints(&FOREVER);
        let mut peer = Peer::greeted(&gateway);
        peer.start("objects/open");
        gateway.signal(first);
        eventually("draining", || is_draining(&gateway).then_some(()));
        let (status, events) = gateway.stop(second);
        assert!(status.success(), "{status}");
        assert_eq!(named(&events, "stopped").next().unwrap()["open"], 1);
    }
}

#[test]
fn a_second_signal_ends_the_notice_too() {
    let gateway = Gateway::with_endpoints(&["--drain-notice-seconds", "3600"]);
    gateway.signal("TERM");
    eventually("draining", || is_draining(&gateway).then_some(()));
    assert!(gateway.stop("TERM").0.success());
}

#[test]
fn who_has_nothing_open_is_let_go_at_once() {
    let gateway = Gateway::start(&FOREVER);
    let mut peers = [Peer::greeted(&gateway), Peer::connect(&gateway)];
    let (status, events) = gateway.stop("TERM");
    assert!(status.success());
    assert_eq!(named(&events, "stopped").next().unwrap()["open"], 0);
    assert!(peers.iter_mut().all(|peer| {
        peer.next();
        peer.next().is_none()
    }));
}

#[test]
fn who_goes_on_starting_streams_is_told_that_it_drains() {
    let gateway = Gateway::with_endpoints(&FOREVER);
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects/before");
    gateway.signal("TERM");
    eventually("a refused connection", || refuses(&gateway).then_some(()));
    // The connection hears of the drain a moment after its listener has closed.
    std::thread::sleep(Duration::from_millis(300));
    peer.object(b"before", 1);
    let before = End { seq: 6, status: 0 };
    let after = Start { stream: "objects/after" };
    peer.send_bytes(&encoded(&[Frame::End(before), Frame::Start(after)]));
    assert_eq!(peer.receipt(), 0);
    assert_eq!(peer.error().1, "draining");
    assert!(gateway.end().0.success());
}

#[test]
fn during_the_notice_it_is_not_ready_and_still_serves() {
    let notice = ["--drain-notice-seconds", "3600"];
    let gateway = Gateway::with_endpoints(&notice);
    gateway.signal("TERM");
    eventually("draining", || is_draining(&gateway).then_some(()));
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects/late");
    peer.object(b"late", 4);
    assert_eq!(peer.end(), 0);
}
