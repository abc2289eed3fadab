//! The rules of the spec: the number of the one that a fault breaks, from the words by which the core tells it, and
//! their titles.

use oap::{Fault, Kind, Reason};

/// The rule of a kind's fields.
pub const fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Hello => "2.4",
        Kind::Start => "2.5",
        Kind::Data => "2.6",
        Kind::Ack => "2.7",
        Kind::End => "2.8",
        Kind::Error => "2.9",
    }
}

/// The numbers and titles of the rules.
const RULES: &str = include_str!("../../docs/oap1-rules.csv");

/// The title of a rule.
pub fn title_of(rule: &str) -> String {
    let line = RULES.lines().find_map(|line| line.strip_prefix(rule)?.strip_prefix(','));
    let line = line.unwrap_or_default();
    let title = match line.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => line.split(',').next(),
    };
    title.unwrap_or_default().to_owned()
}

/// The anchor of the rule's heading, as renderers of Markdown make it.
pub fn anchor_of(rule: &str) -> String {
    let heading = format!("{rule} {}", title_of(rule)).to_lowercase().replace(' ', "-");
    heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

/// The rule that was broken.
pub fn of_fault(fault: &Fault) -> &'static str {
    match fault.reason() {
        Reason::FrameOversize => "1.2",
        Reason::UnknownEnvelope => "1.4",
        Reason::Truncated => "3.4",
        Reason::BadHelloPq => "3.7",
        Reason::MissingObj => "4.13",
        Reason::CreditViolation => of_session(fault),
        _ => of_prefix(fault).or_else(|| of_handshake(fault)).unwrap_or_else(|| of_header(fault)),
    }
}

fn of_prefix(fault: &Fault) -> Option<&'static str> {
    Some(match fault.field() {
        "length" => "1.3",
        "reserved" => "1.5",
        "header_len" => "1.6",
        "body" => "1.7",
        _ => return None,
    })
}

fn of_handshake(fault: &Fault) -> Option<&'static str> {
    Some(match fault.field() {
        "the first frame" | "HELLO" => "4.1",
        "the handshake" => "4.2",
        _ => return None,
    })
}

fn of_header(fault: &Fault) -> &'static str {
    match fault.detail() {
        "has a key over 32 bits" | "has field number 0" => "2.1",
        "ends inside a field" | "ends inside a varint" => "2.1",
        "has a varint over 64 bits" => "2.2",
        "has a wire type other than 0, 1, 2, 5" | "has another wire type" => "2.3",
        "is over 32 bits" => "2.10",
        "has a varint that is not minimal" => "2.11",
        "has an unknown field" | "is twice or out of order" => "2.11",
        "is not UTF-8 without control characters" => "2.14",
        _ => of_field(fault.field()),
    }
}

/// `DATA.obj` is one of DATA's.
fn of_field(field: &str) -> &'static str {
    let kind = field.split_once('.').map_or(field, |(kind, _)| kind);
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind);
    kind.map_or("2.1", of_kind)
}

