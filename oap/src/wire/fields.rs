//! Section 2: the table of every kind's header fields. It drives decode, encode and the error texts; the tables of
//! `docs/OAP-1.md` are tested against it.

use crate::frame::Kind;
use crate::limits::{MAX_ACK_WINDOW, MAX_FRAME_BYTES, MAX_TEXT_BYTES, MIN_MAX_FRAME, VERSION};
use crate::reject::{Fault, Reason};
use crate::wire::varint::WireType;

/// The most fields a kind has.
pub(crate) const MAX_FIELDS: usize = 4;

/// The type of a field on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Type {
    Uint32,
    Uint64,
    String,
}

impl Type {
    pub const fn wire(self) -> WireType {
        match self {
            Type::Uint32 | Type::Uint64 => WireType::Varint,
            Type::String => WireType::Bytes,
        }
    }
}

/// The value rule of a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rule {
    Any,
    /// An inclusive range of numbers.
    Range(u64, u64),
    /// UTF-8 without control characters (rule 2.14), and its length in bytes.
    Text(usize, usize),
    /// A BLAKE3-256 address.
    Obj,
}

/// One row of the table.
pub(crate) struct Field {
    pub number: u32,
    /// `KIND.name`, as errors say it.
    pub name: &'static str,
    pub ty: Type,
    pub required: bool,
    pub rule: Rule,
}

impl Field {
    /// Its key on the wire, one byte.
    pub const fn key(&self) -> u8 {
        assert!(self.number < 16, "a key of two bytes");
        (self.number as u8) << 3 | self.ty.wire() as u8
    }
}

const fn required(number: u32, name: &'static str, ty: Type, rule: Rule) -> Field {
    Field { number, name, ty, required: true, rule }
}

const fn optional(number: u32, name: &'static str, ty: Type, rule: Rule) -> Field {
    Field { number, name, ty, required: false, rule }
}

/// Rule 2.4.
const HELLO: &[Field] = &[
    required(1, "HELLO.version", Type::Uint32, Rule::Range(VERSION as u64, VERSION as u64)),
    required(
        2,
        "HELLO.max_frame",
        Type::Uint64,
        Rule::Range(MIN_MAX_FRAME as u64, MAX_FRAME_BYTES as u64),
    ),
    optional(3, "HELLO.features", Type::Uint64, Rule::Any),
    optional(4, "HELLO.ack_window", Type::Uint32, Rule::Range(1, MAX_ACK_WINDOW as u64)),
];
/// Rule 2.5.
const START: &[Field] = &[required(1, "START.stream", Type::String, Rule::Text(1, MAX_TEXT_BYTES))];
/// Rule 2.6.
const DATA: &[Field] = &[
    required(1, "DATA.seq", Type::Uint64, Rule::Any),
    optional(2, "DATA.obj", Type::String, Rule::Obj),
];
/// Rule 2.7.
const ACK: &[Field] = &[required(1, "ACK.up_to", Type::Uint64, Rule::Any)];
/// Rule 2.8.
const END: &[Field] = &[
    required(1, "END.seq", Type::Uint64, Rule::Any),
    required(2, "END.status", Type::Uint32, Rule::Range(0, 65_535)),
];
/// Rule 2.9.
const ERROR: &[Field] = &[
    required(1, "ERROR.code", Type::Uint32, Rule::Range(0, 65_535)),
    required(2, "ERROR.reason", Type::String, Rule::Text(0, MAX_TEXT_BYTES)),
];

/// The fields of a kind, in the order of their numbers.
pub(crate) const fn fields(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Hello => HELLO,
        Kind::Start => START,
        Kind::Data => DATA,
        Kind::Ack => ACK,
        Kind::End => END,
        Kind::Error => ERROR,
    }
}

/// A fault of a header as a whole, or of one of its fields: HELLO's have a label of their own (rule 3.1).
pub(crate) fn fault(kind: Kind, field: &'static str, detail: &'static str) -> Fault {
    let reason = match kind {
        Kind::Hello => Reason::BadHello,
        _ => Reason::HeaderMalformed,
    };
    Fault::new(reason, field, detail)
}

