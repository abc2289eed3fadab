//! Reading and writing a header by the table of its kind's fields (section 2), and the straight path that strict DATA
//! and ACK take.

use crate::fields::{
    fault, fields, header_name, is_obj, is_text, Field, Rule, Type, MAX_FIELDS, OBJ_LEN,
};
use crate::frame::{Frame, Hello, Kind};
use crate::reject::{Fault, Reason};
use crate::table::Row;
use crate::wire::{
    oversize, prefix_bytes, put_varint, read_varint, varint_len, Cursor, WireType, MAX_FRAME_BYTES,
    PREFIX_BYTES,
};
use bytes::BufMut;

/// The values of a header's fields, by their place in the table. No kind has two strings.
#[derive(Clone, Copy, Default)]
pub(crate) struct Values<'h> {
    present: [bool; MAX_FIELDS],
    numbers: [u64; MAX_FIELDS],
    text: &'h [u8],
    /// Where the text stands in the header.
    text_at: usize,
}

impl<'h> Values<'h> {
    fn number(mut self, place: usize, value: u64) -> Self {
        self.present[place] = true;
        self.numbers[place] = value;
        self
    }

    fn maybe(self, place: usize, value: Option<u64>) -> Self {
        value.map_or(self, |value| self.number(place, value))
    }

    fn text(mut self, place: usize, text: &'h [u8]) -> Self {
        self.present[place] = true;
        self.text = text;
        self
    }

    fn get(&self, place: usize) -> Option<u64> {
        self.present[place].then_some(self.numbers[place])
    }

    /// Fills what the header tells of a row; `header_offset` is where the header starts in the caller's buffer.
    pub fn fill(&self, kind: Kind, header_offset: u32, row: &mut Row) {
        let [first, second, ..] = self.numbers;
        (row.seq, row.value) = match kind {
            Kind::Hello => (self.numbers[2], second as u32),
            Kind::Start => (0, 0),
            Kind::Data | Kind::Ack => (first, 0),
            Kind::End => (first, second as u32),
            Kind::Error => (0, first as u32),
        };
        let hello = kind == Kind::Hello;
        row.ack_window = if hello { self.numbers[3] as u16 } else { 0 };
        row.text_offset = match self.text.len() {
            0 => row.body_offset,
            _ => header_offset + self.text_at as u32,
        };
        row.text_len = self.text.len() as u16;
        let flag = |has, flag| if has { flag } else { 0 };
        row.flags = flag(kind == Kind::Data && self.present[1], Row::HAS_OBJ)
            | flag(hello && self.present[2], Row::HAS_FEATURES)
            | flag(hello && self.present[3], Row::HAS_ACK_WINDOW);
    }
}

/// Reads a whole header: fields in their order, then required fields, then value rules by number (rule 3.2).
pub(crate) fn read_header(kind: Kind, header: &[u8], strict: bool) -> Result<Values<'_>, Fault> {
    let mut values = Values::default();
    let mut cursor = Cursor::new(header, strict);
    let mut last = 0;
    while cursor.left() > 0 {
        let of_header = |says| fault(kind, header_name(kind), says);
        let (number, wire) = cursor.key().map_err(of_header)?;
        let Some(place) = fields(kind).iter().position(|f| f.number == number) else {
            if strict {
                return Err(of_header("has an unknown field"));
            }
            cursor.skip(wire).map_err(of_header)?;
            continue;
        };
        let field = &fields(kind)[place];
        if strict && number <= last {
            return Err(fault(kind, field.name, "is twice or out of order"));
        }
        last = number;
        read_field(&mut cursor, field, wire, place, &mut values)
            .map_err(|says| fault(kind, field.name, says))?;
        if field.ty == Type::String {
            values.text_at = header.len() - cursor.left() - values.text.len();
        }
    }
    check_values(kind, &values)?;
    Ok(values)
}

fn read_field<'h>(
    cursor: &mut Cursor<'h>,
    field: &Field,
    wire: WireType,
    place: usize,
    values: &mut Values<'h>,
) -> Result<(), &'static str> {
    if wire != field.ty.wire() {
        return Err("has another wire type");
    }
    *values = match field.ty {
        Type::String => values.text(place, cursor.bytes()?),
        Type::Uint64 => values.number(place, cursor.varint()?),
        // Rule 2.10: of each occurrence, also of one that a later one replaces.
        Type::Uint32 => {
            let value = u32::try_from(cursor.varint()?).map_err(|_| "is over 32 bits")?;
            values.number(place, value.into())
        }
    };
    Ok(())
}

