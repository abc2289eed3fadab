//! Reading and writing a header by the table of its kind's fields (section 2).

use crate::frame::{Ack, Data, End, Error, Frame, Hello, Kind, Start};
use crate::limits::{MAX_FRAME_BYTES, PREFIX_BYTES};
use crate::reject::{Fault, Reason};
use crate::row::Row;
use crate::wire::fast_path::FastHeader;
use crate::wire::fields::{
    fault, fields, header_name, is_obj, is_text, Field, Rule, Type, MAX_FIELDS, OBJ_LEN,
};
use crate::wire::prefix::{oversize, prefix_bytes};
use crate::wire::varint::{put_varint, varint_len, Cursor, WireType};
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
    pub fn number(mut self, place: usize, value: u64) -> Self {
        self.present[place] = true;
        self.numbers[place] = value;
        self
    }

    fn maybe(self, place: usize, value: Option<u64>) -> Self {
        value.map_or(self, |value| self.number(place, value))
    }

    pub fn text(mut self, place: usize, text: &'h [u8]) -> Self {
        self.present[place] = true;
        self.text = text;
        self
    }

    fn get(&self, place: usize) -> Option<u64> {
        self.present[place].then_some(self.numbers[place])
    }

    /// Fills what the header tells of a row; `header_offset` is where the header starts in the caller's buffer.
    pub fn write_row(&self, kind: Kind, header_offset: u32, row: &mut Row) {
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
        let of_header = |detail| fault(kind, header_name(kind), detail);
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
            .map_err(|detail| fault(kind, field.name, detail))?;
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
    values.present[place] = true;
    match field.ty {
        Type::String => values.text = cursor.bytes()?,
        Type::Uint64 => values.numbers[place] = cursor.varint()?,
        // Rule 2.10: of each occurrence, also of one that a later one replaces.
        Type::Uint32 => {
            let value = u32::try_from(cursor.varint()?).map_err(|_| "is over 32 bits")?;
            values.numbers[place] = value.into();
        }
    }
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
    let broken = |detail| Err(fault(kind, field.name, detail));
    let limited = |detail, limit| Err(fault(kind, field.name, detail).limit(limit));
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

/// The bytes before a frame's body: the sizes are known and all rules of sections 1 and 2 hold.
pub(crate) struct Head<'h> {
    kind: Kind,
    header_len: usize,
    fields: Fields<'h>,
    /// Bytes of the whole frame.
    pub length: usize,
}

enum Fields<'h> {
    /// Of DATA and ACK.
    Fast(FastHeader<'h>),
    General(Values<'h>),
}

impl<'h> Head<'h> {
    /// Judges a frame that is to be sent: its fields, then its length (rule 4.14).
    #[inline(always)]
    pub fn of(frame: &Frame<'h>) -> Result<Self, Fault> {
        match *frame {
            Frame::Hello(hello) => Head::hello(&hello),
            Frame::Start(Start { stream }) => Head::start(stream.as_bytes()),
            Frame::Data(Data { seq, obj, body }) => {
                Head::data(seq, obj.map(str::as_bytes), body.len())
            }
            Frame::Ack(Ack { up_to }) => Head::ack(up_to),
            Frame::End(End { seq, status }) => Head::end(seq, status),
            Frame::Error(Error { code, reason }) => Head::error(code, reason.as_bytes()),
        }
    }

    pub fn hello(hello: &Hello) -> Result<Self, Fault> {
        let Hello { version, max_frame, features, ack_window } = *hello;
        let values = Values::default()
            .number(0, version.into())
            .number(1, max_frame)
            .maybe(2, features)
            .maybe(3, ack_window.map(u64::from));
        Head::general(Kind::Hello, values)
    }

    pub fn start(stream: &'h [u8]) -> Result<Self, Fault> {
        Head::general(Kind::Start, Values::default().text(0, stream))
    }

    pub fn end(seq: u64, status: u32) -> Result<Self, Fault> {
        Head::general(Kind::End, Values::default().number(0, seq).number(1, status.into()))
    }

    pub fn error(code: u32, reason: &'h [u8]) -> Result<Self, Fault> {
        Head::general(Kind::Error, Values::default().number(0, code.into()).text(1, reason))
    }

    #[inline(always)]
    pub fn data(seq: u64, obj: Option<&'h [u8]>, body_len: usize) -> Result<Self, Fault> {
        let obj = match obj {
            None => None,
            Some(obj) => {
                check_value(Kind::Data, &fields(Kind::Data)[1], 0, obj)?;
                obj.first_chunk()
            }
        };
        Head::fast(Kind::Data, FastHeader { number: seq, obj }, body_len)
    }

    #[inline(always)]
    pub fn ack(up_to: u64) -> Result<Self, Fault> {
        Head::fast(Kind::Ack, FastHeader { number: up_to, obj: None }, 0)
    }

    #[inline(always)]
    fn fast(kind: Kind, fields: FastHeader<'h>, body_len: usize) -> Result<Self, Fault> {
        Head::sized(kind, Fields::Fast(fields), fields.header_len(), body_len)
    }

    pub fn general(kind: Kind, values: Values<'h>) -> Result<Self, Fault> {
        check_values(kind, &values)?;
        Head::sized(kind, Fields::General(values), header_len(kind, &values), 0)
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
    pub fn put(&self, out: &mut impl BufMut) {
        let prefix = prefix_bytes(self.kind, self.header_len, self.length);
        match &self.fields {
            Fields::Fast(fields) => fields.put(prefix, out),
            Fields::General(values) => put_general(prefix, self.kind, values, out),
        }
    }
}

fn put_general(prefix: [u8; PREFIX_BYTES], kind: Kind, values: &Values<'_>, out: &mut impl BufMut) {
    out.put_slice(&prefix);
    for (place, field) in fields(kind).iter().enumerate() {
        if values.present[place] {
            out.put_u8(field.key());
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

/// Bytes before the body of a DATA.
pub(crate) fn data_head_len(seq: u64, with_obj: bool) -> usize {
    let obj = with_obj.then_some(&[0; OBJ_LEN]);
    PREFIX_BYTES + FastHeader { number: seq, obj }.header_len()
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
