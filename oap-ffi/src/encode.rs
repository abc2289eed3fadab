//! Encoding: a function a kind, and a table at once.

use crate::handle::{self, guard};
use crate::row::oap_row;
use crate::status::{oap_status, Failure, OAP_STATUS_BUFFER_TOO_SMALL};
use oap::{Ack, Data, EncodeError, End, Error, Frame, Hello, Start};
use std::ffi::c_char;
use std::ops::Range;
use std::ptr;

/// The fields of a HELLO.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_hello {
    /// Bytes of the largest frame its sender takes: 4096..=1048576.
    pub max_frame: u64,
    /// Opaque feature bits, if `has_features`.
    pub features: u64,
    /// 1.
    pub version: u32,
    /// DATA frames its sender takes unacknowledged, 1..=1024, if `has_ack_window`; else 32 is meant.
    pub ack_window: u32,
    /// Whether `features` is said.
    pub has_features: bool,
    /// Whether `ack_window` is said.
    pub has_ack_window: bool,
}

impl From<&oap_hello> for Hello {
    fn from(hello: &oap_hello) -> Self {
        Hello {
            version: hello.version,
            max_frame: hello.max_frame,
            features: hello.has_features.then_some(hello.features),
            ack_window: hello.has_ack_window.then_some(hello.ack_window),
        }
    }
}

impl From<Hello> for oap_hello {
    fn from(hello: Hello) -> Self {
        oap_hello {
            max_frame: hello.max_frame,
            features: hello.features.unwrap_or(0),
            version: hello.version,
            ack_window: hello.ack_window.unwrap_or(0),
            has_features: hello.features.is_some(),
            has_ack_window: hello.ack_window.is_some(),
        }
    }
}

/// What the caller wants sent: text and bytes are checked, the rules are the core's.
pub(crate) enum Wanted {
    Hello(*const oap_hello),
    Start((*const c_char, usize)),
    Data { seq: u64, obj: (*const c_char, usize), body: (*const u8, usize) },
    Ack(u64),
    End { seq: u64, status: u32 },
    Error { code: u32, reason: (*const c_char, usize) },
}

/// Where a frame goes, and where its size is told.
pub(crate) struct Output {
    pub out: *mut u8,
    pub capacity: usize,
    pub size: *mut usize,
}

impl Wanted {
    /// The frame, borrowing from the caller's memory.
    #[inline(always)]
    unsafe fn frame<'a>(&self) -> Result<Frame<'a>, Failure> {
        unsafe {
            Ok(match *self {
                Wanted::Hello(hello) => Frame::Hello(handle::input(hello)?.into()),
                Wanted::Start(stream) => Frame::Start(Start { stream: text(stream)? }),
                Wanted::Data { seq, obj, body } => Frame::Data(Data {
                    seq,
                    obj: if obj == (ptr::null(), 0) { None } else { Some(text(obj)?) },
                    body: handle::items(body.0, body.1)?,
                }),
                Wanted::Ack(up_to) => Frame::Ack(Ack { up_to }),
                Wanted::End { seq, status } => Frame::End(End { seq, status }),
                Wanted::Error { code, reason } => {
                    Frame::Error(Error { code, reason: text(reason)? })
                }
            })
        }
    }

    #[inline(always)]
    fn inputs(&self) -> [Range<*const u8>; 2] {
        let bytes = |start: *const u8, len: usize| start..start.wrapping_add(len);
        let text = |(start, len): (*const c_char, usize)| bytes(start.cast(), len);
        let none = ptr::null()..ptr::null();
        match *self {
            Wanted::Start(stream) => [text(stream), none],
            Wanted::Data { obj, body, .. } => [text(obj), bytes(body.0, body.1)],
            Wanted::Error { reason, .. } => [text(reason), none],
            Wanted::Hello(_) | Wanted::Ack(_) | Wanted::End { .. } => [none.clone(), none],
        }
    }

