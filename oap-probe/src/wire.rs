//! Frames byte by byte, good and bad ones: nothing here refuses.

use oap::{Frame, Kind, Reason, MAX_FRAME_BYTES};

/// A frame with that header and body, whatever they are.
pub fn frame(kind: u8, header: &[u8], body: &[u8]) -> Vec<u8> {
    let length = 8 + header.len() + body.len();
    [&prefix(length as u32, kind, 0, header.len() as u16)[..], header, body].concat()
}

pub fn of(kind: Kind, header: &[u8]) -> Vec<u8> {
    frame(kind as u8, header, b"")
}

pub fn prefix(length: u32, kind: u8, reserved: u8, header_len: u16) -> [u8; 8] {
    let word = u64::from(length) << 32
        | u64::from(kind) << 24
        | u64::from(reserved) << 16
        | u64::from(header_len);
    word.to_be_bytes()
}

/// The minimal varint.
pub fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

pub fn key(number: u64, wire_type: u64) -> Vec<u8> {
    varint(number << 3 | wire_type)
}

/// A field of a number.
pub fn number(field: u64, value: u64) -> Vec<u8> {
    [key(field, 0), varint(value)].concat()
}

/// A field of a text.
pub fn text(field: u64, text: &[u8]) -> Vec<u8> {
    [key(field, 2), varint(text.len() as u64), text.to_vec()].concat()
}

pub fn hello(version: u64, max_frame: u64, more: &[u8]) -> Vec<u8> {
    of(Kind::Hello, &[&number(1, version)[..], &number(2, max_frame), more].concat())
}

/// A HELLO that asks for nothing.
pub fn greeting() -> Vec<u8> {
    hello(1, MAX_FRAME_BYTES as u64, b"")
}

pub fn start(name: &[u8]) -> Vec<u8> {
    of(Kind::Start, &text(1, name))
}

pub fn data(seq: u64, body: &[u8]) -> Vec<u8> {
    frame(Kind::Data as u8, &number(1, seq), body)
}

pub fn object(seq: u64, obj: &[u8], body: &[u8]) -> Vec<u8> {
    frame(Kind::Data as u8, &[number(1, seq), text(2, obj)].concat(), body)
}

pub fn ack(up_to: u64) -> Vec<u8> {
    of(Kind::Ack, &number(1, up_to))
}

pub fn end(seq: u64, status: u64) -> Vec<u8> {
    of(Kind::End, &[number(1, seq), number(2, status)].concat())
}

pub fn error(code: u64, reason: &[u8]) -> Vec<u8> {
    of(Kind::Error, &[number(1, code), text(2, reason)].concat())
}

/// START, one DATA of that seq, END.
pub fn stream(name: &[u8], seq: u64, body: &[u8]) -> Vec<u8> {
    [start(name), data(seq, body), end(seq, 0)].concat()
}

/// A frame in a few words: what a report says was got.
pub fn words(frame: &Frame<'_>) -> String {
    match frame {
        Frame::Hello(_) => "HELLO".to_owned(),
        Frame::Start(_) => "START".to_owned(),
        Frame::Data(data) => format!("DATA {} of {} bytes", data.seq, data.body.len()),
        Frame::Ack(ack) => format!("ACK {}", ack.up_to),
        Frame::End(end) => format!("END {} status {}", end.seq, end.status),
        Frame::Error(error) => {
            let label = reason(error.code).map_or(String::new(), |reason| format!(" ({reason})"));
            format!("ERROR {}{label}", error.code)
        }
    }
}

/// The reason of a code, where it has one.
pub fn reason(code: u32) -> Option<Reason> {
    Reason::ALL.into_iter().find(|reason| reason.code() == code)
}