/// The name by which errors call the header of a kind.
pub(crate) const fn header_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Hello => "HELLO header",
        Kind::Start => "START header",
        Kind::Data => "DATA header",
        Kind::Ack => "ACK header",
        Kind::End => "END header",
        Kind::Error => "ERROR header",
    }
}

/// Bytes of a BLAKE3-256 address: `b3:` and 64 digits.
pub(crate) const OBJ_LEN: usize = 67;

/// Rule 2.6.
#[inline]
pub(crate) fn is_obj(text: &[u8]) -> bool {
    let Ok(text): Result<&[u8; OBJ_LEN], _> = text.try_into() else {
        return false;
    };
    // Sixteen at a time and without an early exit, so that this becomes vector instructions.
    let mut off = [0; 16];
    for digits in text[3..].chunks_exact(16) {
        for (off, &c) in off.iter_mut().zip(digits) {
            *off |= off_lower_hex(c);
        }
    }
    text[..3] == *b"b3:" && off == [0; 16]
}

/// 0 for a lowercase hex digit.
#[inline]
fn off_lower_hex(c: u8) -> u8 {
    let off_digit = c.wrapping_sub(b'0').saturating_sub(9);
    off_digit.min(c.wrapping_sub(b'a').saturating_sub(5))
}

/// Rule 2.14.
pub(crate) fn is_text(text: &[u8]) -> bool {
    let control = |&c: &u8| c < 0x20 || c == 0x7f;
    !text.iter().any(control) && core::str::from_utf8(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the first table of `docs/OAP-1.md` below the heading, as cells.
    fn rows(heading: &str) -> Vec<Vec<String>> {
        let spec = include_str!("../../../docs/OAP-1.md");
        let section = &spec[spec.find(heading).expect(heading)..];
        let table = section.lines().skip_while(|l| !l.starts_with('|'));
        table
            .take_while(|l| l.starts_with('|'))
            .skip(2)
            .map(|l| l.trim_matches('|').split('|').map(|c| c.trim().replace('`', "")).collect())
            .collect()
    }

    #[test]
    fn the_field_tables_of_the_spec_are_this_table() {
        let headings = ["### 2.4", "### 2.5", "### 2.6", "### 2.7", "### 2.8", "### 2.9"];
        for (kind, heading) in Kind::ALL.into_iter().zip(headings) {
            let shown: Vec<_> = rows(heading).into_iter().map(|row| row[..4].to_vec()).collect();
            let held: Vec<_> = fields(kind)
                .iter()
                .map(|f| {
                    let name = f.name.split_once('.').unwrap().1.to_owned();
                    let ty = format!("{:?}", f.ty).to_lowercase();
                    let required = if f.required { "yes" } else { "no" };
                    vec![f.number.to_string(), name, ty, required.to_owned()]
                })
                .collect();
            assert_eq!(shown, held, "{heading}");
        }
    }

    #[test]
    fn the_reject_table_of_the_spec_is_the_closed_set() {
        let shown: Vec<_> = rows("### 3.1").into_iter().map(|r| r[..2].to_vec()).collect();
        let held: Vec<_> =
            Reason::ALL.iter().map(|r| vec![r.code().to_string(), r.label().to_owned()]).collect();
        assert_eq!(shown, held);
    }

    #[test]
    fn an_address_is_b3_and_64_lowercase_hex_digits() {
        let good = format!("b3:{}", "0123456789abcdef".repeat(4)).into_bytes();
        assert!(is_obj(&good));
        assert!(!is_obj(&good[..66]) && !is_obj(&[&good[..], b"0"].concat()));
        for i in 0..OBJ_LEN {
            for byte in [b'A', b'F', b'g', b'/', b':' ^ 1, b'`', 0, 0xff] {
                let mut bad = good.clone();
                bad[i] = byte;
                assert!(!is_obj(&bad), "{byte} at {i}");
            }
        }
    }
}
