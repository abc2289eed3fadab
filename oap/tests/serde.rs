//! Frames and rejects through serde.
#![cfg(feature = "serde")]

use oap::{Ack, Config, Data, Decoder, End, Error, Frame, Hello, Kind, Reason, Start};

const OBJ: &str = "b3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn every_kind() -> [Frame<'static>; 6] {
    [
        Frame::Hello(Hello { features: Some(u64::MAX), ack_window: Some(7), ..Hello::new(4_096) }),
        Frame::Start(Start { stream: "objects/v1" }),
        Frame::Data(Data { seq: u64::MAX, obj: Some(OBJ), body: b"\0\xff" }),
        Frame::Ack(Ack { up_to: 1 }),
        Frame::End(End { seq: 1, status: 65_535 }),
        Frame::Error(Error { code: 5, reason: "header_malformed" }),
    ]
}

#[test]
fn every_frame_comes_back_from_a_format_that_lends_bytes() {
    for frame in every_kind() {
        let bytes = rmp_serde::to_vec(&frame).unwrap();
        assert_eq!(rmp_serde::from_slice::<Frame<'_>>(&bytes).unwrap(), frame);
    }
}

#[test]
fn json_has_the_words_of_the_spec() {
    let json = every_kind().map(|frame| serde_json::to_string(&frame).unwrap());
    let expected = [
        r#"{"HELLO":{"version":1,"max_frame":4096,"features":18446744073709551615,"ack_window":7}}"#,
        r#"{"START":{"stream":"objects/v1"}}"#,
        &format!(r#"{{"DATA":{{"seq":18446744073709551615,"obj":"{OBJ}","body":[0,255]}}}}"#),
        r#"{"ACK":{"up_to":1}}"#,
        r#"{"END":{"seq":1,"status":65535}}"#,
        r#"{"ERROR":{"code":5,"reason":"header_malformed"}}"#,
    ];
    assert_eq!(json, expected);
    for (json, frame) in
        json.iter().zip(every_kind()).filter(|(_, frame)| frame.kind() != Kind::Data)
    {
        assert_eq!(serde_json::from_str::<Frame<'_>>(json).unwrap(), frame);
    }
}

#[test]
fn what_is_out_of_range_is_refused_by_serde_or_by_encode() {
    for json in [
        r#"{"ACK":{"up_to":18446744073709551616}}"#,
        r#"{"ACK":{"up_to":-1}}"#,
        r#"{"ACK":{"up_to":1.5}}"#,
        r#"{"ACK":{"up_to":null}}"#,
        r#"{"ACK":{}}"#,
        r#"{"END":{"seq":1,"status":4294967296}}"#,
        r#"{"START":{"stream":7}}"#,
        r#"{"STOP":{}}"#,
    ] {
        assert!(serde_json::from_str::<Frame<'_>>(json).is_err(), "{json}");
    }
    let end: Frame<'_> = serde_json::from_str(r#"{"END":{"seq":1,"status":65536}}"#).unwrap();
    assert_eq!(oap::encoded_len(&end).unwrap_err().field(), "END.status");
}

#[test]
fn kinds_reasons_and_rejects_are_their_names() {
    assert_eq!(
        serde_json::to_string(&Kind::ALL).unwrap(),
        r#"["HELLO","START","DATA","ACK","END","ERROR"]"#
    );
    for reason in Reason::ALL {
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(json, format!("{:?}", reason.label()));
        assert_eq!(serde_json::from_str::<Reason>(&json).unwrap(), reason);
    }
    assert!(serde_json::from_str::<Reason>(r#""no_such_label""#).is_err());
    let reject = Decoder::new(Config::default()).decode(&[0, 0x10, 0, 1]).unwrap_err();
    assert_eq!(
        serde_json::to_string(&reject).unwrap(),
        r#"{"reason":"frame_oversize","field":"length","detail":"is over the largest frame allowed","limit":1048576,"offset":0,"at":4}"#
    );
}
