//! The lines of a frame's text. They are many times as long as its bytes, so they are put together by hand: with `fmt`
//! they take ten times as long.

use crate::colour::Colours;
use oap::Kind;
use oap_explain::anatomy::{Part, Value};
use oap_explain::hex;
use std::io::Write;

/// Bytes of a part that a line shows.
const LINE_BYTES: usize = 16;

/// The columns of a line: where a part stands, its bytes, its field and its value.
const AT: usize = 8;
const BYTES: usize = 33;
const FIELD: usize = 10;
const VALUE: usize = 28;

#[derive(Default)]
pub struct Lines(Vec<u8>);

impl Lines {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn title(&mut self, from: &str, kind: Option<Kind>, colours: Colours, len: usize, at: u64) {
        if !from.is_empty() {
            self.put(from);
            self.put(": ");
        }
        self.put(colours.strong);
        if let Some(kind) = kind {
            self.put(kind.name());
            self.put(", ");
        }
        self.number(len as u64);
        self.put(" bytes at byte ");
        self.number(at);
        self.put(colours.off);
        self.put("\n");
    }

    /// The field stands beside the first line of its bytes. Of a long part only one is shown, unless all are wanted.
    pub fn part(&mut self, at: u64, part: &Part<'_>, bytes: &[u8], all: bool) {
        let (first, rest) = bytes.split_at(bytes.len().min(LINE_BYTES));
        self.place(at);
        hex::encode_to(first, &mut self.0);
        let mut chars = 2 * first.len();
        if !rest.is_empty() && !all {
            self.put("…");
            chars += 1;
        }
        self.pad(chars, BYTES);
        self.put(part.field);
        self.pad(part.field.len(), FIELD);
        let chars = self.value(&part.value);
        self.pad(chars, VALUE);
        self.put(part.rule);
        self.put("\n");
        if all {
            for (line, at) in rest.chunks(LINE_BYTES).zip((at..).step_by(LINE_BYTES).skip(1)) {
                self.place(at);
                hex::encode_to(line, &mut self.0);
                self.put("\n");
            }
        }
    }

    fn put(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn place(&mut self, at: u64) {
        let mut digits = [0; DIGITS];
        let digits = decimal(at, &mut digits);
        self.spaces(2 + AT.saturating_sub(digits.len()));
        self.0.extend_from_slice(digits);
        self.spaces(2);
    }

    /// Gives how many characters it has.
    fn value(&mut self, value: &Value<'_>) -> usize {
        let start = self.0.len();
        match value {
            Value::Number(number) => self.number(*number),
            Value::Name(name) => self.put(name),
            other => write!(self.0, "{other}").expect("memory takes all"),
        }
        let written = &self.0[start..];
        match value {
            Value::Text(_) => String::from_utf8_lossy(written).chars().count(),
            _ => written.len(),
        }
    }

    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(decimal(number, &mut [0; DIGITS]));
    }

    /// Fills a column that has so many characters, and two spaces behind it.
    fn pad(&mut self, chars: usize, width: usize) {
        self.spaces(width.saturating_sub(chars) + 2);
    }

    fn spaces(&mut self, count: usize) {
        self.0.resize(self.0.len() + count, b' ');
    }
}

/// Those of the largest number.
const DIGITS: usize = 20;

fn decimal(mut number: u64, digits: &mut [u8; DIGITS]) -> &[u8] {
    let mut start = DIGITS;
    loop {
        start -= 1;
        digits[start] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[start..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oap::{Data, Frame, Hello, Start};
    use oap_explain::anatomy;

    fn wires() -> Vec<Vec<u8>> {
        let obj = format!("b3:{}", "0f".repeat(32));
        let data = Data { seq: u64::MAX, obj: Some(&obj), body: &[7; 40] };
        let start = Start { stream: "größe 日本" };
        let frames = [Frame::Hello(Hello::new(65_536)), Frame::Start(start), Frame::Data(data)];
        let wire = |frame: &Frame<'_>| {
            let mut wire = Vec::new();
            oap::encode_to(frame, &mut wire).unwrap();
            wire
        };
        let odd =
            [&b"\0\0\0\x0b\x02\0\0\x03\x0a\x01\xff"[..], b"\0\0\0\x0b\xf2\0\0\x03\x0b\x01\xff"];
        frames.iter().map(wire).chain(odd.map(<[u8]>::to_vec)).collect()
    }

    #[test]
    fn a_line_is_what_fmt_would_make() {
        for wire in wires() {
            for part in anatomy::parts(&wire) {
                for at in [0, 10, 99_999_999, 100_000_000, u64::MAX] {
                    let bytes = &wire[part.bytes.clone()];
                    let mut lines = Lines::default();
                    lines.part(at, &part, bytes, false);
                    let more = if bytes.len() > LINE_BYTES { "…" } else { "" };
                    let first = hex::encoded(&bytes[..bytes.len().min(LINE_BYTES)]) + more;
                    let (field, value, rule) = (part.field, part.value.to_string(), part.rule);
                    let told = String::from_utf8(lines.0).unwrap();
                    assert_eq!(
                        told,
                        format!("  {at:>8}  {first:<33}  {field:<10}  {value:<28}  {rule}\n")
                    );
                }
            }
        }
    }
}
