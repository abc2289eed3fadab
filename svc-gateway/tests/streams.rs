//! Streams that come as they should, and what the receipt and the log say of them.

mod support;

use oap::{Data, End, Frame, Start};
use serde_json::Value;
use support::{address_of, encoded, Gateway, Peer, BINARY};

const BODY_BYTES: usize = 100_000;

/// Objects, those verified, status.
fn outcome(event: &Value) -> (u64, u64, u64) {
    let number = |field: &str| event[field].as_u64().unwrap();
    (number("objects"), number("verified"), number("status"))
}

#[test]
fn a_real_file_is_verified() {
    let file = std::fs::read(BINARY).unwrap();
    let gateway = Gateway::start(&["--max-object-bytes", "1000000000"]);
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects/svc-gateway");
    peer.object(&file, BODY_BYTES);
    assert_eq!(peer.end(), 0);
    let (frames, bytes) = (file.len().div_ceil(BODY_BYTES), file.len());
    let address = address_of(&file);
    let event = gateway.event("stream");
    assert_eq!(event["name"], "objects/svc-gateway");
    assert_eq!((&event["frames"], &event["bytes"]), (&frames.into(), &bytes.into()));
    assert_eq!(outcome(&event), (1, 1, 0));
    assert_eq!(event["address"], address);
    assert!(event["latency_ms"].as_f64().unwrap() > 0.0);
    assert_eq!((&event["service"], &event["tenant"]), (&"svc-gateway".into(), &"default".into()));
}

#[test]
fn an_address_that_is_not_that_of_the_bytes_is_status_1() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    let address = address_of(b"abd");
    peer.start("objects/tampered");
    peer.data(Some(&address), b"abc");
    assert_eq!(peer.end(), 1);
    let event = gateway.event("stream");
    assert_eq!((outcome(&event), &event["address"]), ((1, 0, 1), &address.into()));
}

#[test]
fn an_object_over_the_limit_is_status_2_and_one_at_the_limit_is_verified() {
    let gateway = Gateway::start(&["--max-object-bytes", "10"]);
    let mut peer = Peer::greeted(&gateway);
    for (bytes, status) in [(&[7; 10][..], 0), (&[7; 11], 2)] {
        peer.start("objects/limit");
        peer.object(bytes, 4);
        assert_eq!(peer.end(), status, "{} bytes", bytes.len());
    }
}

#[test]
fn several_objects_of_one_stream_are_verified_each() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects");
    for object in [&b"one"[..], b"another", b"a third"] {
        peer.object(object, 2);
    }
    assert_eq!(peer.end(), 0);
    let event = gateway.event("stream");
    assert_eq!((&event["frames"], &event["bytes"]), (&10.into(), &17.into()));
    assert_eq!(outcome(&event), (3, 3, 0));
}

#[test]
fn a_stream_that_is_no_object_stream_has_nothing_to_verify() {
    let gateway = Gateway::start(&["--max-object-bytes", "1"]);
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects2");
    peer.data(None, b"abc");
    peer.data(Some(&address_of(b"something else")), b"abc");
    assert_eq!(peer.end(), 0);
    let event = gateway.event("stream");
    assert_eq!((&event["frames"], &event["bytes"]), (&2.into(), &6.into()));
    assert_eq!((outcome(&event), &event["address"]), ((0, 0, 0), &Value::Null));
}

#[test]
fn many_streams_of_one_session_have_a_receipt_each() {
    const STREAMS: u32 = 200;
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    for stream in 0..STREAMS {
        let object = stream.to_string();
        peer.start(&format!("objects/{stream}"));
        peer.object(object.as_bytes(), 1);
        assert_eq!(peer.end(), 0);
        assert_eq!(gateway.event("stream")["name"], format!("objects/{stream}"));
    }
}

#[test]
fn streams_that_arrive_in_one_read_have_a_receipt_each() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    let empty = [Frame::Start(Start { stream: "s" }), Frame::End(End { seq: 0, status: 9 })];
    peer.send_bytes(&encoded(&empty.repeat(100)));
    for _ in 0..100 {
        assert_eq!(peer.receipt(), 0);
    }
}

#[test]
fn a_receipt_finds_all_data_acknowledged() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    peer.start("s");
    for _ in 0..100 {
        peer.data(None, b"abc");
    }
    peer.end();
    assert_eq!(peer.session.outbound().in_flight, 0);
}

#[test]
fn a_frame_that_comes_byte_by_byte_is_the_same_frame() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    let address = address_of(b"abc");
    let data = Data { seq: 1, obj: Some(&address), body: b"abc" };
    let start = Start { stream: "objects/slow" };
    let mut bytes = Vec::new();
    for frame in [Frame::Start(start), Frame::Data(data), Frame::End(End { seq: 1, status: 0 })] {
        peer.session.send_to(&frame, &mut bytes).unwrap();
    }
    for byte in bytes {
        peer.send_bytes(&[byte]);
    }
    assert_eq!(peer.receipt(), 0);
}

#[test]
fn peers_are_served_side_by_side() {
    let gateway = Gateway::start(&[]);
    let mut peers: Vec<_> = (0..8).map(|_| Peer::greeted(&gateway)).collect();
    for peer in &mut peers {
        peer.start("objects/shared");
    }
    for peer in &mut peers {
        peer.object(b"shared", 1);
    }
    for peer in peers.iter_mut().rev() {
        assert_eq!(peer.end(), 0);
    }
}

#[test]
fn a_name_can_not_forge_a_line() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    let name = "a\" status=0\u{85}stream\u{202e}";
    peer.start(name);
    peer.data(None, b"abc");
    peer.end();
    let line = std::iter::repeat_with(|| gateway.line()).find(|line| line.contains("\"stream\""));
    let line = line.unwrap();
    assert!(line.contains(r#""name":"a\" status=0\u0085stream\u202e","#), "{line}");
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap()["name"], name);
}
