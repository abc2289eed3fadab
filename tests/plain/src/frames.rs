//! Frames that own their fields, and their canonical bytes written by hand from section 2.

use oap::{Ack, Data, End, Error, Frame, Hello, Start};

#[derive(Clone, PartialEq, Debug)]
pub enum Owned {
    Hello(Hello),
    Start(String),
    Data { seq: u64, obj: Option<String>, body: Vec<u8> },
    Ack(u64),
    End(End),
    Error { code: u32, reason: String },
}

impl Owned {
    pub fn frame(&self) -> Frame<'_> {
        match self {
            Owned::Hello(hello) => Frame::Hello(*hello),
            Owned::Start(stream) => Frame::Start(Start { stream }),
            Owned::Data { seq, obj, body } => {
                Frame::Data(Data { seq: *seq, obj: obj.as_deref(), body })
            }
            Owned::Ack(up_to) => Frame::Ack(Ack { up_to: *up_to }),
            Owned::End(end) => Frame::End(*end),
            Owned::Error { code, reason } => Frame::Error(Error { code: *code, reason }),
        }
    }

    /// The header's fields as rule 2.11 wants them.
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Owned::Hello(hello) => {
                let features = hello.features.map(|features| Field::number(3, features));
                let window = hello.ack_window.map(|window| Field::number(4, window.into()));
                let required =
                    [Field::number(1, hello.version.into()), Field::number(2, hello.max_frame)];
                required.into_iter().chain(features).chain(window).collect()
            }
            Owned::Start(stream) => vec![Field::text(1, stream)],
            Owned::Data { seq, obj, .. } => {
                let obj = obj.as_deref().map(|obj| Field::text(2, obj));
                [Field::number(1, *seq)].into_iter().chain(obj).collect()
            }
            Owned::Ack(up_to) => vec![Field::number(1, *up_to)],
            Owned::End(end) => vec![Field::number(1, end.seq), Field::number(2, end.status.into())],
            Owned::Error { code, reason } => {
                vec![Field::number(1, u64::from(*code)), Field::text(2, reason)]
            }
        }
    }

    pub fn body(&self) -> &[u8] {
        match self {
            Owned::Data { body, .. } => body,
            _ => &[],
        }
    }

    pub fn header(&self) -> Vec<u8> {
        self.fields().iter().flat_map(Field::bytes).collect()
    }

    /// The canonical bytes of the frame.
    pub fn wire(&self) -> Vec<u8> {
        self.wire_with(&self.fields())
    }

    /// The frame with other fields in its header.
    pub fn wire_with(&self, fields: &[Field]) -> Vec<u8> {
        let header: Vec<u8> = fields.iter().flat_map(Field::bytes).collect();
        raw_frame(self.frame().kind() as u8, &header, self.body())
    }
}

impl From<Frame<'_>> for Owned {
    fn from(frame: Frame<'_>) -> Self {
        match frame {
            Frame::Hello(hello) => Owned::Hello(hello),
            Frame::Start(start) => Owned::Start(start.stream.to_owned()),
            Frame::Data(data) => Owned::Data {
                seq: data.seq,
                obj: data.obj.map(str::to_owned),
                body: data.body.to_vec(),
            },
            Frame::Ack(ack) => Owned::Ack(ack.up_to),
            Frame::End(end) => Owned::End(end),
            Frame::Error(error) => {
                Owned::Error { code: error.code, reason: error.reason.to_owned() }
            }
        }
    }
}

/// A field of a header, as it may stand on the wire.
#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    pub number: u64,
    pub wire: u64,
    /// May be over 64 bits.
    pub value: u128,
    pub text: Vec<u8>,
    /// The least bytes of its key's varint, and of its value's or length's: 1 is minimal.
    pub widths: (usize, usize),
}

impl Field {
    fn number(number: u64, value: u64) -> Self {
        Field { number, wire: 0, value: value.into(), text: Vec::new(), widths: (1, 1) }
    }

    fn text(number: u64, text: &str) -> Self {
        Field { number, wire: 2, value: 0, text: text.into(), widths: (1, 1) }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let (key_width, width) = self.widths;
        let key = varint(u128::from(self.number << 3 | self.wire), key_width);
        let value = match self.wire {
            0 => varint(self.value, width),
            1 => self.value.to_le_bytes()[..8].to_vec(),
            2 => [varint(self.text.len() as u128, width), self.text.clone()].concat(),
            5 => self.value.to_le_bytes()[..4].to_vec(),
            _ => Vec::new(),
        };
        [key, value].concat()
    }
}

/// A varint of at least `width` bytes.
fn varint(mut value: u128, width: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 || bytes.len() + 1 < width {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn raw_frame(kind: u8, header: &[u8], body: &[u8]) -> Vec<u8> {
    let length = 8 + header.len() + body.len();
    let prefix = [&(length as u32).to_be_bytes()[..], &[kind, 0]].concat();
    [&prefix, &(header.len() as u16).to_be_bytes()[..], header, body].concat()
}