    /// The frame and the bytes where it goes: inputs are checked first, then the output, then where its size is told.
    #[inline(always)]
    pub unsafe fn check<'a>(&self, output: &Output) -> Result<(Frame<'a>, &'a mut [u8]), Failure> {
        let frame = unsafe { self.frame() }?;
        let out = unsafe { handle::output(output.out, output.capacity, &self.inputs()) }?;
        if output.size.is_null() {
            return Err(handle::NULL);
        }
        Ok((frame, out))
    }

    #[inline(always)]
    unsafe fn encode(&self, output: Output) -> Result<(), Failure> {
        unsafe {
            let (frame, out) = self.check(&output)?;
            output.tell(oap::encode(&frame, out))
        }
    }
}

impl Output {
    /// Tells the size: written, or needed where there is too little room.
    #[inline(always)]
    pub unsafe fn tell(&self, encoded: Result<usize, EncodeError>) -> Result<(), Failure> {
        let (size, done) = match encoded {
            Ok(written) => (written, Ok(())),
            Err(EncodeError::BufferTooSmall { needed }) => {
                (needed, Err(Failure(OAP_STATUS_BUFFER_TOO_SMALL)))
            }
            Err(error) => return Err(error.into()),
        };
        // SAFETY: not NULL; the caller gives a valid place. Nothing borrows the output any more.
        unsafe { self.size.write(size) };
        done
    }
}

/// Text that is not UTF-8 breaks the rule of its field, as a control character does.
unsafe fn text<'a>((start, len): (*const c_char, usize)) -> Result<&'a str, Failure> {
    let bytes = unsafe { handle::items(start.cast::<u8>(), len) }?;
    Ok(std::str::from_utf8(bytes).unwrap_or("\u{7f}"))
}

/// Encodes a HELLO, apart from any session.
///
/// @param hello     its fields
/// @param out       where the frame goes; the caller's, and not overlapping an input
/// @param capacity  bytes that fit there; OAP_MAX_HEAD_BYTES plus those of the body are always enough
/// @param size      the frame's bytes: written on OAP_STATUS_OK, needed on OAP_STATUS_BUFFER_TOO_SMALL
/// @return OAP_STATUS_OK, OAP_STATUS_BAD_HELLO where a field breaks its rule, OAP_STATUS_BUFFER_TOO_SMALL,
///         OAP_STATUS_NULL_POINTER, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP, OAP_STATUS_INTERNAL
#[no_mangle]
pub unsafe extern "C" fn oap_encode_hello(
    hello: *const oap_hello,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    guard(|| unsafe { Wanted::Hello(hello).encode(Output { out, capacity, size }) })
}

/// Encodes a START, apart from any session.
///
/// @param stream      1..=1024 bytes of UTF-8, no control characters
/// @param stream_len  bytes there
/// @param out, capacity, size  as in oap_encode_hello
/// @return as oap_encode_hello, with OAP_STATUS_HEADER_MALFORMED where `stream` breaks its rule
#[no_mangle]
pub unsafe extern "C" fn oap_encode_start(
    stream: *const c_char,
    stream_len: usize,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    guard(|| unsafe { Wanted::Start((stream, stream_len)).encode(Output { out, capacity, size }) })
}

/// Encodes a DATA, apart from any session.
///
/// @param seq       its number
/// @param obj       "b3:" and 64 lowercase hex digits; (NULL, 0) for none (an empty one is malformed)
/// @param obj_len   bytes there: 67 or 0
/// @param body      the bytes carried; (NULL, 0) is empty
/// @param body_len  bytes there
/// @param out, capacity, size  as in oap_encode_hello
/// @return as oap_encode_hello, with OAP_STATUS_HEADER_MALFORMED where `obj` breaks its rule and
///         OAP_STATUS_FRAME_OVERSIZE where the frame would be over 1 MiB
#[no_mangle]
pub unsafe extern "C" fn oap_encode_data(
    seq: u64,
    obj: *const c_char,
    obj_len: usize,
    body: *const u8,
    body_len: usize,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    guard(|| unsafe {
        Wanted::Data { seq, obj: (obj, obj_len), body: (body, body_len) }.encode(Output {
            out,
            capacity,
            size,
        })
    })
}

