//! A frame to be encoded or sent, as C says it.

use crate::pointer::{self, c_bool, check_pointer, Extent};
use crate::row::{
    OAP_KIND_ACK, OAP_KIND_DATA, OAP_KIND_END, OAP_KIND_ERROR, OAP_KIND_HELLO, OAP_KIND_START,
};
use crate::status::{Failure, Outcome, OAP_STATUS_OUT_OF_RANGE};
use oap::{Ack, Data, End, Error, Frame, Hello, Start};
use std::ffi::c_char;
use std::mem::offset_of;

/// The fields of a HELLO.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_hello {
    /// Bytes of the largest frame its sender takes: 4096..=1048576.
    pub max_frame: u64,
    /// Opaque feature bits, if `has_features`.
    pub features: u64,
    /// OAP_PROTOCOL_VERSION.
    pub version: u32,
    /// DATA frames its sender takes unacknowledged, 1..=1024, if `has_ack_window`; else 32 is meant.
    pub ack_window: u32,
    /// Whether `features` is said.
    pub has_features: c_bool,
    /// Whether `ack_window` is said.
    pub has_ack_window: c_bool,
}

impl From<&oap_hello> for Hello {
    fn from(hello: &oap_hello) -> Self {
        Hello {
            version: hello.version,
            max_frame: hello.max_frame,
            features: (hello.has_features != 0).then_some(hello.features),
            ack_window: (hello.has_ack_window != 0).then_some(hello.ack_window),
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
            has_features: hello.features.is_some().into(),
            has_ack_window: hello.ack_window.is_some().into(),
        }
    }
}

/// A frame to be encoded or sent, by the names of oap_row. Only the fields of its kind are read; the others need not be
/// initialized.
///
/// A later version of the structure may have more fields at its end. A caller that does not know them is understood, by
/// its `struct_size`; where one does and the library does not, they must be 0.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_frame {
    /// sizeof(oap_frame).
    pub struct_size: usize,
    /// OAP_KIND_…
    pub kind: u8,
    /// END: `status`. ERROR: `code`. Both 0..=65535.
    pub value: u32,
    /// DATA: `seq`. END: `seq` of the stream's last DATA, or 0 where it carried none. ACK: `up_to`.
    pub seq: u64,
    /// DATA: the bytes carried; (NULL, 0) is empty.
    pub body: *const u8,
    /// Bytes of `body`.
    pub body_len: usize,
    /// START: `stream`, 1..=1024 bytes. DATA: `obj`, "b3:" and 64 lowercase hex digits; (NULL, 0) for none (an empty one
    /// is malformed). ERROR: `reason`, 0..=1024 bytes; (NULL, 0) is empty. UTF-8 without control characters.
    pub text: *const c_char,
    /// Bytes of `text`.
    pub text_len: usize,
    /// HELLO: its fields. NULL in oap_session_send: those that the configuration makes.
    pub hello: *const oap_hello,
}

/// No later version is as large.
const LARGEST: usize = 4_096;

const OUT_OF_RANGE: Failure = Failure(OAP_STATUS_OUT_OF_RANGE);

macro_rules! end_of {
    ($field:ident, $type:ty) => {
        offset_of!(oap_frame, $field) + size_of::<$type>()
    };
}

/// Where the fields of a kind end: a `struct_size` below is refused.
const fn least_size(kind: u8) -> usize {
    match kind {
        OAP_KIND_ACK | OAP_KIND_END => end_of!(seq, u64),
        OAP_KIND_DATA | OAP_KIND_START | OAP_KIND_ERROR => end_of!(text_len, usize),
        _ => end_of!(hello, *const oap_hello),
    }
}

/// For callers compiled with another version of the structure.
#[cold]
unsafe fn check_size(frame: *const oap_frame, size: usize) -> Outcome {
    if size < end_of!(kind, u8) || size > LARGEST {
        return Err(OUT_OF_RANGE);
    }
    // SAFETY: the caller gives `size` bytes, and `kind` is inside them.
    if size < least_size(unsafe { (*frame).kind }) {
        return Err(OUT_OF_RANGE);
    }
    // SAFETY: likewise; what a later version adds is initialized by who knows it.
    match unsafe { pointer::is_zero_from(frame, size_of::<oap_frame>(), size) } {
        true => Ok(()),
        false => Err(OUT_OF_RANGE),
    }
}

/// Where the text and the body of a frame lie, or its HELLO.
pub(crate) type Inputs = [Extent; 2];

/// That there is a frame of a size that the library knows. Returns its kind.
///
/// # Safety
/// `frame` is NULL, misaligned, or holds `struct_size` bytes with the fields of its kind initialized.
#[inline(always)]
pub(crate) unsafe fn check(frame: *const oap_frame) -> Result<u8, Failure> {
    check_pointer(frame)?;
    // SAFETY: checked, and the caller's promise. No reference is made: other fields may be uninitialized.
    unsafe {
        let size = (*frame).struct_size;
        if size != size_of::<oap_frame>() {
            check_size(frame, size)?;
        }
        Ok((*frame).kind)
    }
}

/// Reads a frame that was checked: text and bytes are checked, the rules are the core's. `own` is what a HELLO without
/// fields says.
///
/// # Safety
/// As in `check`; texts and body stay as they are for 'a.
pub(crate) unsafe fn read<'a>(
    frame: *const oap_frame,
    own: Option<Hello>,
) -> Result<(Frame<'a>, Inputs), Failure> {
    // SAFETY: the caller's promise.
    unsafe {
        match check(frame)? {
            OAP_KIND_DATA if is_bare(frame) => {
                let body = check_body(frame)?;
                Ok((Frame::Data(read_bare_data(frame)), [body, Extent::NONE]))
            }
            OAP_KIND_ACK => Ok((read_ack(frame), [Extent::NONE; 2])),
            _ => read_other(frame, own),
        }
    }
}

