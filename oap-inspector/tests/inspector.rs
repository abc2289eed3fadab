//! The inspector over the vectors, its samples, and bytes that nobody meant.

use oap_explain::hex;
use oap_inspector::{curve, inspected, overview, sample, step, steps, Gathered, Given, Options};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;

fn both(first: &[u8], second: &[u8]) -> Gathered {
    inspected(Given::Bytes(first), Given::Bytes(second), Options::default())
}

/// All that a page may ask; each step's parts are all of its bytes, one after the other.
fn walked(gathered: &Gathered) -> Vec<Value> {
    let mut walked = Vec::new();
    for (connection, it) in gathered.connections.iter().enumerate() {
        assert_eq!(
            steps(gathered, connection, 0, usize::MAX).as_array().unwrap().len(),
            it.steps.len()
        );
        curve(gathered, connection, 100);
        for number in 0..it.steps.len() {
            let told = step(gathered, connection, number);
            let mut end = 0;
            for part in told["parts"].as_array().unwrap() {
                assert_eq!(part["start"], end);
                end = part["end"].as_u64().unwrap();
            }
            assert!(told["parts_left"] != 0 || told["length"] == end);
            walked.push(told);
        }
    }
    overview(gathered);
    walked
}

#[test]
fn a_session_is_told_step_by_step_with_both_windows() {
    let [first, second] = sample(0).unwrap().bytes;
    let gathered = both(&first, &second);
    let told = walked(&gathered);
    let kinds: Vec<_> = told.iter().map(|step| step["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "DATA").count(), 6);
    assert_eq!(told.last().unwrap()["windows"][0]["credit"], 4);
    let credits: BTreeSet<_> =
        told.iter().map(|step| step["windows"][0]["credit"].as_u64()).collect();
    assert_eq!(credits, (0..=4).map(Some).collect());
    assert!(told.iter().all(|step| step["windows"][0]["in_flight"].as_u64() <= Some(4)));
    assert_eq!(overview(&gathered)["connections"][0]["rejects"], serde_json::json!([]));
}

#[test]
fn what_is_rejected_has_its_byte_label_limit_and_rule() {
    let told = walked(&both(&sample(2).unwrap().bytes[0], &[]));
    let reject = &told[1]["reject"];
    assert_eq!(told[0]["reject"], Value::Null);
    assert_eq!(
        (&reject["label"], &reject["at"], &reject["limit"]),
        (&"frame_oversize".into(), &14.into(), &1_048_576.into())
    );
    assert_eq!(told[1]["rules"]["1.2"]["anchor"], "12-length-no-more-than-max_frame");

    let [first, second] = sample(1).unwrap().bytes;
    let told = walked(&both(&first, &second));
    let rejected: Vec<_> = told.iter().filter(|step| !step["reject"].is_null()).collect();
    assert_eq!(rejected.len(), 1);
    assert_eq!(
        (&rejected[0]["reject"]["label"], &rejected[0]["reject"]["rule"]),
        (&"credit_violation".into(), &"4.10".into())
    );
    assert!(sample(3).is_none());
}

#[test]
fn hex_is_taken_as_people_paste_it_and_else_told() {
    let told =
        |text: &str| inspected(Given::Hex(text.as_bytes()), Given::Hex(b""), Options::default());
    assert_eq!(walked(&told("0x00 00:00 0B\n02 00 00 03 0a 01 61"))[0]["says"], "\"a\"");
    assert!(told("000").error.unwrap().contains("no hex"));
    assert!(told("zz").error.unwrap().contains("no hex"));
}

#[test]
fn the_options_are_those_of_oap_explain() {
    // An ACK with an unknown field behind up_to.
    let wire = hex::pasted("0000000c 04 00 0004 0807 7801").unwrap();
    let strict = walked(&both(&wire, &[]));
    assert_eq!(strict[0]["label"], "header_malformed");
    let options = Options { relaxed: true, ..Options::default() };
    let relaxed = walked(&inspected(Given::Bytes(&wire), Given::Bytes(&[]), options));
    assert_eq!((&relaxed[0]["kind"], &relaxed[0]["label"]), (&"ACK".into(), &Value::Null));
}

/// Each vector of the decoder, whole: told as rejected exactly where the vector says so.
#[test]
fn the_vectors_of_the_decoder_are_told_as_they_say() {
    let mut told = 0;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/oap1");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    for file in files.filter(|file| !file.ends_with("usage.json")) {
        let text = fs::read_to_string(file).unwrap();
        let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
        for case in cases.iter().filter(|case| case["request"]["op"] == "decode") {
            let request = &case["request"];
            let Some(chunks) = request["chunks"].as_array() else { continue };
            if request["config"].as_object().is_none_or(|config| !config.is_empty())
                || request["finish"] != true
            {
                continue;
            }
            let bytes: Vec<u8> = chunks.iter().flat_map(bytes).collect();
            let gathered = both(&bytes, &[]);
            let rejected = walked(&gathered).into_iter().find(|step| !step["reject"].is_null());
            let (label, at) = rejected.map_or((Value::Null, Value::Null), |step| {
                (step["reject"]["label"].clone(), step["reject"]["at"].clone())
            });
            let reject = &case["answer"]["reject"];
            assert_eq!(label, reject["label"], "{}", case["name"]);
            // The vectors say how many bytes had been given then.
            if chunks.iter().all(|chunk| chunk.as_str().is_some_and(|hex| hex.len() == 2)) {
                assert_eq!(at, reject["at"], "{}", case["name"]);
            }
            told += 1;
        }
    }
    assert!(told > 50, "only {told}");
}

/// What the vectors say of bytes: hex, or a part that is repeated, or a list of such.
fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => hex::decoded(text).expect("hex"),
        Value::Array(parts) => parts.iter().flat_map(bytes).collect(),
        part => bytes(&part["repeat"]).repeat(part["times"].as_u64().expect("times") as usize),
    }
}

/// A generator of numbers that is good enough to break bytes with (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }

    /// Some bytes changed, left out or doubled.
    fn broken(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.next(6) {
            if bytes.len() < 2 {
                break;
            }
            let at = self.next(bytes.len());
            match self.next(4) {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, bytes[at]),
                2 => bytes.truncate(at.max(1)),
                _ => bytes[at] = self.next(256) as u8,
            }
        }
        bytes
    }
}

#[test]
fn broken_sessions_and_captures_are_told_too() {
    let mut numbers = Numbers(0x0a91);
    let [first, second] = sample(0).unwrap().bytes;
    for _ in 0..300 {
        walked(&both(&numbers.broken(&first), &numbers.broken(&second)));
    }
    let capture = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/session.pcapng")).unwrap();
    assert!(walked(&both(&capture, &[])).len() > 5);
    for _ in 0..1_000 {
        walked(&both(&numbers.broken(&capture), &[]));
    }
}

#[test]
fn a_capture_stands_alone() {
    let capture = [0x0a, 0x0d, 0x0d, 0x0a, 0, 0, 0, 0];
    assert!(both(&capture, b"\0").error.unwrap().contains("alone"));
    assert!(both(&capture, &[]).error.is_some());
}
