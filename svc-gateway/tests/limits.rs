//! Every timeout, cap and budget, over real sockets: what is refused, what the peer is told, and who is served on.

mod support;

use oap::{Data, End, Frame, Start};
use std::time::{Duration, Instant};
use support::{address_of, assert_serving, encoded, eventually, Gateway, Peer};

const FOREVER: &str = "3600";

/// All time limits far away but that one.
fn with_limit<'a>(key: &'a str, seconds: &'a str) -> Vec<&'a str> {
    let keys = ["--handshake-seconds", "--idle-seconds", "--read-seconds", "--frame-seconds"];
    let others = keys.into_iter().filter(|other| *other != key);
    others.flat_map(|other| [other, FOREVER]).chain([key, seconds]).collect()
}

fn refused(gateway: &Gateway, cause: &str) -> f64 {
    gateway.get("/metrics").sample(&format!("svc_gateway_refused_total{{cause=\"{cause}\"}}"))
}

/// The peer is told by an ERROR, the operator by an event and a metric.
#[track_caller]
fn assert_refused(gateway: &Gateway, peer: &mut Peer, cause: &str) {
    let (code, reason) = peer.error();
    assert!(code >= 256 && reason == cause, "{code} {reason}");
    assert_eq!(gateway.event("refused")["reason"], cause);
    assert_eq!(refused(gateway, cause), 1.0);
    assert_serving(gateway);
}

/// The head of a DATA whose body of that many bytes is to come.
fn head_of_data(body_bytes: usize) -> Vec<u8> {
    let body = vec![0; body_bytes];
    let mut frame = encoded(&[Frame::Data(Data { seq: 1, obj: None, body: &body })]);
    frame.truncate(frame.len() - body_bytes);
    frame
}

#[test]
fn who_says_no_hello_is_refused() {
    let gateway = Gateway::with_endpoints(&with_limit("--handshake-seconds", "0.1"));
    let mut peer = Peer::connect(&gateway);
    assert_refused(&gateway, &mut peer, "handshake_timeout");
}

#[test]
fn who_says_nothing_more_is_refused() {
    let gateway = Gateway::with_endpoints(&with_limit("--idle-seconds", "0.1"));
    let mut peer = Peer::greeted(&gateway);
    assert_refused(&gateway, &mut peer, "idle_timeout");
}

#[test]
fn who_leaves_a_stream_open_is_refused() {
    let gateway = Gateway::with_endpoints(&with_limit("--read-seconds", "0.1"));
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects/open");
    assert_refused(&gateway, &mut peer, "read_timeout");
}

#[test]
fn a_frame_that_is_not_completed_is_refused() {
    let gateway = Gateway::with_endpoints(&with_limit("--frame-seconds", "0.1"));
    let mut peer = Peer::greeted(&gateway);
    peer.start("stalled");
    peer.send_bytes(&head_of_data(100));
    assert_refused(&gateway, &mut peer, "frame_timeout");
}

#[test]
fn trickling_does_not_stretch_a_frame_s_time() {
    let gateway = Gateway::with_endpoints(&with_limit("--frame-seconds", "0.3"));
    let mut peer = Peer::greeted(&gateway);
    peer.start("trickled");
    peer.send_bytes(&head_of_data(1_000_000));
    let trickled = (0..).take_while(|_| {
        std::thread::sleep(Duration::from_millis(20));
        peer.send_bytes_now(&[0])
    });
    assert!(trickled.count() < 100_000, "it is closed before the frame is whole");
    assert_eq!(gateway.event("refused")["reason"], "frame_timeout");
}

#[test]
fn frames_in_time_do_not_add_up_to_one_that_is_late() {
    let gateway = Gateway::start(&with_limit("--frame-seconds", "0.5"));
    let mut peer = Peer::greeted(&gateway);
    peer.start("s");
    for _ in 0..8 {
        // The end of one and the beginning of the next are one read.
        let seq = peer.session.outbound().last_seq.map_or(1, |last| last + 1);
        let mut frame = Vec::new();
        peer.session
            .send_to(&Frame::Data(Data { seq, obj: None, body: b"abc" }), &mut frame)
            .unwrap();
        let (begin, end) = frame.split_at(5);
        peer.send_bytes(begin);
        std::thread::sleep(Duration::from_millis(100));
        peer.send_bytes(end);
    }
    assert_eq!(peer.end(), 0);
}

#[test]
fn more_connections_than_may_be_are_closed_until_one_of_the_others_is() {
    let gateway = Gateway::with_endpoints(&["--max-connections", "2"]);
    let mut held = vec![Peer::greeted(&gateway), Peer::greeted(&gateway)];
    assert!(Peer::connect(&gateway).next().is_none());
    assert_eq!(refused(&gateway, "capacity"), 1.0);
    let open = || gateway.get("/metrics").sample("svc_gateway_connections");
    assert_eq!(open(), 2.0);
    held.pop();
    eventually("a free place", || (open() == 1.0).then_some(()));
    assert_serving(&gateway);
    held[0].start("objects/held");
    held[0].object(b"held", 4);
    assert_eq!(held[0].end(), 0);
}

