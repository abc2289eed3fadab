//! Hostile bytes: the gateway says the reason in an ERROR and in its log, closes, and serves the next peer.

mod support;

use oap::{
    Ack, Config, Data, End, Error, Frame, Hello, Reason, Session, Start, DEFAULT_ACK_WINDOW,
};
use serde_json::Value;
use std::path::Path;
use support::{address_of, assert_serving, encoded, named, Gateway, Peer};

const START: Frame<'_> = Frame::Start(Start { stream: "objects/hostile" });

fn data(seq: u64) -> Frame<'static> {
    Frame::Data(Data { seq, obj: None, body: b"" })
}

fn own_hello_bytes() -> usize {
    encoded(&[Frame::Hello(Session::new(Config::default()).hello())]).len()
}

/// Sends bytes behind a HELLO and expects the reject, known at that byte of them.
#[track_caller]
fn assert_rejected(gateway: &Gateway, bytes: &[u8], reason: Reason, field: &str, at: usize) {
    let mut peer = Peer::greeted(gateway);
    peer.send_bytes(bytes);
    assert_eq!(peer.error(), (reason.code(), reason.label().to_owned()));
    let event = gateway.event("reject");
    assert_eq!((&event["reason"], &event["field"]), (&reason.label().into(), &field.into()));
    assert_eq!(event["at"], own_hello_bytes() + at, "{event}");
}

#[test]
fn a_length_over_the_limit_is_refused_at_its_fourth_byte() {
    let gateway = Gateway::start(&[]);
    let length = (oap::MAX_FRAME_BYTES as u32 + 1).to_be_bytes();
    assert_rejected(&gateway, &length, Reason::FrameOversize, "length", 4);
    assert_serving(&gateway);
}

#[test]
fn an_unknown_kind_is_refused_at_its_byte() {
    let gateway = Gateway::start(&[]);
    assert_rejected(&gateway, &[0, 0, 0, 8, 0x99], Reason::UnknownEnvelope, "kind", 5);
    assert_serving(&gateway);
}

#[test]
fn a_varint_that_is_not_minimal_is_refused() {
    let gateway = Gateway::start(&[]);
    let ack = [0, 0, 0, 11, 4, 0, 0, 3, 0x08, 0x81, 0x00];
    assert_rejected(&gateway, &ack, Reason::HeaderMalformed, "ACK.up_to", ack.len());
    assert_serving(&gateway);
}

#[test]
fn data_without_a_credit_is_refused() {
    let gateway = Gateway::start(&[]);
    let mut frames = vec![Frame::Start(Start { stream: "s" })];
    frames.extend((0..=u64::from(DEFAULT_ACK_WINDOW)).map(data));
    let bytes = encoded(&frames); // one segment: read at once, so that no ACK comes between
    assert_rejected(&gateway, &bytes, Reason::CreditViolation, "DATA", bytes.len());
    assert_serving(&gateway);
}

#[test]
fn data_without_a_stream_is_refused() {
    let gateway = Gateway::start(&[]);
    let bytes = encoded(&[data(1)]);
    assert_rejected(&gateway, &bytes, Reason::CreditViolation, "stream", bytes.len());
}

#[test]
fn a_seq_that_is_left_out_is_refused() {
    let gateway = Gateway::start(&[]);
    let bytes = encoded(&[Frame::Start(Start { stream: "s" }), data(1), data(3)]);
    assert_rejected(&gateway, &bytes, Reason::CreditViolation, "DATA.seq", bytes.len());
}

#[test]
fn an_ack_of_data_that_was_never_sent_is_refused() {
    let gateway = Gateway::start(&[]);
    let bytes = encoded(&[Frame::Ack(Ack { up_to: 1 })]);
    assert_rejected(&gateway, &bytes, Reason::CreditViolation, "ACK.up_to", bytes.len());
}

#[test]
fn the_kind_of_a_rejected_frame_is_told_where_its_field_is_at_fault() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    peer.send_bytes(&encoded(&[Frame::Ack(Ack { up_to: 1 })]));
    peer.error();
    assert_eq!(gateway.event("reject")["frame_kind"], "ACK");
    let mut peer = Peer::greeted(&gateway);
    peer.send_bytes(&[0, 0, 0, 8, 0x99]);
    peer.error();
    assert_eq!(gateway.event("reject")["frame_kind"], Value::Null);
}

#[test]
fn data_without_obj_is_refused_before_its_body() {
    let gateway = Gateway::start(&[]);
    let head = encoded(&[START, data(1)]);
    let mut bytes = head.clone();
    let length = bytes.len() - 10 + 3;
    bytes[length] = 200; // promises a body that does not come
    assert_rejected(&gateway, &bytes, Reason::MissingObj, "DATA.obj", head.len());
    assert_serving(&gateway);
}

