//! Section 1: the prefix of every frame.

use crate::config::Config;
use crate::frame::Kind;
use crate::limits::{MAX_HEADER_BYTES, PREFIX_BYTES};
use crate::reject::{Fault, Reason};

/// A prefix that has passed rules 1.2 to 1.7.
#[derive(Clone, Copy)]
pub(crate) struct Prefix {
    pub length: usize,
    pub kind: Kind,
    pub header_len: usize,
}

/// A fault, and how many bytes of the frame make it known.
pub(crate) type FaultAt = (Fault, usize);

/// Judges as much of a prefix as is there, in byte order (rule 3.2). `None`: the rest must come first.
pub(crate) fn read_prefix(bytes: &[u8], config: &Config) -> Result<Option<Prefix>, FaultAt> {
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
    let detail = "is over the largest frame allowed";
    Fault::new(Reason::FrameOversize, "length", detail).limit(max_frame as u64)
}

pub(crate) const UNKNOWN_KIND: Fault =
    Fault::new(Reason::UnknownEnvelope, "kind", "is none of 1..=6");
const RESERVED: Fault = malformed("reserved", "is not 0").limit(0);
const TOO_SHORT: Fault = malformed("length", "is less than the prefix").limit(PREFIX_BYTES as u64);
const HEADER_TOO_LONG: Fault =
    malformed("header_len", "is over the longest header").limit(MAX_HEADER_BYTES as u64);
const HEADER_PAST_END: Fault = malformed("header_len", "reaches past the frame's end");
const BODY_NOT_ALLOWED: Fault = malformed("body", "is allowed on DATA only").limit(0);

const fn malformed(field: &'static str, detail: &'static str) -> Fault {
    Fault::new(Reason::HeaderMalformed, field, detail)
}

/// The eight bytes that start a frame.
pub(crate) fn prefix_bytes(kind: Kind, header_len: usize, length: usize) -> [u8; PREFIX_BYTES] {
    let word = ((length as u64) << 32) | ((kind as u64) << 24) | header_len as u64;
    word.to_be_bytes()
}
