//! The one canonical encoding of a frame (rule 2.11).

use crate::frame::{Ack, Data, Frame, Kind};
use crate::reject::{Fault, Reason};
use crate::row::Row;
use crate::wire::header::Head;
use crate::wire::prefix::UNKNOWN_KIND;
use bytes::BufMut;
use core::fmt;

/// Why a frame was not encoded. Nothing was written, and a session stays as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// The peer would have to reject it: the rule that it breaks.
    Refused(Fault),
    /// It is good, but the output is too small.
    BufferTooSmall {
        /// Bytes that the frame takes.
        needed: usize,
    },
    /// A row names bytes that its buffer does not have.
    OutOfBounds,
}

impl EncodeError {
    /// The label, where a rule was broken.
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            EncodeError::Refused(fault) => Some(fault.reason()),
            _ => None,
        }
    }
}

impl From<Fault> for EncodeError {
    fn from(fault: Fault) -> Self {
        EncodeError::Refused(fault)
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::Refused(fault) => fault.fmt(f),
            EncodeError::BufferTooSmall { needed } => write!(f, "the frame takes {needed} bytes"),
            EncodeError::OutOfBounds => f.write_str("the row's text or body is not in the buffer"),
        }
    }
}

#[cfg(feature = "std")]
impl std::error::Error for EncodeError {}

/// Bytes of the frame's encoding.
///
/// # Errors
/// The [`Fault`] that a decoder would find: in the fields first, then in the length.
pub fn encoded_len(frame: &Frame<'_>) -> Result<usize, Fault> {
    Head::of(frame).map(|head| head.length)
}

/// Writes the frame to the front of `out` and gives its length in bytes. Does not allocate.
///
/// # Errors
/// [`EncodeError::Refused`] where a decoder would reject it, [`EncodeError::BufferTooSmall`] where `out` is.
#[inline(always)]
pub fn encode(frame: &Frame<'_>, mut out: &mut [u8]) -> Result<usize, EncodeError> {
    encode_to(frame, &mut out)
}

/// Appends the frame to a buffer that may grow (`Vec<u8>`, `BytesMut`) and gives its length in bytes.
///
/// # Errors
/// As [`encode()`]; a growing buffer is never too small.
#[inline(always)]
pub fn encode_to(frame: &Frame<'_>, out: &mut impl BufMut) -> Result<usize, EncodeError> {
    match *frame {
        // Each on its own, as in `encode_row`.
        Frame::Data(Data { seq, obj, body }) => {
            put(&Head::data(seq, obj.map(str::as_bytes), body.len())?, body, out)
        }
        Frame::Ack(Ack { up_to }) => put(&Head::ack(up_to)?, &[], out),
        Frame::Hello(_) | Frame::Start(_) | Frame::End(_) | Frame::Error(_) => {
            put(&Head::of(frame)?, &[], out)
        }
    }
}

pub(crate) fn body_of<'a>(frame: &Frame<'a>) -> &'a [u8] {
    match frame {
        Frame::Data(Data { seq: _, obj: _, body }) => body,
        Frame::Hello(_) | Frame::Start(_) | Frame::Ack(_) | Frame::End(_) | Frame::Error(_) => &[],
    }
}

#[inline(always)]
pub(crate) fn put(
    head: &Head<'_>,
    body: &[u8],
    out: &mut impl BufMut,
) -> Result<usize, EncodeError> {
    if out.remaining_mut() < head.length {
        return Err(EncodeError::BufferTooSmall { needed: head.length });
    }
    head.put(out);
    out.put_slice(body);
    Ok(head.length)
}

/// How far [`encode_rows`] came.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Encoded {
    /// Rows encoded.
    pub rows: usize,
    /// Bytes written.
    pub written: usize,
}

/// Encodes the frames of a table, whose texts and bodies stand in `bytes`, as many as `out` has room for. The
/// inverse of [`Decoder::decode_table`](crate::Decoder::decode_table); `header_len` is not read. Does not allocate.
///
/// # Errors
/// The fault of the first row not yet encoded, if none was before it in this call.
pub fn encode_rows(rows: &[Row], bytes: &[u8], out: &mut [u8]) -> Result<Encoded, EncodeError> {
    let mut done = Encoded::default();
    for row in rows {
        match encode_row(row, bytes, &mut out[done.written..]) {
            Ok(written) => done.written += written,
            Err(error) if done.rows == 0 => return Err(error),
            Err(_) => break,
        }
        done.rows += 1;
    }
    Ok(done)
}

/// Each kind on its own, so that a DATA or ACK does only what it needs.
#[inline(always)]
fn encode_row(row: &Row, bytes: &[u8], mut out: &mut [u8]) -> Result<usize, EncodeError> {
    let text = || row.text(bytes).ok_or(EncodeError::OutOfBounds);
    let body = || row.body(bytes).ok_or(EncodeError::OutOfBounds);
    let out = &mut out;
    match Kind::from_byte(row.kind).ok_or(UNKNOWN_KIND)? {
        Kind::Data if !row.has(Row::HAS_OBJ) => {
            let body = body()?;
            put(&Head::data(row.seq, None, body.len())?, body, out)
        }
        Kind::Ack => put(&Head::ack(row.seq)?, &[], out),
        Kind::Data => {
            let (obj, body) = (text()?, body()?);
            put(&Head::data(row.seq, Some(obj), body.len())?, body, out)
        }
        Kind::Hello => put(&Head::hello(&row.hello())?, &[], out),
        Kind::Start => put(&Head::start(text()?)?, &[], out),
        Kind::End => put(&Head::end(row.seq, row.value)?, &[], out),
        Kind::Error => put(&Head::error(row.value, text()?)?, &[], out),
    }
}