#[test]
fn an_end_inside_a_frame_is_truncated() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    let bytes = encoded(&[START]);
    peer.send_bytes(&bytes[..bytes.len() - 1]);
    peer.half_close();
    assert_eq!(peer.error(), (Reason::Truncated.code(), Reason::Truncated.label().to_owned()));
    let event = gateway.event("reject");
    assert_eq!((&event["reason"], &event["field"]), (&"truncated".into(), &"length".into()));
    assert_serving(&gateway);
}

#[test]
fn a_second_hello_is_refused() {
    let gateway = Gateway::start(&[]);
    let bytes = encoded(&[Frame::Hello(Hello::new(4096))]);
    assert_rejected(&gateway, &bytes, Reason::BadHello, "HELLO", bytes.len());
}

#[test]
fn a_first_frame_other_than_hello_is_refused() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::connect(&gateway);
    peer.send_bytes(&encoded(&[START]));
    assert_eq!(peer.error(), (Reason::BadHello.code(), Reason::BadHello.label().to_owned()));
    let event = gateway.event("reject");
    assert_eq!((&event["field"], &event["offset"]), (&"the first frame".into(), &0.into()));
}

#[test]
fn streams_that_ended_before_have_their_receipt_and_then_comes_the_error() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    let whole = [Frame::Start(Start { stream: "s" }), Frame::End(End { seq: 0, status: 0 })];
    peer.send_bytes(&encoded(&whole));
    assert_eq!(peer.receipt(), 0);
    peer.send_bytes(&encoded(&[data(1)]));
    assert_eq!(peer.error().0, Reason::CreditViolation.code());
}

#[test]
fn the_error_reaches_a_peer_that_goes_on_sending() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    peer.send_bytes(&[0xff; 4 << 20]);
    assert_eq!(peer.error().0, Reason::FrameOversize.code());
}

/// Every first frame of the shared vectors that a decoder with the default configuration rejects.
#[test]
fn the_shared_vectors_are_refused_with_their_label() {
    let gateway = Gateway::start(&[]);
    let mut replayed = 0;
    for (name, bytes, label) in vectors().iter().filter_map(rejected_first_frame) {
        let mut peer = Peer::greeted(&gateway);
        peer.send_bytes(&bytes);
        assert_eq!(peer.error().1, label, "{name}");
        replayed += 1;
    }
    assert!(replayed > 100, "only {replayed} cases");
    assert_serving(&gateway);
}

fn vectors() -> Vec<Value> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/oap1");
    let files =
        std::fs::read_dir(dir).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    files.flat_map(|file| serde_json::from_slice::<Vec<Value>>(&file).unwrap()).collect()
}

/// Its name, bytes and label. Truncated ones are not of these: a session finds other faults in them.
fn rejected_first_frame(case: &Value) -> Option<(&str, Vec<u8>, &str)> {
    let (request, answer) = (&case["request"], &case["answer"]);
    let label =
        answer["reject"]["label"].as_str().filter(|&label| label != Reason::Truncated.label())?;
    let of_the_gateway =
        request["op"] == "decode" && request["config"] == Value::Object(Default::default());
    let first = answer["frames"].as_array()?.is_empty();
    (of_the_gateway && first)
        .then(|| (case["name"].as_str().unwrap(), bytes(&request["chunks"]), label))
}

/// Hex, or `{"repeat": hex, "times": N}`, or a list of such.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(hex) => hex.as_bytes().chunks(2).map(byte).collect(),
        Value::Array(parts) => parts.iter().flat_map(bytes).collect(),
        part => bytes(&part["repeat"]).repeat(part["times"].as_u64().unwrap() as usize),
    }
}

fn byte(digits: &[u8]) -> u8 {
    u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap()
}

#[test]
fn a_peer_that_vanishes_leaves_the_gateway_serving() {
    let gateway = Gateway::start(&[]);
    for _ in 0..20 {
        let mut peer = Peer::greeted(&gateway);
        peer.start("objects/gone");
        peer.data(Some(&address_of(b"gone")), b"go");
    }
    drop(Peer::connect(&gateway));
    assert_serving(&gateway);
}

#[test]
fn a_peer_that_never_reads_is_not_read_from_for_ever_and_others_are_served() {
    let gateway = Gateway::start(&[]);
    let mut mute = Peer::greeted(&gateway);
    let whole = [Frame::Start(Start { stream: "s" }), Frame::End(End { seq: 0, status: 0 })];
    let many = encoded(&whole.repeat(1000));
    while mute.send_bytes_now(&many) {}
    assert_serving(&gateway);
}

#[test]
fn a_peers_error_ends_the_session_without_an_answer() {
    let gateway = Gateway::start(&[]);
    let mut peer = Peer::greeted(&gateway);
    peer.start("objects/given up");
    peer.send(&Frame::Error(Error { code: 0, reason: "enough" }));
    peer.half_close();
    assert!(peer.next().is_none());
    let (status, events) = gateway.stop("TERM");
    assert!(status.success() && named(&events, "stream").next().is_none(), "{events:?}");
}
