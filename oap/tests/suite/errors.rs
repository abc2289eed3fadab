//! What an error says: the label, the field, the limit and the place, and nothing of the payload.

use oap::{decode, encode, Config, ConfigError, EncodeError, Fault, Frame, Reject, Row, Start};
use oap::{Decoder, Kind, SeqRolloverPolicy, Session};
use std::error::Error;

fn reject(bytes: &[u8]) -> Reject {
    decode(bytes, &Config::default()).unwrap_err()
}

fn refusal() -> EncodeError {
    encode(&Frame::Start(Start { stream: "" }), &mut [0; 64]).unwrap_err()
}

#[test]
fn a_reject_says_label_field_limit_and_place() {
    let oversize = reject(&[0, 0x10, 0, 1]);
    let says = "frame_oversize: length is over the largest frame allowed (limit 1048576)";
    assert_eq!(oversize.fault().to_string(), says);
    assert_eq!(oversize.to_string(), format!("{says}; frame at byte 0, known at byte 4"));
    let unknown = reject(&[0, 0, 0, 8, 0x99]);
    assert_eq!(unknown.fault().to_string(), "unknown_envelope: kind is none of 1..=6");
}

#[test]
fn a_fault_tells_field_detail_and_limit_apart() {
    let told = |fault: &Fault| (fault.field(), fault.detail(), fault.limit_value());
    let over = "is over the largest frame allowed";
    assert_eq!(told(reject(&[0, 0x10, 0, 1]).fault()), ("length", over, Some(1_048_576)));
    assert_eq!(told(reject(&[0, 0, 0, 8, 0x99]).fault()), ("kind", "is none of 1..=6", None));
}

#[test]
fn a_header_that_is_bad_as_a_whole_is_called_by_its_kind() {
    for kind in Kind::ALL {
        // Field 9, which no kind has.
        let reject = reject(&[0, 0, 0, 10, kind as u8, 0, 0, 2, 9 << 3, 0]);
        assert_eq!(reject.fault().field(), format!("{kind} header"));
    }
}

#[test]
fn a_breach_of_the_sessions_rules_is_known_where_the_header_ends() {
    let mut session = Session::new(Config::default());
    let ack = b"\0\0\0\x0a\x04\0\0\x02\x08\x07";
    let hello = b"\0\0\0\x0e\x01\0\0\x06\x08\x01\x10\x80\x80\x40";
    session.recv(hello, &mut [Row::default()]).unwrap();
    for wire in [&ack[..], &hello[..]] {
        let mut session = session.clone();
        let reject = session.recv(wire, &mut [Row::default()]).unwrap_err();
        let header_end = (14 + wire.len()) as u64;
        assert_eq!((reject.offset(), reject.at()), (14, header_end), "{reject}");
    }
}

#[test]
fn a_reject_counts_its_place_from_the_start_of_the_stream() {
    let mut decoder = Decoder::new(Config::default());
    let mut rows = [Row::default(); 4];
    let wire = b"\0\0\0\x0a\x04\0\0\x02\x08\x07\0\0\0\x08\x99";
    assert_eq!(decoder.decode_table(wire, &mut rows).unwrap().len(), 1);
    let reject = decoder.decode_table(&wire[10..], &mut rows).unwrap_err();
    assert!(reject.to_string().ends_with("; frame at byte 10, known at byte 15"), "{reject}");
}

#[test]
fn an_encode_error_says_what_to_do_about_it() {
    assert_eq!(refusal().to_string(), "header_malformed: START.stream is too short (limit 1)");
    let small = encode(&Frame::Ack(oap::Ack { up_to: 1 }), &mut []).unwrap_err();
    assert_eq!((small.to_string().as_str(), small.reason()), ("the frame takes 10 bytes", None));
    let data = Row { kind: 3, body_len: 1, ..Row::default() };
    let outside = oap::encode_rows(&[data], &[], &mut [0; 64]).unwrap_err();
    let says = "the row's text or body is not in the buffer";
    assert_eq!((outside.to_string().as_str(), outside.reason()), (says, None));
}

#[test]
fn errors_are_errors_without_a_source() {
    let config: ConfigError = Config::default().with_max_frame(0).unwrap_err();
    let reject = reject(&[0, 0x10, 0, 1]);
    let fault: Fault = *reject.fault();
    let errors: [&dyn Error; 4] = [&config, &reject, &fault, &refusal()];
    assert!(errors.iter().all(|error| error.source().is_none()));
}

#[test]
fn a_rollover_policy_is_found_by_its_name_alone() {
    for policy in [SeqRolloverPolicy::Error, SeqRolloverPolicy::Wrap] {
        assert_eq!(SeqRolloverPolicy::from_name(policy.name()), Some(policy));
    }
    assert_eq!(SeqRolloverPolicy::from_name("Wrap"), None);
}