/// Encodes an ACK, apart from any session.
///
/// @param up_to  the seq acknowledged, and all before it
/// @param out, capacity, size  as in oap_encode_hello
/// @return as oap_encode_hello
#[no_mangle]
pub unsafe extern "C" fn oap_encode_ack(
    up_to: u64,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    guard(|| unsafe { Wanted::Ack(up_to).encode(Output { out, capacity, size }) })
}

/// Encodes an END, apart from any session.
///
/// @param seq     the seq of the stream's last DATA, or 0 where it carried none
/// @param status  the host's: 0..=65535
/// @param out, capacity, size  as in oap_encode_hello
/// @return as oap_encode_hello, with OAP_STATUS_HEADER_MALFORMED where `status` breaks its rule
#[no_mangle]
pub unsafe extern "C" fn oap_encode_end(
    seq: u64,
    status: u32,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    guard(|| unsafe { Wanted::End { seq, status }.encode(Output { out, capacity, size }) })
}

/// Encodes an ERROR, apart from any session.
///
/// @param code        1..=8 for a reject, others the host's: 0..=65535
/// @param reason      0..=1024 bytes of UTF-8, no control characters; (NULL, 0) is empty
/// @param reason_len  bytes there
/// @param out, capacity, size  as in oap_encode_hello
/// @return as oap_encode_hello, with OAP_STATUS_HEADER_MALFORMED where `code` or `reason` breaks its rule
#[no_mangle]
pub unsafe extern "C" fn oap_encode_error(
    code: u32,
    reason: *const c_char,
    reason_len: usize,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    guard(|| unsafe {
        Wanted::Error { code, reason: (reason, reason_len) }.encode(Output { out, capacity, size })
    })
}

/// How far oap_encode_rows came.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_encoded {
    /// Rows encoded.
    pub rows: usize,
    /// Bytes written.
    pub written: usize,
}

/// Encodes the frames of a table, as many as there is room for: the inverse of oap_decoder_decode, apart from any
/// session. `header_len` of a row is not read; texts and bodies stand in `bytes`.
///
/// @param rows      the frames
/// @param count     rows there
/// @param bytes     what the rows' offsets count in; (NULL, 0) is empty
/// @param len       bytes there
/// @param out       where the frames go; the caller's, and not overlapping an input
/// @param capacity  bytes that fit there
/// @param encoded   how far it came: all rows, or up to one that does not fit or is bad; call again from there
/// @return OAP_STATUS_OK where at least one row was encoded or there are none; else what is wrong with the first row:
///         a reject's code, OAP_STATUS_BUFFER_TOO_SMALL, OAP_STATUS_OUT_OF_BOUNDS; OAP_STATUS_NULL_POINTER,
///         OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP, OAP_STATUS_INTERNAL. Written on OAP_STATUS_OK only.
#[no_mangle]
pub unsafe extern "C" fn oap_encode_rows(
    rows: *const oap_row,
    count: usize,
    bytes: *const u8,
    len: usize,
    out: *mut u8,
    capacity: usize,
    encoded: *mut oap_encoded,
) -> oap_status {
    guard(|| unsafe {
        let (rows, bytes) = (handle::rows(rows, count)?, handle::items(bytes, len)?);
        let encoded = handle::out(encoded)?;
        let inputs = [bytes.as_ptr_range(), as_bytes(rows)];
        let done = oap::encode_rows(rows, bytes, handle::output(out, capacity, &inputs)?)?;
        *encoded = oap_encoded { rows: done.rows, written: done.written };
        Ok(())
    })
}

fn as_bytes<T>(items: &[T]) -> Range<*const u8> {
    let Range { start, end } = items.as_ptr_range();
    start.cast()..end.cast()
}
