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

fn ended(gateway: &Gateway, reason: &str) -> f64 {
    let series = format!("svc_gateway_connections_ended_total{{reason=\"{reason}\"}}");
    gateway.get("/metrics").sample(&series)
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

/// The engine's deadlines end a connection without a word.
#[track_caller]
fn assert_closed(gateway: &Gateway, peer: &mut Peer, reason: &str) {
    while let Some(frame) = peer.next() {
        assert!(matches!(frame.frame(), Frame::Hello(_)));
    }
    assert_eq!(gateway.event("refused")["reason"], reason);
    assert_eq!(refused(gateway, reason), 1.0);
    assert_eq!(ended(gateway, reason), 1.0);
    assert_serving(gateway);
}

#[test]
fn who_says_no_hello_is_closed() {
    let gateway = Gateway::with_endpoints(&with_limit("--handshake-seconds", "0.1"));
    let mut peer = Peer::connect(&gateway);
    assert_closed(&gateway, &mut peer, "handshake_timeout");
}

#[test]
fn who_says_nothing_more_is_closed() {
    let gateway = Gateway::with_endpoints(&with_limit("--idle-seconds", "0.1"));
    let mut peer = Peer::greeted(&gateway);
    assert_closed(&gateway, &mut peer, "idle_timeout");
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

fn room(gateway: &Gateway, usage: &str) -> f64 {
    gateway.get("/metrics").sample(&format!("svc_gateway_room_bytes{{use=\"{usage}\"}}"))
}

/// The least that it may be: room for four frames of 1 MB, of which a peer has two while others come.
const LITTLE_MEMORY: [&str; 2] = ["--memory-bytes", "33554432"];

#[test]
fn a_frame_waits_for_room_and_nobody_has_to_go_for_it() {
    let gateway = Gateway::with_endpoints(&LITTLE_MEMORY);
    let mut peers: Vec<_> = (0..12)
        .map(|number| stalled(&gateway, &format!("127.0.0.{}", 1 + number), 5_000))
        .collect();
    eventually("all room in use", || (room(&gateway, "frames") > 4e6).then_some(()));
    assert!(room(&gateway, "frames") < 5e6);
    assert_serving(&gateway);
    // The last who came are the first who send the rest: they wait for the others.
    std::thread::scope(|scope| {
        for (mut peer, rest) in peers.drain(..).rev() {
            scope.spawn(move || {
                peer.send_bytes(&rest);
                assert!(matches!(peer.next().unwrap().frame(), Frame::Ack(_)));
                assert_eq!(peer.end(), 0);
            });
        }
    });
    eventually("no room in use", || (room(&gateway, "frames") == 0.0).then_some(()));
    assert_eq!(refused(&gateway, "frame_timeout"), 0.0);
}

#[test]
fn time_that_a_frame_waits_for_room_is_not_the_peer_s() {
    let flags = [&LITTLE_MEMORY[..], &with_limit("--frame-seconds", "1")].concat();
    let gateway = Gateway::with_endpoints(&flags);
    let silent: Vec<_> =
        (0..6).map(|number| stalled(&gateway, &format!("127.0.0.{}", 1 + number), 5_000)).collect();
    eventually("all room in use", || (room(&gateway, "frames") > 4e6).then_some(()));
    let (mut peer, rest) = stalled(&gateway, "127.0.0.99", 5_000);
    peer.send_bytes(&rest);
    assert!(matches!(peer.next().unwrap().frame(), Frame::Ack(_)), "after two times of the others");
    assert!(refused(&gateway, "frame_timeout") >= 4.0);
    drop(silent);
}

#[test]
fn a_slow_frame_of_which_enough_comes_is_not_late() {
    let gateway = Gateway::with_endpoints(&with_limit("--frame-seconds", "0.5"));
    let (mut peer, rest) = stalled(&gateway, "127.0.0.1", 5_000);
    for bytes in rest.chunks(100_000) {
        std::thread::sleep(Duration::from_millis(120));
        peer.send_bytes(bytes);
    }
    assert!(matches!(peer.next().unwrap().frame(), Frame::Ack(_)));
}

#[test]
fn who_loses_the_connection_in_a_frame_is_counted_and_no_offender() {
    let gateway = Gateway::with_endpoints(&["--quarantine-offences", "1"]);
    for _ in 0..3 {
        let (peer, _) = stalled(&gateway, "127.0.0.1", 5_000);
        peer.half_close();
    }
    eventually("their ends", || (ended(&gateway, "reject") == 3.0).then_some(()));
    let mut open = Peer::greeted(&gateway);
    open.start("objects/cut");
    open.half_close();
    eventually("its end", || (ended(&gateway, "incomplete") == 1.0).then_some(()));
    let (peer, _) = stalled(&gateway, "127.0.0.1", 5_000);
    socket2::SockRef::from(&peer.socket).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
    eventually("its reset", || (ended(&gateway, "reset") == 1.0).then_some(()));
    assert_eq!(gateway.get("/metrics").sample("svc_gateway_streams_cut_total"), 5.0);
    assert_serving(&gateway);
}

#[test]
fn one_peer_does_not_have_all_places() {
    let gateway = Gateway::with_endpoints(&["--max-connections", "8"]);
    let silent: Vec<_> = (0..8).map(|_| Peer::connect_from("127.0.0.66", &gateway)).collect();
    eventually("a refusal", || (refused(&gateway, "peer_capacity") == 2.0).then_some(()));
    assert_serving(&gateway);
    drop(silent);
}

#[test]
fn streams_beyond_the_rate_wait_and_others_do_not() {
    let gateway = Gateway::start(&["--streams-per-second", "4"]);
    let mut churning = Peer::greeted(&gateway);
    let whole = [Frame::Start(Start { stream: "s" }), Frame::End(End { seq: 0, status: 0 })];
    churning.send_bytes(&encoded(&whole.repeat(6)));
    (0..6).for_each(|_| assert_eq!(churning.receipt(), 0));
    let start = Instant::now();
    churning.send_bytes(&encoded(&whole));
    assert_serving(&gateway);
    assert_eq!(churning.receipt(), 0);
    // Four at once and then four a second: six have used half a second of what follows.
    assert!(start.elapsed() >= Duration::from_millis(250), "{:?}", start.elapsed());
}

#[test]
fn objects_of_many_connections_are_verified_by_one_worker_in_little_memory() {
    let flags = [&LITTLE_MEMORY[..], &["--workers", "1"]].concat();
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
    for gauge in [
        "svc_gateway_room_bytes{use=\"reads\"}",
        "svc_gateway_room_bytes{use=\"frames\"}",
        "svc_gateway_worker_jobs",
        "oap_inflight_frames",
    ] {
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