/// A peer with that many bytes of a frame of 1 MB on the way, and the bytes that are not.
fn stalled(gateway: &Gateway, source: &str, bytes: usize) -> (Peer, Vec<u8>) {
    let mut peer = Peer::connect_from(source, gateway).greet();
    peer.start("stalled");
    let mut frame = Vec::new();
    let data = Data { seq: 1, obj: None, body: &vec![0; 1_000_000] };
    peer.session.send_to(&Frame::Data(data), &mut frame).unwrap();
    peer.send_bytes(&frame[..bytes]);
    (peer, frame.split_off(bytes))
}

fn staged(gateway: &Gateway) -> f64 {
    gateway.get("/metrics").sample("svc_gateway_staged_bytes")
}

#[test]
fn partial_frames_have_one_budget_and_who_holds_most_of_it_loses_his_oldest() {
    const GREEDY: &str = "127.0.0.66";
    let gateway = Gateway::with_endpoints(&["--staging-bytes", "1048576"]);
    let hold = |bytes: f64| {
        eventually("its bytes", || (staged(&gateway) == bytes).then_some(()));
    };
    let (mut modest, rest) = stalled(&gateway, "127.0.0.1", 300_000);
    hold(300_000.0);
    let mut first = stalled(&gateway, GREEDY, 600_000);
    hold(900_000.0);
    let second = stalled(&gateway, GREEDY, 700_000);
    assert_refused(&gateway, &mut first.0, "staging_full");
    hold(1_000_000.0);
    modest.send_bytes(&rest);
    assert!(matches!(modest.next().unwrap().frame(), Frame::Ack(_)));
    drop(second);
    hold(0.0);
}

#[test]
fn the_budget_is_whole_again_when_the_frames_are() {
    let gateway = Gateway::with_endpoints(&["--staging-bytes", "1048576"]);
    for _ in 0..3 {
        let (mut peer, rest) = stalled(&gateway, "127.0.0.1", 1_000_000);
        peer.send_bytes(&rest);
        assert!(matches!(peer.next().unwrap().frame(), Frame::Ack(_)));
        assert_eq!(staged(&gateway), 0.0);
    }
}

#[test]
fn streams_beyond_the_rate_wait_and_others_do_not() {
    let gateway = Gateway::start(&["--streams-per-second", "2"]);
    let mut churning = Peer::greeted(&gateway);
    let whole = [Frame::Start(Start { stream: "s" }), Frame::End(End { seq: 0, status: 0 })];
    let start = Instant::now();
    churning.send_bytes(&encoded(&whole.repeat(4)));
    assert_serving(&gateway);
    (0..4).for_each(|_| assert_eq!(churning.receipt(), 0));
    // Two at once and then two a second: the third receipt is followed by half a second.
    assert!(start.elapsed() >= Duration::from_millis(500), "{:?}", start.elapsed());
}

#[test]
fn objects_of_many_peers_are_verified_by_one_worker_with_a_queue_of_one() {
    let flags = ["--workers", "1", "--worker-queue", "1", "--work-bytes", "1048576"];
    let gateway = Gateway::with_endpoints(&flags);
    let object = vec![7; 3_000_000];
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                let mut peer = Peer::greeted(&gateway);
                peer.start("objects/large");
                peer.object(&object, 100_000);
                assert_eq!(peer.end(), 0);
            });
        }
    });
    // A receipt may be read before the gateway has let go of what it answers.
    for gauge in ["svc_gateway_work_bytes", "svc_gateway_worker_jobs", "oap_inflight_frames"] {
        eventually(gauge, || (gateway.get("/metrics").sample(gauge) == 0.0).then_some(()));
    }
}

/// Streams an object without an end until it is told to, and gives the receipt's status.
fn stream_until(gateway: &Gateway, done: &std::sync::atomic::AtomicBool) -> u32 {
    let mut peer = Peer::greeted(gateway);
    let body = vec![0; 200_000];
    peer.start("objects/endless");
    while !done.load(std::sync::atomic::Ordering::Relaxed) {
        peer.data(Some(&address_of(b"")), &body);
    }
    peer.end()
}

#[test]
fn under_overload_it_takes_nobody_new_and_who_is_in_finishes() {
    let flags = ["--inflight-capacity", "4", "--backpressure-low-percent", "0", "--workers", "1"];
    let gateway = Gateway::with_endpoints(&flags);
    let is_overloaded = || gateway.get("/readyz").body.contains("\"oap_backpressure_ok\"");
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let streams: Vec<_> =
            (0..4).map(|_| scope.spawn(|| stream_until(&gateway, &done))).collect();
        eventually("back-pressure", || is_overloaded().then_some(()));
        eventually("a refusal", || Peer::connect(&gateway).next().is_none().then_some(()));
        assert!(refused(&gateway, "overload") >= 1.0);
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        const TOO_LARGE_OR_OTHER: [u32; 2] = [1, 2];
        for stream in streams {
            assert!(TOO_LARGE_OR_OTHER.contains(&stream.join().unwrap()));
        }
    });
    eventually("readiness", || (!is_overloaded()).then_some(()));
    assert_serving(&gateway);
}
