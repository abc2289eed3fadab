//! Encoding, apart from any session: a frame, and a table at once.

use crate::frame::{self, oap_frame};
use crate::handle::guard;
use crate::pointer::{self, check_items, Extent, Place, NULL};
use crate::reject::{found, oap_reject};
use crate::row::{oap_row, OAP_KIND_ACK, OAP_KIND_DATA};
use crate::status::{oap_status, Failure, Outcome, OAP_STATUS_ABSENT, OAP_STATUS_BUFFER_TOO_SMALL};
use oap::{EncodeError, Frame};

/// Where encoded bytes go, and where their number is written. Neither need be initialized.
#[derive(Clone, Copy)]
pub(crate) struct Output {
    pub out: *mut u8,
    pub capacity: usize,
    pub size: *mut usize,
}

impl Output {
    /// That there is an output, which overlaps nothing of what is read.
    #[inline(always)]
    pub fn check<const N: usize>(self, inputs: [Extent; N]) -> Outcome {
        let out = check_items(self.out, self.capacity)?;
        if self.size.is_null() {
            return Err(NULL);
        }
        let size = Extent::of(self.size, 1);
        out.check_apart(inputs)?;
        size.check_apart(inputs)?;
        size.check_apart([out])
    }

    /// # Safety
    /// `check` has passed, so many bytes are writable, and only the holder of the slice uses them.
    #[inline(always)]
    pub unsafe fn bytes<'a>(self) -> &'a mut [u8] {
        // SAFETY: the caller's promise; the core writes to them and reads none that it has not written.
        unsafe { pointer::output(self.out, self.capacity) }
    }

    /// # Safety
    /// As in `bytes`.
    #[inline(always)]
    unsafe fn encode(self, frame: &Frame<'_>) -> Outcome {
        // SAFETY: the caller's promise.
        unsafe { self.finish(oap::encode(frame, self.bytes())) }
    }

    /// Writes the number of bytes: written, or needed where there is too little room.
    ///
    /// # Safety
    /// `check` has passed, and `size` is valid for a write.
    #[inline(always)]
    pub unsafe fn finish(self, encoded: Result<usize, EncodeError>) -> Outcome {
        let (size, done) = match encoded {
            Ok(written) => (written, Ok(())),
            Err(EncodeError::BufferTooSmall { needed }) => {
                (needed, Err(Failure(OAP_STATUS_BUFFER_TOO_SMALL)))
            }
            Err(error) => return Err(error.into()),
        };
        // SAFETY: the caller's promise.
        unsafe { self.size.write_unaligned(size) };
        done
    }
}

/// Encodes a frame, apart from any session.
///
/// @param frame     it is only read, and so are its text and body
/// @param out       where the encoded frame goes; the caller's, and not overlapping an input
/// @param capacity  bytes that fit there; OAP_MAX_HEAD_BYTES plus those of the body are always enough
/// @param size      the frame's bytes: written on OAP_STATUS_OK, needed on OAP_STATUS_BUFFER_TOO_SMALL
/// @return OAP_STATUS_OK; OAP_STATUS_BAD_HELLO or OAP_STATUS_HEADER_MALFORMED where a field breaks its rule,
///         OAP_STATUS_FRAME_OVERSIZE where the frame would be over 1 MiB (oap_encode_refusal says more);
///         OAP_STATUS_BUFFER_TOO_SMALL, OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_OUT_OF_RANGE (no
///         such kind, or another structure), OAP_STATUS_OVERLAP, OAP_STATUS_INTERNAL
#[no_mangle]
pub unsafe extern "C" fn oap_encode(
    frame: *const oap_frame,
    out: *mut u8,
    capacity: usize,
    size: *mut usize,
) -> oap_status {
    let output = Output { out, capacity, size };
    // Each on its own, so that a DATA or ACK does only what it needs.
    // SAFETY: the caller keeps the header's promises.
    guard(|| unsafe {
        match frame::check(frame)? {
            OAP_KIND_DATA if frame::is_bare(frame) => {
                let body = frame::check_body(frame)?;
                output.check([body])?;
                output.encode(&Frame::Data(frame::read_bare_data(frame)))
            }
            OAP_KIND_ACK => {
                output.check([])?;
                output.encode(&frame::read_ack(frame))
            }
            _ => {
                let (read, inputs) = frame::read_other(frame, None)?;
                output.check(inputs)?;
                output.encode(&read)
            }
        }
    })
}

