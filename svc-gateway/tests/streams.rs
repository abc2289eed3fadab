//! Streams that come as they should, and what the receipt and the line on stdout say of them.

mod support;

use oap::{Data, End, Frame, Start};
use support::{address_of, encoded, Gateway, Peer, BINARY};

const BODY_BYTES: usize = 100_000;

#[test]
fn a_real_file_is_verified() {
    let file = std::fs::read(BINARY).unwrap();
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects/svc-gateway");
    peer.object(&file, BODY_BYTES);
    assert_eq!(peer.end(), 0);
    let (frames, bytes) = (file.len().div_ceil(BODY_BYTES), file.len());
    let address = address_of(&file);
    assert_eq!(
        gateway.line(),
        format!(
            "stream name=\"objects/svc-gateway\" frames={frames} bytes={bytes} objects=1 verified=1 status=0 \
             address={address}"
        )
    );
}

#[test]
fn an_address_that_is_not_that_of_the_bytes_is_status_1() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    let address = address_of(b"abd");
    peer.start("objects/tampered");
    peer.data(Some(&address), b"abc");
    assert_eq!(peer.end(), 1);
    assert!(gateway.line().ends_with(&format!("objects=1 verified=0 status=1 address={address}")));
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
    assert!(gateway.line().contains("frames=10 bytes=17 objects=3 verified=3 status=0"));
}

#[test]
fn a_stream_that_is_no_object_stream_has_nothing_to_verify() {
    let gateway = Gateway::start(&["--max-object-bytes", "1"]);
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects2");
    peer.data(None, b"abc");
    peer.data(Some(&address_of(b"something else")), b"abc");
    assert_eq!(peer.end(), 0);
    assert_eq!(
        gateway.line(),
        "stream name=\"objects2\" frames=2 bytes=6 objects=0 verified=0 status=0 address=-"
    );
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
        assert!(gateway.line().starts_with(&format!("stream name=\"objects/{stream}\" ")));
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
    peer.start("a\" status=0\u{85}stream\u{202e}");
    peer.end();
    assert!(gateway
        .line()
        .starts_with(r#"stream name="a\" status=0\u{85}stream\u{202e}" frames=0"#));
}