fn of_session(fault: &Fault) -> &'static str {
    match (fault.field(), fault.detail()) {
        ("stream", _) => "4.6",
        ("END.seq", _) => "4.7",
        ("DATA.seq", "is used up") => "4.9",
        ("DATA.seq", _) => "4.8",
        ("DATA", _) => "4.10",
        ("ACK.up_to", _) => "4.11",
        _ => "4.12",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oap::{Config, Reject, Row, Session, StreamDecoder};
    use serde_json::Value;
    use std::collections::BTreeSet;
    use std::fs;

    /// What the vectors say of bytes: hex, or a part that is repeated, or a list of such.
    fn bytes(value: &Value) -> Vec<u8> {
        match value {
            Value::String(text) => crate::hex::decoded(text).expect("hex"),
            Value::Array(parts) => parts.iter().flat_map(bytes).collect(),
            part => bytes(&part["repeat"]).repeat(part["times"].as_u64().expect("times") as usize),
        }
    }

    fn decoded(request: &Value) -> Option<Reject> {
        let mut decoder = StreamDecoder::new(config(request)?);
        for chunk in request["chunks"].as_array()? {
            let (chunk, mut rows) = (bytes(chunk), [Row::default(); 64]);
            let mut rest = &chunk[..];
            loop {
                let table = match decoder.feed(rest, &mut rows) {
                    Ok(table) => table,
                    Err(reject) => return Some(reject),
                };
                rest = &rest[table.consumed()..];
                if !table.more() {
                    break;
                }
            }
        }
        request["finish"].as_bool().and_then(|_| decoder.finish().err())
    }

    /// The fault of the last step: what was received is rejected, or what was to be sent is refused.
    fn judged(request: &Value) -> Option<Reject> {
        let mut session = Session::new(config(request)?);
        for step in request["steps"].as_array()? {
            if let Some(recv) = step.get("recv") {
                let (chunk, mut rows) = (bytes(recv), [Row::default(); 64]);
                let _ = session.recv(&chunk, &mut rows);
            } else if let Some(send) = step.get("send") {
                let envelope: crate::envelope::Envelope<'_> =
                    serde_json::from_value(send.clone()).ok()?;
                let _ = session.send_to(&envelope.frame().ok()?, &mut Vec::new());
            }
        }
        session.verdict().copied()
    }

    /// Only the default configuration and the relaxed one: the others concern no rule's number.
    fn config(request: &Value) -> Option<Config> {
        let given = request["config"].as_object()?;
        let strict = given.get("strict_headers").is_none_or(|strict| strict == true);
        let known = given.keys().all(|key| key == "strict_headers");
        known.then(|| Config::default().with_strict_headers(strict))
    }

    /// Rules that prove an order, a split or a moment by breaches of other rules.
    fn proves_another(rule: &str) -> bool {
        rule.starts_with("3.")
            || ["2.12", "2a.1", "4.3", "4.5", "4.12", "4.13", "4.14", "4.16", "4.17"]
                .contains(&rule)
    }

    /// The number told, and those of vectors which show where their rule ends, or that another one holds beside it.
    const BESIDE: [(&str, &[&str]); 10] = [
        ("1.2", &["1.1"]),
        ("1.6", &["1.1"]),
        ("2.1", &["2.2", "2.3"]),
        ("2.2", &["2.1"]),
        ("2.4", &["1.3", "2.10"]),
        ("2.5", &["1.3", "2.14"]),
        ("2.6", &["1.3"]),
        ("2.7", &["1.3", "2.1", "2.11"]),
        ("2.8", &["1.3", "2.10", "2.11"]),
        ("2.9", &["1.3", "2.10", "2.11", "2.14"]),
    ];

    fn is_beside(told: &str, rule: &str) -> bool {
        BESIDE.iter().any(|(known, beside)| *known == told && beside.contains(&rule))
    }

    #[test]
    fn a_rule_has_the_title_and_the_anchor_of_its_heading() {
        assert_eq!(title_of("4.13"), "The order for DATA, and object streams");
        assert_eq!(anchor_of("4.11"), "411-ack");
        assert_eq!(anchor_of("1.2"), "12-length-no-more-than-max_frame");
    }

    #[test]
    fn a_reject_of_a_vector_has_the_rule_that_the_vector_proves() {
        let mut seen = BTreeSet::new();
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/oap1");
        let files = fs::read_dir(directory).unwrap().map(|file| file.unwrap().path());
        for file in files.filter(|file| !file.ends_with("usage.json")) {
            let text = fs::read_to_string(file).unwrap();
            let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
            for case in cases {
                let (request, rule) = (&case["request"], case["rule"].as_str().unwrap());
                let reject = match request["op"].as_str() {
                    Some("decode") => decoded(request),
                    Some("session") => judged(request),
                    _ => None,
                };
                if let Some(reject) = reject.filter(|_| !proves_another(rule)) {
                    let told = of_fault(reject.fault());
                    let good = told == rule || told == "2.11" || is_beside(told, rule);
                    assert!(good, "{} proves {rule}, not {told}: {reject}", case["name"]);
                    seen.insert(rule.to_owned());
                }
            }
        }
        assert!(seen.len() > 20, "only {seen:?}");
    }
}
