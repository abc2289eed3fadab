//! The frame table as C sees it.

use oap::{FrameTable, Row};
use std::mem::offset_of;

/// Of HELLO.
pub const OAP_KIND_HELLO: u8 = 1;
/// Of START.
pub const OAP_KIND_START: u8 = 2;
/// Of DATA.
pub const OAP_KIND_DATA: u8 = 3;
/// Of ACK.
pub const OAP_KIND_ACK: u8 = 4;
/// Of END.
pub const OAP_KIND_END: u8 = 5;
/// Of ERROR.
pub const OAP_KIND_ERROR: u8 = 6;

/// oap_row.flags: DATA has an `obj`.
pub const OAP_HAS_OBJ: u8 = 1;
/// oap_row.flags: HELLO has `features`.
pub const OAP_HAS_FEATURES: u8 = 2;
/// oap_row.flags: HELLO has an `ack_window`.
pub const OAP_HAS_ACK_WINDOW: u8 = 4;

/// One frame of a buffer: its numbers, and where its text and body stand. 32 bytes, no pointer, the layout is fixed.
///
/// Offsets are in bytes from the buffer that the rows belong to: `oap_frame_table.bytes`. What does not belong to a
/// kind is 0, but for the offsets, which always stay inside the buffer. The frame itself starts at
/// `body_offset - header_len - 8` and has `8 + header_len + body_len` bytes.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub struct oap_row {
    /// DATA and END: `seq`. ACK: `up_to`. HELLO: `features`, if OAP_HAS_FEATURES.
    pub seq: u64,
    /// Where the body starts; where there is none, the frame's end.
    pub body_offset: u32,
    /// DATA: bytes of its body.
    pub body_len: u32,
    /// Where START's `stream`, DATA's `obj` or ERROR's `reason` starts. UTF-8, not NUL-terminated.
    pub text_offset: u32,
    /// HELLO: `max_frame`. END: `status`. ERROR: `code`.
    pub value: u32,
    /// Bytes of that text.
    pub text_len: u16,
    /// Bytes of the header.
    pub header_len: u16,
    /// HELLO: `ack_window`, if OAP_HAS_ACK_WINDOW; else 32 is meant.
    pub ack_window: u16,
    /// OAP_KIND_…
    pub kind: u8,
    /// OAP_HAS_…
    pub flags: u8,
}

/// The frames that one call found.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct oap_frame_table {
    /// The bytes that the rows' offsets count in: the caller's own input, or the staging buffer of a stream decoder
    /// or session. Read it in place; it is not the caller's to free. The comment of each function says how long it
    /// stays.
    pub bytes: *const u8,
    /// Rows filled, from the first of the caller's array.
    pub rows: usize,
    /// Bytes of the input that are dealt with. The next input starts behind them.
    pub consumed: usize,
    /// How many bytes more, after all of the input, the next step needs: a hint for the size of the next read. 0 while
    /// `more` is true.
    pub need: usize,
    /// Whether there is more to say now: call again with the rest of the input. No row was left, or a reject follows
    /// these frames.
    pub more: bool,
}

impl From<FrameTable<'_>> for oap_frame_table {
    fn from(table: FrameTable<'_>) -> Self {
        oap_frame_table {
            bytes: table.bytes().as_ptr(),
            rows: table.len(),
            consumed: table.consumed(),
            need: table.need(),
            more: table.more(),
        }
    }
}

macro_rules! same_layout {
    ($($field:ident),*) => {
        const _: () = assert!(size_of::<oap_row>() == 32 && size_of::<Row>() == 32);
        const _: () = assert!(align_of::<oap_row>() == align_of::<Row>());
        $(const _: () = assert!(offset_of!(oap_row, $field) == offset_of!(Row, $field));)*
    };
}

same_layout!(
    seq,
    body_offset,
    body_len,
    text_offset,
    value,
    text_len,
    header_len,
    ack_window,
    kind,
    flags
);
const _: () = assert!(
    OAP_HAS_OBJ == Row::HAS_OBJ
        && OAP_HAS_FEATURES == Row::HAS_FEATURES
        && OAP_HAS_ACK_WINDOW == Row::HAS_ACK_WINDOW
);
