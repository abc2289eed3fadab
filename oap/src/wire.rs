//! Section 1 and rules 2.1 to 2.3: the prefix, keys and varints. Knows bytes, not meaning.

use crate::config::Config;
use crate::frame::Kind;
use crate::reject::{Fault, Reason};
use bytes::BufMut;

/// The version of the protocol that a HELLO says.
pub const VERSION: u32 = 1;
/// Bytes of the prefix that starts every frame.
pub const PREFIX_BYTES: usize = 8;
/// The largest frame, prefix included, in bytes: 1 MiB. It can be configured lower, never higher.
pub const MAX_FRAME_BYTES: usize = 1_048_576;
/// The smallest `max_frame` a side may advertise, in bytes.
pub const MIN_MAX_FRAME: usize = 4_096;
/// The longest header, in bytes.
pub const MAX_HEADER_BYTES: usize = 2_048;
/// The most bytes that an encoded frame has before its body: a prefix, and the `code` and `reason` of an ERROR.
pub const MAX_HEAD_BYTES: usize = PREFIX_BYTES + 4 + 3 + MAX_TEXT_BYTES;
/// The longest `stream` and `reason`, in bytes.
pub(crate) const MAX_TEXT_BYTES: usize = 1_024;
/// A good size for a host's reads and writes, in bytes. A hint: never a limit of the protocol.
pub const STREAM_CHUNK_BYTES: usize = 65_536;
/// The `ack_window` that a HELLO without one advertises, in DATA frames.
pub const DEFAULT_ACK_WINDOW: u32 = 32;
/// The largest `ack_window`, in DATA frames.
pub const MAX_ACK_WINDOW: u32 = 1_024;

/// A prefix that has passed rules 1.2 to 1.7.
#[derive(Clone, Copy)]
pub(crate) struct Prefix {
    pub length: usize,
    pub kind: Kind,
    pub header_len: usize,
}

/// A fault, and how many bytes of the frame make it known.
pub(crate) type Known = (Fault, usize);

/// Judges as much of a prefix as is there, in byte order (rule 3.2). `None`: the rest must come first.
pub(crate) fn read_prefix(bytes: &[u8], config: &Config) -> Result<Option<Prefix>, Known> {
    let Some(length) = bytes.first_chunk() else {
        return Ok(None);
    };
    let length = read_length(u32::from_be_bytes(*length), config).map_err(|fault| (fault, 4))?;
    let Some(&kind) = bytes.get(4) else {
        return Ok(None);
    };
    let kind = Kind::from_byte(kind).ok_or((UNKNOWN_KIND, 5))?;
    if config.strict_headers() && bytes.get(5).is_some_and(|&reserved| reserved != 0) {
        return Err((RESERVED, 6));
    }
    let Some(&[high, low]) = bytes.get(6..PREFIX_BYTES).and_then(|b| b.first_chunk()) else {
        return Ok(None);
    };
    let header_len = usize::from(u16::from_be_bytes([high, low]));
    check_header_len(kind, header_len, length).map_err(|fault| (fault, PREFIX_BYTES))?;
    Ok(Some(Prefix { length, kind, header_len }))
}

/// Rules 1.2 and 1.3.
fn read_length(length: u32, config: &Config) -> Result<usize, Fault> {
    let length = length as usize;
    if length > config.max_frame() {
        return Err(oversize(config.max_frame()));
    }
    if length < PREFIX_BYTES {
        return Err(TOO_SHORT);
    }
    Ok(length)
}

/// Rules 1.6 and 1.7.
fn check_header_len(kind: Kind, header_len: usize, length: usize) -> Result<(), Fault> {
    let end = PREFIX_BYTES + header_len;
    if header_len > MAX_HEADER_BYTES {
        return Err(HEADER_TOO_LONG);
    }
    if end > length {
        return Err(HEADER_PAST_END);
    }
    if kind != Kind::Data && end != length {
        return Err(BODY_NOT_ALLOWED);
    }
    Ok(())
}

pub(crate) fn oversize(max_frame: usize) -> Fault {
    let says = "is over the largest frame allowed";
    Fault::new(Reason::FrameOversize, "length", says).limit(max_frame as u64)
}

pub(crate) const UNKNOWN_KIND: Fault =
    Fault::new(Reason::UnknownEnvelope, "kind", "is none of 1..=6");
const RESERVED: Fault = malformed("reserved", "is not 0").limit(0);
const TOO_SHORT: Fault = malformed("length", "is less than the prefix").limit(PREFIX_BYTES as u64);
const HEADER_TOO_LONG: Fault =
    malformed("header_len", "is over the longest header").limit(MAX_HEADER_BYTES as u64);
