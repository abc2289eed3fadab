//! Explain, encode and decode.

use crate::program::{oap, oap_with};
use oap::{Ack, Data, End, Frame, Hello, Start};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn wire(frames: &[Frame<'_>]) -> Vec<u8> {
    let mut wire = Vec::new();
    for frame in frames {
        oap::encode_to(frame, &mut wire).unwrap();
    }
    wire
}

fn hello(ack_window: u32) -> Frame<'static> {
    Frame::Hello(Hello { ack_window: Some(ack_window), ..Hello::new(1 << 20) })
}

fn data(seq: u64) -> Frame<'static> {
    Frame::Data(Data { seq, obj: None, body: b"abc" })
}

fn start(stream: &str) -> Frame<'_> {
    Frame::Start(Start { stream })
}

const ACK: Frame<'_> = Frame::Ack(Ack { up_to: 1 });

#[test]
fn encode_and_decode_are_each_others_inverse() {
    let stream = wire(&[hello(7), start("é\"\\"), data(u64::MAX), ACK]);
    let lines = oap_with(&["decode"], &stream);
    assert_eq!(lines.status, 0);
    assert_eq!(lines.json_lines()[0]["max_frame"], "1048576");
    let back = oap_with(&["encode"], &lines.out);
    assert_eq!((back.status, back.out), (0, stream));
}

#[test]
fn a_reject_is_status_1_with_the_frames_before_it() {
    let stream = [wire(&[ACK]), vec![0, 0, 0, 10, 4, 1]].concat();
    let lines = oap_with(&["decode", "-"], &stream);
    assert_eq!((lines.status, lines.json_lines().len()), (1, 1));
    assert!(lines.err.contains("reserved is not 0 (limit 0); frame at byte 10"), "{}", lines.err);
    assert!(oap_with(&["decode", "--relaxed", "-"], &stream).err.contains("truncated"));
}

/// The cases of a file whose bytes stand there as they are, in the default mode.
fn decode_cases(file: &str) -> Vec<(String, Value)> {
    let file = format!("{}/../tests/vectors/oap1/{file}", env!("CARGO_MANIFEST_DIR"));
    let cases: Vec<Value> = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let plain = cases.into_iter().filter_map(|mut case| {
        let request = &case["request"];
        let chunks = request["chunks"].as_array()?.iter().map(Value::as_str);
        let bytes = chunks.collect::<Option<Vec<_>>>()?.concat();
        let default = request["config"].as_object()?.is_empty() && request["finish"] == true;
        default.then(|| (bytes, case["answer"].take()))
    });
    plain.collect()
}

#[test]
fn vectors_are_explained_to_their_last_byte_or_their_reject() {
    let cases = ["start_data.json", "ack_end_error.json"].map(decode_cases).concat();
    assert!(cases.len() > 50, "{}", cases.len());
    for (bytes, answer) in cases {
        let told = oap(&["explain", "--json", &bytes]);
        let lines = told.json_lines();
        let frames: Vec<_> = lines.iter().filter_map(|line| line.get("frame")).collect();
        assert_eq!(frames, answer["frames"].as_array().unwrap().iter().collect::<Vec<_>>());
        let reject = lines.iter().find_map(|line| line.get("reject"));
        assert_eq!(
            reject.map_or(&Value::Null, |reject| &reject["label"]),
            &answer["reject"]["label"]
        );
        assert_eq!(told.status, i32::from(reject.is_some()));
        let parts = lines.iter().filter_map(|line| line["parts"].as_array()).flatten();
        let shown: String = parts.map(|part| part["bytes"].as_str().unwrap()).collect();
        assert!(bytes.starts_with(&shown) && (reject.is_some() || bytes == shown), "{bytes}");
    }
}

/// Writes both directions and explains them.
fn explain_pair(first: &[Frame<'_>], second: &[Frame<'_>], more: &[&str]) -> (i32, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (client, server) = (path("client"), path("server"));
    fs::write(Path::new(&client), wire(first)).unwrap();
    fs::write(Path::new(&server), wire(second)).unwrap();
    let told = oap(&[&["explain", &client, &server], more].concat());
    (told.status, told.text().to_owned())
}

#[test]
fn two_files_are_a_session_in_an_order_that_is_good_where_there_is_one() {
    let client = [hello(1), start("a"), data(1), data(2), Frame::End(End { seq: 2, status: 0 })];
    let server = [hello(1), ACK];
    let (status, told) = explain_pair(&client, &server, &[]);
    assert_eq!((status, told.contains("reject")), (0, false), "{told}");
    let (status, told) = explain_pair(&client, &server[..1], &[]);
    assert_eq!(status, 1);
    assert!(told.contains("credit_violation: DATA has no credit (limit 1)"), "{told}");
    assert!(told.contains("rule 4.10"), "{told}");
}

#[test]
fn policies_of_a_session_can_be_chosen() {
    let client = [hello(1), start("objects"), data(u64::MAX)];
    assert_eq!(explain_pair(&client, &[hello(9)], &[]).0, 1);
    assert_eq!(explain_pair(&client, &[hello(9)], &["--no-obj"]).0, 0);
    let wrap = [&client[..], &[data(0)]].concat();
    assert_eq!(explain_pair(&wrap, &[hello(9)], &["--no-obj"]).0, 1);
    assert_eq!(explain_pair(&wrap, &[hello(9)], &["--no-obj", "--wrap"]).0, 0);
}

#[test]
fn a_summary_counts_what_decode_gives() {
    let stream = wire(&[hello(7), start("a"), data(1), data(2), ACK]);
    let told = oap_with(&["explain", "--summary", "--json", "-"], &stream);
    let summary = &told.json_lines()[0];
    assert_eq!(summary["frames"]["DATA"], 2);
    assert_eq!((&summary["bytes"], &summary["body_bytes"]), (&stream.len().into(), &6.into()));
    let cut = oap_with(&["decode", "--summary"], &stream[..stream.len() - 1]);
    assert_eq!((cut.status, cut.text().contains("truncated")), (1, true));
}

#[test]
fn bodies_are_cut_unless_they_are_wanted() {
    let body = (0..=255).collect::<Vec<u8>>();
    let stream = wire(&[Frame::Data(Data { seq: 1, obj: None, body: &body })]);
    let short = oap_with(&["explain", "-"], &stream);
    let long = oap_with(&["explain", "--bodies", "-"], &stream);
    assert!(!short.text().contains("fcfdfeff") && short.text().contains("256 bytes"));
    assert!(long.text().contains("fcfdfeff"));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let stream = wire(&vec![ACK; 100_000]);
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), &stream).unwrap();
    let script = format!("{} explain {} | head -1", crate::program::BINARY, file.path().display());
    let ran = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ran.stderr), "");
}
