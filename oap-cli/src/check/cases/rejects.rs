//! Section 3: the order of checks, the moment of a verdict, the end of input, splits.

use super::{BAD_HELLO, CREDIT, MALFORMED, OVERSIZE, UNKNOWN};
use crate::check::case::{Case, Expect};
use oap::{Kind, Reason};
use oap_probe::wire::{data, end, frame, greeting, number, of, prefix, start, stream};

const DATA: u8 = Kind::Data as u8;

pub fn cases() -> Vec<Case> {
    [order(), moments(), ends(), splits()].concat()
}

fn order() -> Vec<Case> {
    let idle = Case::idle;
    let huge = u32::MAX;
    vec![
        idle("3.2", "length_before_kind", prefix(huge, 0x99, 9, huge as u16).to_vec(), OVERSIZE),
        idle("3.2", "kind_before_reserved", prefix(10, 0x99, 9, 2).to_vec(), UNKNOWN),
        idle("3.2", "reserved_before_header_len", prefix(10, DATA, 9, 9_999).to_vec(), MALFORMED),
        idle("3.2", "header_before_session", of(Kind::Ack, &[0x08, 0x81, 0]), MALFORMED),
        idle("3.2", "required_before_values", of(Kind::End, &number(2, 1 << 20)), MALFORMED),
        Case::first("3.2", "kind_before_handshake", prefix(10, 0x99, 0, 2).to_vec(), UNKNOWN),
        Case::first("3.2", "header_before_handshake", start(b""), MALFORMED),
    ]
}

fn moments() -> Vec<Case> {
    let waits = frame(DATA, &[0x08, 1, 0x12, 67], &[0; 65]);
    vec![
        Case::open("3.3", "oversize_with_4_bytes", vec![0x7f, 0xff, 0xff, 0xff], OVERSIZE),
        Case::open("3.3", "kind_with_5_bytes", vec![0, 0, 0, 10, 0], UNKNOWN),
        Case::open("3.3", "header_before_its_body", waits[..12].to_vec(), MALFORMED),
        Case::idle("3.8", "session_before_the_body", data(1, &[0; 90])[..10].to_vec(), CREDIT),
    ]
}

fn ends() -> Vec<Case> {
    let truncated = Expect::Rejected(Reason::Truncated);
    vec![
        Case::open("3.4", "inside_a_prefix", vec![0, 0, 0], truncated).ends(),
        Case::open("3.4", "inside_a_header", start(b"abc")[..9].to_vec(), truncated).ends(),
        Case::open("3.4", "inside_a_body", data(1, b"abc")[..11].to_vec(), truncated).ends(),
        Case::idle("3.4", "between_frames", Vec::new(), Expect::Silence).ends(),
        Case::idle("3.4", "behind_a_stream", stream(b"check", 1, b"abc"), Expect::Taken(1)).ends(),
    ]
}

fn splits() -> Vec<Case> {
    let whole = [stream(b"one", 1, b"abc"), stream(b"two", 2, b"")].concat();
    let bad = [start(b"check"), data(1, b"a"), end(9, 0)].concat();
    let again = [greeting(), greeting()].concat();
    vec![
        Case::idle("3.5", "good_byte_by_byte", whole, Expect::Taken(2)).bytewise(),
        Case::idle("3.5", "bad_byte_by_byte", bad.clone(), CREDIT).bytewise(),
        Case::idle("3.5", "bad_at_once", bad, CREDIT),
        Case::first("3.5", "two_hellos_at_once", again, BAD_HELLO),
    ]
}
