//! No `Debug` shows payload or feature bits: what differs in them alone looks the same.

use oap::{Config, Data, Decoder, Frame, Hello, Row, Session, StreamDecoder};

fn config(features: u64) -> Config {
    Config::default().with_features(Some(features))
}

/// HELLO and DATA; the same number of bytes whatever the features.
fn wire(features: u64) -> Vec<u8> {
    let hello = Hello { features: Some(features), ..Hello::new(4_096) };
    let body = features.to_be_bytes();
    let mut wire = Vec::new();
    oap::encode_to(&Frame::Hello(hello), &mut wire).unwrap();
    oap::encode_to(&Frame::Data(Data { seq: 1, obj: None, body: &body }), &mut wire).unwrap();
    wire
}

fn assert_looks_the_same(show: impl Fn(u64) -> String) {
    let shown = show(u64::MAX);
    assert!(!shown.is_empty());
    assert_eq!(shown, show(u64::MAX / 2 + 1));
}

#[test]
fn a_table_and_its_rows_and_frames_do_not_show_them() {
    assert_looks_the_same(|features| {
        let (wire, mut rows) = (wire(features), [Row::default(); 4]);
        let mut decoder = Decoder::new(config(features));
        let table = decoder.decode_table(&wire, &mut rows).unwrap();
        assert_eq!(table.len(), 2);
        let frames: Vec<_> = table.into_iter().collect();
        assert!((&table).into_iter().eq(frames.iter().copied()));
        format!("{:?} {:?} {:?} {frames:?}", table, table.iter(), table.rows())
    });
}

#[test]
fn a_decoder_and_a_session_do_not_show_what_they_stage() {
    assert_looks_the_same(|features| {
        let (wire, mut rows) = (wire(features), [Row::default(); 4]);
        let mut decoder = StreamDecoder::new(config(features));
        let mut session = Session::new(config(features));
        decoder.feed(&wire[..wire.len() - 1], &mut rows).unwrap();
        session.recv(&wire[..20], &mut rows).unwrap();
        assert!(decoder.staged() > 0 && session.staged() > 0);
        format!("{decoder:?} {session:?}")
    });
}

#[test]
fn an_owned_frame_shows_what_its_frame_shows() {
    assert_looks_the_same(|features| {
        let mut chunk = bytes::Bytes::from(wire(features));
        let mut decoder = StreamDecoder::new(config(features));
        let hello = decoder.next_frame(&mut chunk).unwrap().unwrap();
        let data = decoder.next_frame(&mut chunk).unwrap().unwrap();
        assert_eq!(format!("{data:?}"), format!("{:?}", data.frame()));
        format!("{hello:?} {data:?} {:?}", decoder.config())
    });
}

#[test]
fn a_decoder_with_a_monitor_shows_its_gauges() {
    let monitor = std::sync::Arc::new(oap::Monitor::default());
    let decoder = Decoder::new(config(0)).with_monitor(&monitor);
    assert!(format!("{decoder:?}").contains("in_flight: 0"));
}

#[test]
fn what_is_no_secret_is_shown() {
    let hello = Hello { features: Some(3), ..Hello::new(4_096) };
    let shown = "Hello { version: 1, max_frame: 4096, ack_window: None, .. }";
    assert_eq!(format!("{hello:?}"), shown);
    let data = Data { seq: 7, obj: None, body: b"abc" };
    assert_eq!(format!("{data:?}"), "Data { seq: 7, obj: None, len: 3, .. }");
    assert_eq!(oap::Kind::ALL.map(|kind| kind.to_string()), oap::Kind::ALL.map(oap::Kind::name));
}

fn assert_shows(shown: &str, parts: &[&str]) {
    assert!(parts.iter().all(|part| shown.contains(part)), "{parts:?} in {shown}");
}

#[test]
fn a_configuration_shows_its_limits() {
    let config = config(0).with_max_frame(8_192).unwrap().with_ack_window_frames(7).unwrap();
    assert_shows(&format!("{config:?}"), &["max_frame: 8192", "ack_window_frames: 7"]);
}

#[test]
fn a_table_shows_its_rows_and_an_iterator_the_frames_that_are_left() {
    let (wire, mut rows) = (wire(1 << 63), [Row::default(); 4]);
    let table = Decoder::new(config(0)).decode_table(&wire, &mut rows).unwrap();
    assert_shows(&format!("{:?}", table.rows()[1]), &["kind: 3", "seq: 1"]);
    assert_shows(&format!("{table:?}"), &["kind: 1", "kind: 3", "consumed: ", "need: 8"]);
    let mut frames = table.iter();
    assert_shows(&format!("{frames:?}"), &["Hello", "Data { seq: 1"]);
    frames.next();
    assert!(!format!("{frames:?}").contains("Hello"));
}

#[test]
fn a_decoder_shows_how_much_it_stages() {
    let mut decoder = StreamDecoder::new(config(0));
    decoder.feed(&wire(0)[..9], &mut [Row::default()]).unwrap();
    assert_shows(&format!("{decoder:?}"), &["len: 9"]);
}
