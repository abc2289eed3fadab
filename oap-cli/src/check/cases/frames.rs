//! Section 1: the prefix. A bad one ends with the byte at which it is known, so that the host has to say so then.

use super::{CREDIT, MALFORMED, OVERSIZE, UNKNOWN};
use crate::check::case::{Case, Expect};
use oap::Kind;
use oap_probe::wire::{data, end, frame, prefix, start, stream};

const DATA: u8 = Kind::Data as u8;
static BODY: [u8; 70_000] = [0x5a; 70_000];

/// The first bytes of a prefix.
fn cut(bytes: [u8; 8], known: usize) -> Vec<u8> {
    bytes[..known].to_vec()
}

pub fn cases() -> Vec<Case> {
    let idle = Case::idle;
    let mut cases = vec![
        idle("1.1", "a_stream", stream(b"check", 1, b"abc"), Expect::Taken(1)),
        idle("1.2", "length_max", longest(), Expect::Taken(1)),
        idle("1.2", "length_over_1_mib", cut(prefix(1_048_577, DATA, 0, 2), 4), OVERSIZE),
        idle("1.2", "length_greatest", cut(prefix(u32::MAX, DATA, 0, 2), 4), OVERSIZE),
        idle("1.3", "length_0", cut(prefix(0, DATA, 0, 2), 4), MALFORMED),
        idle("1.3", "length_7", cut(prefix(7, DATA, 0, 2), 4), MALFORMED),
        idle("1.4", "kind_0", cut(prefix(10, 0, 0, 2), 5), UNKNOWN),
        idle("1.4", "kind_7", cut(prefix(10, 7, 0, 2), 5), UNKNOWN),
        idle("1.4", "kind_99", cut(prefix(10, 0x99, 0, 2), 5), UNKNOWN),
        idle("1.4", "kind_greatest", cut(prefix(10, 0xff, 0, 2), 5), UNKNOWN),
        idle("1.5", "reserved_1", cut(prefix(10, DATA, 1, 2), 6), MALFORMED),
        idle("1.5", "reserved_greatest", cut(prefix(10, DATA, 0xff, 2), 6), MALFORMED),
        idle("1.6", "header_len_2049", prefix(4_096, DATA, 0, 2_049).to_vec(), MALFORMED),
        idle("1.6", "header_past_end", prefix(10, DATA, 0, 3).to_vec(), MALFORMED),
        idle("1.7", "body_on_start", prefix(12, Kind::Start as u8, 0, 3).to_vec(), MALFORMED),
        idle("1.7", "body_on_ack", prefix(11, Kind::Ack as u8, 0, 2).to_vec(), MALFORMED),
        idle("1.7", "body_on_end", prefix(13, Kind::End as u8, 0, 4).to_vec(), MALFORMED),
        idle("1.7", "body_on_error", prefix(13, Kind::Error as u8, 0, 4).to_vec(), MALFORMED),
        idle("1.7", "data_without_body", stream(b"check", 1, b""), Expect::Taken(1)),
        idle("1.8", "data_over_64_kib", stream(b"check", 1, &BODY), Expect::Taken(1)),
        idle("1.8", "three_frames_a_write", three(), Expect::Taken(3)),
    ];
    // A DATA without a stream is known before its body, which nobody has to wait for.
    let head = frame(DATA, &[0x08, 1], &[0; 100])[..10].to_vec();
    cases.push(idle("1.7", "body_is_not_waited_for", head, CREDIT));
    cases
}

/// A stream with the smallest frame that every host takes whole: 4,096 bytes.
fn longest() -> Vec<u8> {
    stream(b"check", 1, &[0x5a; 4_086])
}

fn three() -> Vec<u8> {
    [start(b"check"), data(1, b"a"), data(2, b""), data(3, b"c"), end(3, 0)].concat()
}