/// # Safety
/// As in `read`.
#[inline(always)]
pub(crate) unsafe fn read_ack<'a>(frame: *const oap_frame) -> Frame<'a> {
    // SAFETY: the caller's promise.
    Frame::Ack(Ack { up_to: unsafe { (*frame).seq } })
}

/// Whether there is no text.
///
/// # Safety
/// As in `read`.
#[inline(always)]
pub(crate) unsafe fn is_bare(frame: *const oap_frame) -> bool {
    // SAFETY: the caller's promise.
    unsafe { (*frame).text.is_null() && (*frame).text_len == 0 }
}

/// # Safety
/// As in `read`.
#[inline(always)]
pub(crate) unsafe fn check_body(frame: *const oap_frame) -> Result<Extent, Failure> {
    // SAFETY: the caller's promise.
    unsafe { pointer::check_items((*frame).body, (*frame).body_len) }
}

/// A DATA without `obj`, whose body `check_body` has seen.
///
/// # Safety
/// As in `read`.
#[inline(always)]
pub(crate) unsafe fn read_bare_data<'a>(frame: *const oap_frame) -> Data<'a> {
    // SAFETY: the caller's promise.
    unsafe {
        let body = pointer::slice((*frame).body, (*frame).body_len);
        Data { seq: (*frame).seq, obj: None, body }
    }
}

/// # Safety
/// As in `read`.
pub(crate) unsafe fn read_other<'a>(
    frame: *const oap_frame,
    own: Option<Hello>,
) -> Result<(Frame<'a>, Inputs), Failure> {
    // SAFETY: as in `read`.
    unsafe {
        let all = || text((*frame).text, (*frame).text_len);
        // Only of the kinds that have one: else it may be uninitialized, or past the structure's end.
        let at = || Extent::of((*frame).text, (*frame).text_len);
        Ok(match (*frame).kind {
            OAP_KIND_DATA => {
                let body = check_body(frame)?;
                let data = Data { obj: Some(all()?), ..read_bare_data(frame) };
                (Frame::Data(data), [body, at()])
            }
            OAP_KIND_END => {
                let end = End { seq: (*frame).seq, status: (*frame).value };
                (Frame::End(end), [Extent::NONE; 2])
            }
            OAP_KIND_START => (Frame::Start(Start { stream: all()? }), [at(), Extent::NONE]),
            OAP_KIND_ERROR => {
                let error = Error { code: (*frame).value, reason: all()? };
                (Frame::Error(error), [at(), Extent::NONE])
            }
            OAP_KIND_HELLO => (Frame::Hello(read_hello((*frame).hello, own)?), [Extent::NONE; 2]),
            _ => return Err(OUT_OF_RANGE),
        })
    }
}

unsafe fn read_hello(hello: *const oap_hello, own: Option<Hello>) -> Result<Hello, Failure> {
    match own {
        Some(own) if hello.is_null() => Ok(own),
        // SAFETY: as in `read`.
        _ => Ok(unsafe { pointer::input(hello) }?.into()),
    }
}

/// Text that is not UTF-8 breaks the rule of its field, as a control character does.
///
/// # Safety
/// As in `pointer::items`.
pub(crate) unsafe fn text<'a>(start: *const c_char, len: usize) -> Result<&'a str, Failure> {
    // SAFETY: the caller's promise.
    let bytes = unsafe { pointer::items(start.cast::<u8>(), len) }?;
    Ok(std::str::from_utf8(bytes).unwrap_or("\u{7f}"))
}

/// An array of frames, each of the size that the first tells.
#[derive(Clone, Copy)]
pub(crate) struct Frames {
    first: *const oap_frame,
    count: usize,
    size: usize,
}

impl Frames {
    /// # Safety
    /// `first` is NULL, misaligned, or holds so many frames, each as `read` asks.
    pub unsafe fn new(first: *const oap_frame, count: usize) -> Result<Self, Failure> {
        if count == 0 {
            return Ok(Frames { first, count, size: 0 });
        }
        check_pointer(first)?;
        // SAFETY: checked, and the caller's promise.
        let size = unsafe { (*first).struct_size };
        let fits = (1..=LARGEST).contains(&size) && size % align_of::<oap_frame>() == 0;
        if !fits || count > isize::MAX as usize / size {
            return Err(OUT_OF_RANGE);
        }
        Ok(Frames { first, count, size })
    }

    pub fn extent(self) -> Extent {
        Extent::of(self.first.cast::<u8>(), self.count * self.size)
    }

    /// The frames, each with its inputs, or why it can't be read.
    ///
    /// # Safety
    /// The promise made to `new` still holds, for 'a.
    pub unsafe fn read<'a>(
        self,
        own: Hello,
    ) -> impl Iterator<Item = Result<(Frame<'a>, Inputs), Failure>> {
        (0..self.count).map(move |index| {
            // SAFETY: inside the array, which is not longer than an object can be; the rest is the caller's promise.
            unsafe {
                let frame = self.first.byte_add(index * self.size);
                if (*frame).struct_size != self.size {
                    return Err(OUT_OF_RANGE);
                }
                read(frame, Some(own))
            }
        })
    }
}