/// Why oap_encode refuses a frame: the field and the limit. It keeps nothing of a call before: the frame is looked at anew.
///
/// @param frame    it is only read, and so are its text and body
/// @param refusal  where it goes; its `offset` and `at` are 0
/// @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the frame breaks no rule, OAP_STATUS_NULL_POINTER,
///         OAP_STATUS_MISALIGNED, OAP_STATUS_OUT_OF_RANGE (no such kind, or another structure), OAP_STATUS_INTERNAL
#[no_mangle]
pub unsafe extern "C" fn oap_encode_refusal(
    frame: *const oap_frame,
    refusal: *mut oap_reject,
) -> oap_status {
    guard(|| {
        // SAFETY: the caller keeps the header's promises.
        let (place, (frame, _)) = unsafe { (Place::new(refusal)?, frame::read(frame, None)?) };
        place.write(found(oap::encoded_len(&frame).err().as_ref())?);
        Ok(())
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
///         a reject's code (oap_encode_rows_refusal says more), OAP_STATUS_BUFFER_TOO_SMALL, OAP_STATUS_OUT_OF_BOUNDS;
///         OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_OVERLAP,
///         OAP_STATUS_INTERNAL. Written on OAP_STATUS_OK only.
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
    guard(|| {
        // SAFETY: the caller keeps the header's promises.
        let (rows, bytes, encoded) = unsafe {
            (pointer::rows(rows, count)?, pointer::items(bytes, len)?, Place::new(encoded)?)
        };
        let inputs = [Extent::of_slice(bytes), Extent::of_slice(rows)];
        let output = check_items(out, capacity)?;
        output.check_apart(inputs)?;
        encoded.extent().check_apart(inputs)?;
        encoded.extent().check_apart([output])?;
        // SAFETY: likewise; it is checked to be apart from what is read meanwhile.
        let done = oap::encode_rows(rows, bytes, unsafe { pointer::output(out, capacity) })?;
        encoded.write(oap_encoded { rows: done.rows, written: done.written });
        Ok(())
    })
}

/// Why oap_encode_rows refuses a row: the field and the limit. As oap_encode_refusal.
///
/// @param row      the frame; `header_len` is not read
/// @param bytes    what the row's offsets count in; (NULL, 0) is empty
/// @param len      bytes there
/// @param refusal  where it goes; its `offset` and `at` are 0
/// @return OAP_STATUS_OK, OAP_STATUS_ABSENT where the row breaks no rule, OAP_STATUS_OUT_OF_BOUNDS,
///         OAP_STATUS_NULL_POINTER, OAP_STATUS_MISALIGNED, OAP_STATUS_OUT_OF_RANGE, OAP_STATUS_INTERNAL
#[no_mangle]
pub unsafe extern "C" fn oap_encode_rows_refusal(
    row: *const oap_row,
    bytes: *const u8,
    len: usize,
    refusal: *mut oap_reject,
) -> oap_status {
    guard(|| {
        // SAFETY: the caller keeps the header's promises.
        let (row, bytes, place) =
            unsafe { (pointer::rows(row, 1)?, pointer::items(bytes, len)?, Place::new(refusal)?) };
        let refused = match oap::encode_rows(row, bytes, &mut []) {
            Err(EncodeError::Refused(why)) => oap_reject::from(&why),
            Err(EncodeError::BufferTooSmall { .. }) | Ok(_) => {
                return Err(Failure(OAP_STATUS_ABSENT))
            }
            Err(error) => return Err(error.into()),
        };
        place.write(refused);
        Ok(())
    })
}
