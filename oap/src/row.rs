//! A row: one frame of a buffer, in a fixed size.

use crate::frame::{Ack, Data, End, Error, Frame, Hello, Kind, Start};
use crate::limits::{PREFIX_BYTES, VERSION};
use core::fmt;

/// One frame of a buffer: its numbers, and where its text and body stand. 32 bytes, no pointer.
///
/// Offsets are in bytes from the start of the buffer that was decoded. A field that does not belong to a kind is 0, but for
/// the offsets, which always stay inside the buffer.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
#[repr(C)]
pub struct Row {
    /// DATA and END: `seq`. ACK: `up_to`. HELLO: `features`.
    pub seq: u64,
    /// Where the body starts; where there is none, the frame's end.
    pub body_offset: u32,
    /// DATA: bytes of its body.
    pub body_len: u32,
    /// Where START's `stream`, DATA's `obj` or ERROR's `reason` starts.
    pub text_offset: u32,
    /// HELLO: `max_frame`. END: `status`. ERROR: `code`.
    pub value: u32,
    /// Bytes of that text.
    pub text_len: u16,
    /// Bytes of the header. The frame starts at `body_offset − header_len − 8`.
    pub header_len: u16,
    /// HELLO: `ack_window`.
    pub ack_window: u16,
    /// 1..=6, the byte of [`Kind`].
    pub kind: u8,
    /// Which optional fields are present: `HAS_…`.
    pub flags: u8,
}

impl Row {
    /// DATA has an `obj`.
    pub const HAS_OBJ: u8 = 1;
    /// HELLO has `features`.
    pub const HAS_FEATURES: u8 = 2;
    /// HELLO has an `ack_window`.
    pub const HAS_ACK_WINDOW: u8 = 4;

    /// The row of a frame at `offset`, as far as its prefix tells.
    pub(crate) fn at(kind: Kind, offset: u32, header_len: usize, length: usize) -> Row {
        let header_end = PREFIX_BYTES + header_len;
        Row {
            body_offset: offset + header_end as u32,
            body_len: (length - header_end) as u32,
            header_len: header_len as u16,
            kind: kind as u8,
            ..Row::default()
        }
    }

    /// Where the frame starts in the buffer; 0 in a row of no decoder that says less.
    pub const fn offset(&self) -> usize {
        (self.body_offset as usize).saturating_sub(self.header_len as usize + PREFIX_BYTES)
    }

    /// Bytes of the whole frame.
    pub const fn length(&self) -> usize {
        PREFIX_BYTES + self.header_len as usize + self.body_len as usize
    }

    /// START's `stream`, DATA's `obj` or ERROR's `reason` in the buffer that was decoded; `None` in a shorter one.
    pub fn text<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let start = self.text_offset as usize;
        bytes.get(start..start.checked_add(self.text_len.into())?)
    }

    /// The body in the buffer that was decoded; `None` in a shorter one.
    pub fn body<'b>(&self, bytes: &'b [u8]) -> Option<&'b [u8]> {
        let start = self.body_offset as usize;
        bytes.get(start..start.checked_add(self.body_len as usize)?)
    }

    pub(crate) const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    pub(crate) fn hello(&self) -> Hello {
        Hello {
            version: VERSION,
            max_frame: u64::from(self.value),
            features: self.has(Row::HAS_FEATURES).then_some(self.seq),
            ack_window: self.has(Row::HAS_ACK_WINDOW).then_some(u32::from(self.ack_window)),
        }
    }

    /// The frame, borrowing from the buffer that was decoded; `None` where row and buffer do not belong together.
    #[inline]
    pub fn frame<'b>(&self, bytes: &'b [u8]) -> Option<Frame<'b>> {
        let text = || core::str::from_utf8(self.text(bytes)?).ok();
        Some(match Kind::from_byte(self.kind)? {
            Kind::Hello => Frame::Hello(self.hello()),
            Kind::Start => Frame::Start(Start { stream: text()? }),
            Kind::Data => Frame::Data(Data {
                seq: self.seq,
                obj: if self.has(Row::HAS_OBJ) { Some(text()?) } else { None },
                body: self.body(bytes)?,
            }),
            Kind::Ack => Frame::Ack(Ack { up_to: self.seq }),
            Kind::End => Frame::End(End { seq: self.seq, status: self.value }),
            Kind::Error => Frame::Error(Error { code: self.value, reason: text()? }),
        })
    }
}

impl fmt::Debug for Row {
    /// All but HELLO's feature bits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Row");
        out.field("kind", &self.kind);
        if self.kind != Kind::Hello as u8 {
            out.field("seq", &self.seq);
        }
        out.field("value", &self.value)
            .field("ack_window", &self.ack_window)
            .field("flags", &self.flags)
            .field("text", &(self.text_offset, self.text_len))
            .field("header_len", &self.header_len)
            .field("body", &(self.body_offset, self.body_len))
            .finish()
    }
}
