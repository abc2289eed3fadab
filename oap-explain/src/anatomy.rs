//! The parts of a frame: each of its bytes with its field, its value and the rule of that.

use crate::rules;
use oap::{Kind, PREFIX_BYTES};
use std::fmt;
use std::ops::Range;

/// Some bytes of a frame that belong together.
#[derive(PartialEq, Eq, Debug)]
pub struct Part<'f> {
    /// Where they stand in the frame.
    pub bytes: Range<usize>,
    pub field: &'static str,
    pub value: Value<'f>,
    pub rule: &'static str,
}

/// What the bytes of a part say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value<'f> {
    Number(u64),
    Name(&'static str),
    /// The number of a field, and its wire type.
    Key(u64, u64),
    Text(&'f str),
    /// So many bytes that are no UTF-8.
    NoText(usize),
    /// So many bytes that say nothing here.
    Bytes(usize),
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Number(number) => write!(f, "{number}"),
            Value::Name(name) => f.write_str(name),
            Value::Key(field, wire_type) => write!(f, "field {field}, wire type {wire_type}"),
            Value::Text(text) => write!(f, "{text:?}"),
            Value::NoText(size) => write!(f, "{size} bytes that are no UTF-8"),
            Value::Bytes(1) => f.write_str("1 byte"),
            Value::Bytes(size) => write!(f, "{size} bytes"),
        }
    }
}

/// The names of the fields of a header, from number 1 on; a test compares them with the spec.
const fn names(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Hello => &["version", "max_frame", "features", "ack_window"],
        Kind::Start => &["stream"],
        Kind::Data => &["seq", "obj"],
        Kind::Ack => &["up_to"],
        Kind::End => &["seq", "status"],
        Kind::Error => &["code", "reason"],
    }
}

/// The most that a frame in strict order has without unknown fields: a HELLO's prefix, and four keys with their values.
const USUAL_PARTS: usize = 12;

/// The parts of as much of a frame as is there. What makes no sense ends them.
pub fn parts(frame: &[u8]) -> Vec<Part<'_>> {
    let mut walk = Walk { frame, at: 0, parts: Vec::with_capacity(USUAL_PARTS) };
    if let Some((length, kind, header_len)) = walk.prefix() {
        let length = length.min(frame.len());
        let header_end = (PREFIX_BYTES + header_len).min(length);
        while walk.at < header_end {
            if walk.field(kind, header_end).is_none() {
                walk.rest("header", header_end, "2.1");
            }
        }
        walk.rest("body", length, "1.7");
    }
    walk.rest("more", frame.len(), "3.2");
    walk.parts
}

struct Walk<'f> {
    frame: &'f [u8],
    at: usize,
    parts: Vec<Part<'f>>,
}

impl<'f> Walk<'f> {
    /// Length, kind and header length, where all of the prefix is there and makes sense.
    fn prefix(&mut self) -> Option<(usize, Option<Kind>, usize)> {
        let length = self.number(4, "length", "1.2, 1.3")?;
        let byte = u8::try_from(self.number(1, "kind", "1.4")?).ok()?;
        let kind = Kind::from_byte(byte);
        let name = kind.map_or("none of the six", Kind::name);
        self.parts.last_mut()?.value = Value::Name(name);
        self.number(1, "reserved", "1.5")?;
        let header_len = self.number(2, "header_len", "1.6")?;
        Some((length, kind, header_len))
    }

