//! Every prefix and every field of a header on both sides of its limits, each once.

use crate::frames::{Field, Owned};
use crate::model::assert_decodes_as_the_spec_says;
use oap::{Config, End, Hello};
use std::slice::from_ref;

/// Both sides of every limit of section 1.
pub const LENGTHS: [u32; 12] =
    [0, 7, 8, 10, 2_055, 2_056, 2_057, 4_096, 4_097, 4_098, 1_048_576, 1_048_577];
pub const HEADER_LENS: [u16; 8] = [0, 1, 2, 3, 2_047, 2_048, 2_049, u16::MAX];

/// A prefix, and behind it as much of what it promises as has a meaning: 0x08, the key of field 1.
pub fn prefixed(length: u32, kind: u8, reserved: u8, header_len: u16) -> Vec<u8> {
    let prefix = [&length.to_be_bytes()[..], &[kind, reserved]].concat();
    let mut bytes = [&prefix[..], &header_len.to_be_bytes()[..]].concat();
    bytes.resize((length as usize).clamp(8, 5_000), 0x08);
    bytes
}

fn prefixes() -> impl Iterator<Item = Vec<u8>> {
    let of_length = |length| {
        let fields = (0..=7).flat_map(|kind| [0, 1, 0xff].map(|reserved| (kind, reserved)));
        fields.flat_map(move |(kind, reserved)| {
            HEADER_LENS.map(|header_len| prefixed(length, kind, reserved, header_len))
        })
    };
    LENGTHS.into_iter().flat_map(of_length)
}

/// A frame of every kind with all its fields.
fn frames() -> [Owned; 6] {
    let hello = Hello { features: Some(0), ack_window: Some(1), ..Hello::new(4_096) };
    let obj = Some(format!("b3:{}", "0123456789abcdef".repeat(4)));
    [
        Owned::Hello(hello),
        Owned::Start("s".to_owned()),
        Owned::Data { seq: 1, obj, body: vec![8; 3] },
        Owned::Ack(1),
        Owned::End(End { seq: 1, status: 1 }),
        Owned::Error { code: 1, reason: "r".to_owned() },
    ]
}

/// The field with one thing changed: a number, a text, a width, a wire type, its own number.
fn changed(field: &Field) -> Vec<Field> {
    let values = values().map(|value| Field { value, ..field.clone() });
    let texts = texts().into_iter().map(|text| Field { text, ..field.clone() });
    let widths = (1..=12).flat_map(|width| [(width, 1), (1, width)]);
    let widened = widths.map(|widths| Field { widths, ..field.clone() });
    let wires = (0..8).map(|wire| Field { wire, ..field.clone() });
    let numbers = [0, 1, 2, 3, 4, 5, (1 << 29) - 1, 1 << 29, (1 << 29) + field.number];
    let numbered = numbers.map(|number| Field { number, ..field.clone() });
    values.chain(texts).chain(widened).chain(wires).chain(numbered).collect()
}

/// Both sides of every limit of a number, and of every length of a varint.
fn values() -> impl Iterator<Item = u128> {
    let limits = [1, 1_024, 4_096, 65_535, 1_048_576, u128::from(u32::MAX), u128::from(u64::MAX)];
    let near = limits.into_iter().flat_map(|limit| [limit - 1, limit, limit + 1]);
    near.chain((0..=70).flat_map(|bits| [1 << bits, (1 << bits) - 1]))
}

/// Both sides of every limit of a text: length, UTF-8, control characters, the form of an address.
fn texts() -> Vec<Vec<u8>> {
    let lengths = [0, 1, 66, 67, 68, 1_023, 1_024, 1_025, 2_000].map(|len| vec![b'x'; len]);
    let addresses = ["0", "9", "a", "f", "/", ":", "`", "g", "A", "F"].map(|digit| {
        let digits = format!("{}{digit}", "0".repeat(63));
        format!("b3:{digits}").into_bytes()
    });
    let bytes: [&[u8]; 10] = [
        b"\0",
        b"\x1f",
        b"\x20",
        b"\x7e",
        b"\x7f",
        b"\xc2\x80",
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
    ];
    let others = bytes.map(<[u8]>::to_vec);
    lengths.into_iter().chain(addresses).chain(others).collect()
}

/// Every frame with one field changed, left out, sent again as itself or as it is when changed.
fn frames_with_one_odd_field() -> Vec<Vec<u8>> {
    let mut wires = Vec::new();
    for frame in frames() {
        let fields = frame.fields();
        for place in 0..fields.len() {
            let without = [&fields[..place], &fields[place + 1..]].concat();
            wires.push(frame.wire_with(&without));
            for field in changed(&fields[place]) {
                let mut instead = fields.clone();
                instead[place] = field.clone();
                wires.push(frame.wire_with(&instead));
                wires.push(frame.wire_with(&[&fields[..], from_ref(&field)].concat()));
                wires.push(frame.wire_with(&[&[field], &fields[..]].concat()));
            }
        }
    }
    wires
}

fn configs() -> [Config; 4] {
    let strict = Config::default();
    let relaxed = strict.with_strict_headers(false);
    let small = strict.with_max_frame(4_097).unwrap();
    [strict, relaxed, small, strict.with_allow_pq_hello_flags(false)]
}

#[test]
fn every_prefix_at_a_limit_is_judged_as_the_spec_says() {
    for stream in prefixes() {
        for config in configs() {
            assert_decodes_as_the_spec_says(&stream, config);
        }
    }
}

#[test]
fn every_field_at_a_limit_is_judged_as_the_spec_says() {
    let wires = frames_with_one_odd_field();
    assert!(wires.len() > 5_000);
    for stream in wires {
        for config in configs() {
            assert_decodes_as_the_spec_says(&stream, config);
        }
    }
}
