//! Section 2: the headers. Each bad one is whole, and is known at its last byte.

use super::{BAD_HELLO, MALFORMED, OBJ};
use crate::check::case::{Case, Expect};
use oap::{Kind, Reason};
use oap_probe::wire::{
    data, end, error, frame, hello, key, number, object, of, start, stream, text, varint,
};

const MAX: u64 = 1_048_576;

pub fn cases() -> Vec<Case> {
    [keys(), hellos(), starts_and_data(), acks_ends_errors(), canonical(), texts()].concat()
}

/// ACK's one field, and bytes in its place.
fn bad_ack(rule: &'static str, name: &'static str, header: &[u8]) -> Case {
    Case::open(rule, name, of(Kind::Ack, header), MALFORMED)
}

fn keys() -> Vec<Case> {
    let ten = [0xff; 10];
    vec![
        bad_ack("2.1", "key_without_value", &key(1, 0)),
        bad_ack("2.1", "field_number_0", &[key(0, 0), varint(1)].concat()),
        bad_ack("2.1", "key_over_32_bits", &[varint(1 << 32), varint(1)].concat()),
        Case::open("2.1", "text_past_end", of(Kind::Start, &[0x0a, 2, b'a']), MALFORMED),
        bad_ack("2.2", "varint_of_11_bytes", &[&key(1, 0)[..], &[0x80; 10], &[0]].concat()),
        bad_ack("2.2", "varint_over_64_bits", &[&key(1, 0)[..], &ten[..9], &[2]].concat()),
        bad_ack("2.3", "wire_type_1_on_a_number", &[&key(1, 1)[..], &[0; 8]].concat()),
        bad_ack("2.3", "wire_type_2_on_a_number", &text(1, b"")),
        bad_ack("2.3", "wire_type_3", &[key(1, 3), varint(1)].concat()),
        bad_ack("2.3", "wire_type_4", &[key(1, 4), varint(1)].concat()),
        bad_ack("2.3", "wire_type_6", &[key(1, 6), varint(1)].concat()),
        bad_ack("2.3", "wire_type_7", &[key(1, 7), varint(1)].concat()),
        Case::idle("2.3", "wire_type_0_on_a_text", of(Kind::Start, &number(1, 1)), MALFORMED),
    ]
}

/// In place of a good HELLO.
fn bad_hello(name: &'static str, bytes: Vec<u8>) -> Case {
    Case::first("2.4", name, bytes, BAD_HELLO)
}

fn good_hello(rule: &'static str, name: &'static str, greeting: Vec<u8>) -> Case {
    let stream = stream(b"check", 1, b"abc");
    Case::idle(rule, name, stream, Expect::Taken(1)).greeted(greeting)
}

fn hellos() -> Vec<Case> {
    let every_bit = hello(1, MAX, &number(3, u64::MAX));
    let policy = Expect::RejectedOrTaken(Reason::BadHelloPq, 1);
    vec![
        bad_hello("version_0", hello(0, MAX, b"")),
        bad_hello("version_2", hello(2, MAX, b"")),
        bad_hello("max_frame_4095", hello(1, 4_095, b"")),
        bad_hello("max_frame_over_1_mib", hello(1, MAX + 1, b"")),
        bad_hello("ack_window_0", hello(1, MAX, &number(4, 0))),
        bad_hello("ack_window_1025", hello(1, MAX, &number(4, 1_025))),
        bad_hello("without_version", of(Kind::Hello, &number(2, MAX))),
        bad_hello("without_max_frame", of(Kind::Hello, &number(1, 1))),
        good_hello("2.4", "least_max_frame", hello(1, 4_096, b"")),
        good_hello("2.4", "ack_window_1", hello(1, MAX, &number(4, 1))),
        good_hello("2.4", "ack_window_1024", hello(1, MAX, &number(4, 1_024))),
        Case { expect: policy, ..good_hello("2.13", "every_feature_bit", every_bit) },
        good_hello("2.13", "features_0", hello(1, MAX, &number(3, 0))),
    ]
}