    /// A big-endian number; `None` where it is cut short.
    fn number(&mut self, size: usize, field: &'static str, rule: &'static str) -> Option<usize> {
        let Some(bytes) = self.frame.get(self.at..self.at + size) else {
            self.rest(field, self.frame.len(), rule);
            return None;
        };
        let number = bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte));
        self.part(size, field, Value::Number(number as u64), rule);
        Some(number)
    }

    /// A key and its value; `None` where it makes no sense, and then nothing of it is noted.
    fn field(&mut self, kind: Option<Kind>, end: usize) -> Option<()> {
        let (key, key_len) = varint(&self.frame[self.at..end])?;
        let name = kind.and_then(|kind| names(kind).get((key >> 3).checked_sub(1)? as usize));
        let frame = self.frame;
        let value = &frame[self.at + key_len..end];
        let rule = kind.map_or("2.12", rules::of_kind);
        let (head, len, told) = match key & 7 {
            0 => varint(value).map(|(number, len)| (0, len, Some(Value::Number(number))))?,
            1 => (0, 8, Some(Value::Bytes(8))),
            2 => varint(value).map(|(len, head)| (head, len as usize, None))?,
            5 => (0, 4, Some(Value::Bytes(4))),
            _ => return None,
        };
        let bytes = value.get(head..head.checked_add(len)?)?;
        let name = name.copied().unwrap_or("unknown");
        self.part(key_len, "key", Value::Key(key >> 3, key & 7), "2.1, 2.3");
        if head > 0 {
            self.part(head, "length", Value::Number(len as u64), "2.2");
        }
        self.part(len, name, told.unwrap_or_else(|| text(bytes)), rule);
        Some(())
    }

    fn part(&mut self, size: usize, field: &'static str, value: Value<'f>, rule: &'static str) {
        let bytes = self.at..self.at + size;
        self.at = bytes.end;
        self.parts.push(Part { bytes, field, value, rule });
    }

    fn rest(&mut self, field: &'static str, end: usize, rule: &'static str) {
        if self.at < end {
            let size = end - self.at;
            self.part(size, field, Value::Bytes(size), rule);
        }
    }
}

fn text(bytes: &[u8]) -> Value<'_> {
    std::str::from_utf8(bytes).map_or(Value::NoText(bytes.len()), Value::Text)
}

/// The varint at the front, minimal or not, and its length.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (i, &byte) in bytes.iter().take(10).enumerate() {
        if i == 9 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Some((value, i + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(frame: &[u8]) -> Vec<(usize, &'static str, String)> {
        parts(frame).into_iter().map(|p| (p.bytes.start, p.field, p.value.to_string())).collect()
    }

    #[test]
    fn each_byte_has_one_part_whatever_the_bytes_are() {
        let mut wire = Vec::new();
        let obj = format!("b3:{}", "0f".repeat(32));
        let data = oap::Data { seq: 300, obj: Some(&obj), body: b"abc" };
        oap::encode_to(&oap::Frame::Data(data), &mut wire).unwrap();
        for cut in 0..=wire.len() {
            for at in 0..wire.len() {
                for byte in [0, 1, 0x7f, 0x80, 0xff] {
                    let mut frame = wire.clone();
                    frame[at] = byte;
                    frame.truncate(cut);
                    let mut end = 0;
                    for part in parts(&frame) {
                        assert_eq!(part.bytes.start, end);
                        assert!(!part.bytes.is_empty() || part.value == Value::Text(""));
                        end = part.bytes.end;
                    }
                    assert_eq!(end, cut);
                }
            }
        }
    }

    #[test]
    fn a_start_is_told_field_by_field() {
        let shown = fields(b"\0\0\0\x0b\x02\0\0\x03\x0a\x01a");
        let held = [
            (0, "length", "11"),
            (4, "kind", "START"),
            (5, "reserved", "0"),
            (6, "header_len", "3"),
            (8, "key", "field 1, wire type 2"),
            (9, "length", "1"),
            (10, "stream", "\"a\""),
        ];
        assert_eq!(shown, held.map(|(at, field, value)| (at, field, value.to_owned())));
    }

    /// The names in the first column but one of the tables 2.4 to 2.9.
    #[test]
    fn the_names_of_the_fields_are_those_of_the_spec() {
        let spec = include_str!("../../docs/OAP-1.md");
        for kind in Kind::ALL {
            let heading = format!("### {} {}", rules::of_kind(kind), kind.name());
            let section = &spec[spec.find(&heading).expect("the heading")..];
            let rows = section.lines().skip_while(|l| !l.starts_with('|')).skip(2);
            let rows = rows.take_while(|l| l.starts_with('|'));
            let shown: Vec<_> = rows.map(|l| l.split('|').nth(2).unwrap().trim()).collect();
            assert_eq!(shown, names(kind), "{kind}");
        }
    }
}