/// Required fields, then value rules by number: the same for what is received and what is sent.
pub(crate) fn check_values(kind: Kind, values: &Values<'_>) -> Result<(), Fault> {
    let table = || fields(kind).iter().zip(values.present);
    if let Some((field, _)) = table().find(|(field, present)| field.required && !present) {
        return Err(fault(kind, field.name, "is required"));
    }
    for (place, (field, present)) in table().enumerate() {
        if present {
            check_value(kind, field, values.numbers[place], values.text)?;
        }
    }
    Ok(())
}

fn check_value(kind: Kind, field: &Field, number: u64, text: &[u8]) -> Result<(), Fault> {
    let broken = |says| Err(fault(kind, field.name, says));
    let limited = |says, limit| Err(fault(kind, field.name, says).limit(limit));
    match field.rule {
        Rule::Range(min, _) if number < min => limited("is below its range", min),
        Rule::Range(_, max) if number > max => limited("is above its range", max),
        Rule::Text(min, _) if text.len() < min => limited("is too short", min as u64),
        Rule::Text(_, max) if text.len() > max => limited("is too long", max as u64),
        Rule::Text(..) if !is_text(text) => broken("is not UTF-8 without control characters"),
        Rule::Obj if !is_obj(text) => broken("is not b3: and 64 lowercase hex digits"),
        Rule::Any | Rule::Range(..) | Rule::Text(..) | Rule::Obj => Ok(()),
    }
}

/// Rule 3.7, judged after all else of a HELLO's header.
pub(crate) fn check_pq(values: &Values<'_>) -> Result<(), Fault> {
    match values.get(2) {
        None | Some(0) => Ok(()),
        Some(_) => {
            Err(Fault::new(Reason::BadHelloPq, "HELLO.features", "has bits that policy forbids"))
        }
    }
}

/// Reads the canonical DATA or ACK whose frame lies whole at the front of `bytes` and gives its length: the straight
/// path. Anything else, good or bad, is left to the table.
#[inline(always)]
pub(crate) fn read_straight(
    bytes: &[u8],
    max_frame: usize,
    offset: u32,
    row: &mut Row,
) -> Option<usize> {
    const DATA: u16 = (Kind::Data as u16) << 8;
    const ACK: u16 = (Kind::Ack as u16) << 8;
    let prefix = u64::from_be_bytes(*bytes.first_chunk()?);
    let length = (prefix >> 32) as usize;
    let header_len = usize::from(prefix as u16);
    let kind_and_reserved = (prefix >> 16) as u16;
    if length > max_frame {
        return None;
    }
    let frame = bytes.get(..length)?;
    let header = frame.get(PREFIX_BYTES..PREFIX_BYTES + header_len)?;
    let (&key, after_key) = header.split_first()?;
    let (seq, seq_len) = read_short_varint(after_key)?;
    let obj = &after_key[seq_len..];
    let kind = match kind_and_reserved {
        DATA => Kind::Data,
        ACK if PREFIX_BYTES + header_len == length && obj.is_empty() => Kind::Ack,
        _ => return None,
    };
    if key != FIRST_VARINT || !(obj.is_empty() || is_obj_field(obj)) {
        return None;
    }
    let header_end = (PREFIX_BYTES + header_len) as u32;
    let has_obj = !obj.is_empty();
    let text_len = if has_obj { OBJ_LEN as u16 } else { 0 };
    *row = Row {
        seq,
        body_offset: offset + header_end,
        body_len: length as u32 - header_end,
        text_offset: offset + header_end - u32::from(text_len),
        value: 0,
        text_len,
        header_len: header_len as u16,
        ack_window: 0,
        kind: kind as u8,
        flags: u8::from(has_obj) * Row::HAS_OBJ,
    };
    Some(length)
}

/// Key of field 1, a varint.
const FIRST_VARINT: u8 = 1 << 3;
/// Key of field 2, a string.
const SECOND_STRING: u8 = 2 << 3 | 2;

/// `obj` as it must stand after `seq`: key, length, address.
#[inline(always)]
fn is_obj_field(bytes: &[u8]) -> bool {
    bytes.len() == 2 + OBJ_LEN
        && bytes[0] == SECOND_STRING
        && usize::from(bytes[1]) == OBJ_LEN
        && is_obj(&bytes[2..])
}