fn starts_and_data() -> Vec<Case> {
    let bad = |rule, name, bytes| Case::open(rule, name, bytes, MALFORMED);
    let name_of = |len: usize| vec![b'a'; len];
    let upper = OBJ.to_ascii_uppercase();
    let head = |bytes: Vec<u8>, body: usize| bytes[..bytes.len() - body].to_vec();
    vec![
        Case::idle("2.5", "without_stream", of(Kind::Start, b""), MALFORMED),
        Case::idle("2.5", "empty_name", start(b""), MALFORMED),
        Case::idle("2.5", "name_of_1025_bytes", start(&name_of(1_025)), MALFORMED),
        Case::idle("2.5", "name_of_1024_bytes", stream(&name_of(1_024), 1, b"a"), Expect::Taken(1)),
        bad("2.6", "without_seq", frame(Kind::Data as u8, b"", b"")),
        bad("2.6", "obj_of_66_bytes", object(1, &OBJ[..66], b"")),
        bad("2.6", "obj_of_68_bytes", object(1, &[OBJ, b"0"].concat(), b"")),
        bad("2.6", "obj_in_upper_case", object(1, &upper, b"")),
        bad("2.6", "obj_without_b3", object(1, &[b"b2", &OBJ[2..]].concat(), b"")),
        bad("2.6", "known_before_the_body", head(object(1, &OBJ[..66], &[0; 100]), 100)),
        Case::open("2.6", "obj_on_a_plain_stream", object(1, OBJ, b""), Expect::Taken(1)),
    ]
}

fn acks_ends_errors() -> Vec<Case> {
    let bad = |rule, name, bytes| Case::open(rule, name, bytes, MALFORMED);
    let two_to_32 = 1 << 32;
    let one = [start(b"check"), data(1, b"a"), end(1, 65_535)].concat();
    vec![
        bad("2.7", "ack_without_up_to", of(Kind::Ack, b"")),
        bad("2.8", "end_without_seq", of(Kind::End, &number(2, 0))),
        bad("2.8", "end_without_status", of(Kind::End, &number(1, 0))),
        bad("2.8", "status_65536", end(0, 65_536)),
        Case::idle("2.8", "status_65535", one, Expect::Taken(1)),
        bad("2.9", "error_without_code", of(Kind::Error, &text(2, b""))),
        bad("2.9", "error_without_reason", of(Kind::Error, &number(1, 1))),
        bad("2.9", "code_65536", error(65_536, b"")),
        bad("2.9", "reason_of_1025_bytes", error(1, &[b'a'; 1_025])),
        bad("2.10", "status_of_33_bits", end(0, two_to_32)),
        Case::first("2.10", "version_of_33_bits", hello(two_to_32 + 1, MAX, b""), BAD_HELLO),
        bad("2.10", "code_of_33_bits", error(two_to_32, b"")),
    ]
}

fn canonical() -> Vec<Case> {
    let bad = |name, bytes| Case::open("2.11", name, bytes, MALFORMED);
    let twice = [number(1, 1), number(1, 1)].concat();
    let backwards = [number(2, 0), number(1, 0)].concat();
    let unknown = [number(1, 1), number(9, 1)].concat();
    vec![
        bad("value_not_minimal", of(Kind::Ack, &[0x08, 0x81, 0])),
        bad("key_not_minimal", of(Kind::Ack, &[0x88, 0, 1])),
        bad("length_not_minimal", of(Kind::Start, &[0x0a, 0x81, 0, b'a'])),
        bad("field_twice", of(Kind::Ack, &twice)),
        bad("fields_backwards", of(Kind::End, &backwards)),
        bad("unknown_field", of(Kind::Ack, &unknown)),
        Case::first("2.11", "hello_with_an_unknown_field", hello(1, MAX, &number(9, 1)), BAD_HELLO),
    ]
}

fn texts() -> Vec<Case> {
    let bad = |name, bytes| Case::idle("2.14", name, bytes, MALFORMED);
    let name = "streams/\u{e9}\u{20ac}\u{10ffff}";
    vec![
        bad("name_no_utf8", start(b"\xff")),
        bad("name_overlong", start(b"\xc0\xaf")),
        bad("name_surrogate", start(b"\xed\xa0\x80")),
        bad("name_control_1f", start(b"a\x1f")),
        bad("name_delete_7f", start(b"a\x7f")),
        bad("reason_control", error(7, b"\n")),
        Case::idle("2.14", "name_beyond_ascii", stream(name.as_bytes(), 1, b"a"), Expect::Taken(1)),
    ]
}