const HEADER_PAST_END: Fault = malformed("header_len", "reaches past the frame's end");
const BODY_NOT_ALLOWED: Fault = malformed("body", "is allowed on DATA only").limit(0);

const fn malformed(field: &'static str, says: &'static str) -> Fault {
    Fault::new(Reason::HeaderMalformed, field, says)
}

/// The eight bytes that start a frame.
pub(crate) fn prefix_bytes(kind: Kind, header_len: usize, length: usize) -> [u8; PREFIX_BYTES] {
    let word = ((length as u64) << 32) | ((kind as u64) << 24) | header_len as u64;
    word.to_be_bytes()
}

/// The wire types a field may have; 3, 4, 6 and 7 are malformed (rule 2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WireType {
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    Fixed32 = 5,
}

/// Why bytes of a header could not be read: the words of a [`Fault`].
pub(crate) type Why = &'static str;

/// Reads a header from front to back.
pub(crate) struct Cursor<'h> {
    rest: &'h [u8],
    strict: bool,
}

impl<'h> Cursor<'h> {
    pub fn new(header: &'h [u8], strict: bool) -> Self {
        Cursor { rest: header, strict }
    }

    /// Bytes not yet read.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// Rule 2.1: a key is a field number, at least 1, and a wire type; it fits 32 bits.
    pub fn key(&mut self) -> Result<(u32, WireType), Why> {
        let key = u32::try_from(self.varint()?).map_err(|_| "has a key over 32 bits")?;
        let wire = match key & 7 {
            0 => WireType::Varint,
            1 => WireType::Fixed64,
            2 => WireType::Bytes,
            5 => WireType::Fixed32,
            _ => return Err("has a wire type other than 0, 1, 2, 5"),
        };
        match key >> 3 {
            0 => Err("has field number 0"),
            number => Ok((number, wire)),
        }
    }

    /// Rule 2.2: at most ten bytes that fit 64 bits; minimal where strict.
    pub fn varint(&mut self) -> Result<u64, Why> {
        let (value, len) = match read_varint(self.rest) {
            Some(read) => read,
            None if self.rest.len() < MAX_VARINT_BYTES => return Err("ends inside a varint"),
            None => return Err("has a varint over 64 bits"),
        };
        if self.strict && len != varint_len(value) {
            return Err("has a varint that is not minimal");
        }
        self.rest = &self.rest[len..];
        Ok(value)
    }

    /// The bytes of a length-delimited field.
    pub fn bytes(&mut self) -> Result<&'h [u8], Why> {
        let len = self.varint()?;
        self.take(usize::try_from(len).unwrap_or(usize::MAX))
    }

    /// Passes over the value of an unknown field (rule 2.12).
    pub fn skip(&mut self, wire: WireType) -> Result<(), Why> {
        match wire {
            WireType::Varint => self.varint().map(drop),
            WireType::Fixed64 => self.take(8).map(drop),
            WireType::Bytes => self.bytes().map(drop),
            WireType::Fixed32 => self.take(4).map(drop),
        }
    }

    fn take(&mut self, len: usize) -> Result<&'h [u8], Why> {
        if len > self.rest.len() {
            return Err("ends inside a field");
        }
        let (taken, rest) = self.rest.split_at(len);
        self.rest = rest;
        Ok(taken)
    }
}

const MAX_VARINT_BYTES: usize = 10;

/// The varint at the front and its length; `None` where it is cut short or does not fit 64 bits.
#[inline]
pub(crate) fn read_varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (i, &byte) in bytes.iter().take(MAX_VARINT_BYTES).enumerate() {
        if i == MAX_VARINT_BYTES - 1 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Some((value, i + 1));
        }
    }
    None
}

/// Bytes of the minimal varint.
#[inline]
pub(crate) const fn varint_len(value: u64) -> usize {
    // ceil(bits / 7) for 1..=64 bits, without a division.
    ((64 - (value | 1).leading_zeros() as usize) * 9 + 64) / 64
}

/// Writes the minimal varint.
#[inline(always)]
pub(crate) fn put_varint(mut value: u64, out: &mut impl BufMut) {
    while value >= 0x80 {
        out.put_u8(value as u8 | 0x80);
        value >>= 7;
    }
    out.put_u8(value as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_of_varint_is_written_minimal_and_read_back() {
        for bits in 0..64 {
            for value in [1u64 << bits, (1u64 << bits) - 1, u64::MAX >> bits] {
                let mut out = Vec::new();
                put_varint(value, &mut out);
                let len = out.len();
                assert_eq!(len, varint_len(value));
                assert_eq!(len, value.max(1).ilog2() as usize / 7 + 1);
                assert_eq!(read_varint(&out), Some((value, len)));
                assert_eq!(read_varint(&out[..len - 1]), None);
            }
        }
    }
}