/// A minimal varint; the common short ones without a loop.
#[inline(always)]
fn read_short_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    match *bytes {
        [a @ ..=0x7f, ..] => Some((u64::from(a), 1)),
        [a, b @ 1..=0x7f, ..] => Some((u64::from(a & 0x7f) | u64::from(b) << 7, 2)),
        _ => read_varint(bytes).filter(|&(value, len)| len == varint_len(value)),
    }
}

/// What goes before a frame's body: the sizes are known and all rules of sections 1 and 2 hold.
pub(crate) struct Head<'h> {
    kind: Kind,
    header_len: usize,
    fields: Fields<'h>,
    /// Bytes of the whole frame.
    pub length: usize,
}

enum Fields<'h> {
    /// Of DATA and ACK, which are written as straight as [`read_straight`] reads them.
    Straight(u64, Option<&'h [u8; OBJ_LEN]>),
    Table(Values<'h>),
}

impl<'h> Head<'h> {
    /// Judges a frame that is to be sent: its fields, then its length (rule 4.14).
    #[inline(always)]
    pub fn of(frame: &Frame<'h>) -> Result<Self, Fault> {
        match *frame {
            Frame::Hello(hello) => Head::hello(&hello),
            Frame::Start(start) => Head::start(start.stream.as_bytes()),
            Frame::Data(data) => Head::data(data.seq, data.obj.map(str::as_bytes), data.body.len()),
            Frame::Ack(ack) => Head::ack(ack.up_to),
            Frame::End(end) => Head::end(end.seq, end.status),
            Frame::Error(error) => Head::error(error.code, error.reason.as_bytes()),
        }
    }

    /// Judges a row that is to be sent.
    #[inline(always)]
    pub fn of_row(kind: Kind, row: &Row, text: &'h [u8], body_len: usize) -> Result<Self, Fault> {
        match kind {
            Kind::Hello => Head::hello(&row.hello()),
            Kind::Start => Head::start(text),
            Kind::Data => {
                let has_obj = row.has(Row::HAS_OBJ);
                Head::data(row.seq, has_obj.then_some(text), body_len)
            }
            Kind::Ack => Head::ack(row.seq),
            Kind::End => Head::end(row.seq, row.value),
            Kind::Error => Head::error(row.value, text),
        }
    }

    fn hello(hello: &Hello) -> Result<Self, Fault> {
        let values = Values::default()
            .number(0, hello.version.into())
            .number(1, hello.max_frame)
            .maybe(2, hello.features)
            .maybe(3, hello.ack_window.map(u64::from));
        Head::table(Kind::Hello, values)
    }

    fn start(stream: &'h [u8]) -> Result<Self, Fault> {
        Head::table(Kind::Start, Values::default().text(0, stream))
    }

    fn end(seq: u64, status: u32) -> Result<Self, Fault> {
        Head::table(Kind::End, Values::default().number(0, seq).number(1, status.into()))
    }

    fn error(code: u32, reason: &'h [u8]) -> Result<Self, Fault> {
        Head::table(Kind::Error, Values::default().number(0, code.into()).text(1, reason))
    }

    #[inline(always)]
    fn data(seq: u64, obj: Option<&'h [u8]>, body_len: usize) -> Result<Self, Fault> {
        let obj = match obj {
            None => None,
            Some(obj) => {
                check_value(Kind::Data, &fields(Kind::Data)[1], 0, obj)?;
                obj.first_chunk()
            }
        };
        let obj_len = if obj.is_some() { 2 + OBJ_LEN } else { 0 };
        let header_len = 1 + varint_len(seq) + obj_len;
        Head::sized(Kind::Data, Fields::Straight(seq, obj), header_len, body_len)
    }

    #[inline(always)]
    fn ack(up_to: u64) -> Result<Self, Fault> {
        let header_len = 1 + varint_len(up_to);
        Head::sized(Kind::Ack, Fields::Straight(up_to, None), header_len, 0)
    }

    fn table(kind: Kind, values: Values<'h>) -> Result<Self, Fault> {
        check_values(kind, &values)?;
        Head::sized(kind, Fields::Table(values), header_len(kind, &values), 0)
    }

    #[inline(always)]
    fn sized(
        kind: Kind,
        fields: Fields<'h>,
        header_len: usize,
        body_len: usize,
    ) -> Result<Self, Fault> {
        let length = (PREFIX_BYTES + header_len).saturating_add(body_len);
        if length > MAX_FRAME_BYTES {
            return Err(oversize(MAX_FRAME_BYTES));
        }
        Ok(Head { kind, header_len, fields, length })
    }

    /// Writes prefix and header; `out` has room for them.
    #[inline(always)]
    pub fn write(&self, out: &mut impl BufMut) {
        out.put_slice(&prefix_bytes(self.kind, self.header_len, self.length));
        match &self.fields {
            Fields::Straight(seq, obj) => write_straight(*seq, *obj, out),
            Fields::Table(values) => write_table(self.kind, values, out),
        }
    }
}

#[inline(always)]
fn write_straight(seq: u64, obj: Option<&[u8; OBJ_LEN]>, out: &mut impl BufMut) {
    out.put_u8(FIRST_VARINT);
    put_varint(seq, out);
    if let Some(obj) = obj {
        out.put_slice(&[SECOND_STRING, OBJ_LEN as u8]);
        out.put_slice(obj);
    }
}

fn write_table(kind: Kind, values: &Values<'_>, out: &mut impl BufMut) {
    for (place, field) in fields(kind).iter().enumerate() {
        if values.present[place] {
            out.put_u8((field.number << 3) as u8 | field.ty.wire() as u8);
            match field.ty {
                Type::String => {
                    put_varint(values.text.len() as u64, out);
                    out.put_slice(values.text);
                }
                _ => put_varint(values.numbers[place], out),
            }
        }
    }
}

fn header_len(kind: Kind, values: &Values<'_>) -> usize {
    let mut len = 0;
    for (place, field) in fields(kind).iter().enumerate() {
        if values.present[place] {
            len += match field.ty {
                Type::String => 1 + varint_len(values.text.len() as u64) + values.text.len(),
                _ => 1 + varint_len(values.numbers[place]),
            };
        }
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers around every canonical DATA and ACK: each byte changed, cut and lengthened.
    fn neighbours(header: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
        let changed = (0..header.len()).flat_map(move |i| {
            [0, 1, 0x08, 0x12, 0x41, 0x67, 0x7f, 0x80, 0xff].map(|byte| {
                let mut header = header.to_vec();
                header[i] = byte;
                header
            })
        });
        let cut = (0..=header.len()).map(move |n| header[..n].to_vec());
        let longer = [0u8, 1, 0x7f].map(|byte| [header, &[byte]].concat());
        changed.chain(cut).chain(longer)
    }

    #[test]
    fn the_straight_path_agrees_with_the_table() {
        let obj = format!("b3:{}", "0f".repeat(32));
        let mut compared = 0;
        for bits in 0..64 {
            for (kind, obj) in [(Kind::Ack, None), (Kind::Data, None), (Kind::Data, Some(&obj))] {
                let values = Values::default().number(0, u64::MAX >> bits);
                let values = obj.map_or(values, |obj| values.text(1, obj.as_bytes()));
                let mut bytes = Vec::new();
                let head = Head::table(kind, values).unwrap();
                head.write(&mut bytes);
                assert_written_straight(kind, &values, &bytes);
                for header in neighbours(&bytes[PREFIX_BYTES..]) {
                    assert_agree(kind, &header);
                    compared += 1;
                }
            }
        }
        assert!(compared > 10_000);
    }

    fn assert_written_straight(kind: Kind, values: &Values<'_>, by_table: &[u8]) {
        let row = Row {
            seq: values.numbers[0],
            flags: u8::from(values.present[1]) * Row::HAS_OBJ,
            ..Row::default()
        };
        let mut bytes = Vec::new();
        let head = Head::of_row(kind, &row, values.text, 0).unwrap();
        head.write(&mut bytes);
        assert_eq!(bytes, by_table);
    }

    fn assert_agree(kind: Kind, header: &[u8]) {
        let body: &[u8] = if kind == Kind::Data { b"body" } else { b"" };
        let length = PREFIX_BYTES + header.len() + body.len();
        let prefix = prefix_bytes(kind, header.len(), length);
        let frame = [&prefix[..], header, body].concat();
        let mut straight = Row::default();
        let taken = read_straight(&frame, MAX_FRAME_BYTES, 5, &mut straight);
        match read_header(kind, header, true) {
            Err(_) => assert_eq!(taken, None, "{header:?}"),
            Ok(values) => {
                assert_eq!(taken, Some(length), "{header:?}");
                let mut row = Row::at(kind, 5, header.len(), length);
                values.fill(kind, 5 + PREFIX_BYTES as u32, &mut row);
                assert_eq!(straight, row, "{header:?}");
            }
        }
    }
}
