//! A frame that owns its bytes.

use crate::frame::Frame;
use crate::row::Row;
use bytes::Bytes;
use std::fmt;

/// A frame that owns its bytes: a slice of the chunk that held it whole, which it keeps alive, else the staging buffer.
/// No copy.
#[derive(Clone)]
pub struct BytesFrame {
    wire: Bytes,
    row: Row,
}

impl BytesFrame {
    pub(crate) const fn new(wire: Bytes, row: Row) -> Self {
        BytesFrame { wire, row }
    }

    /// The frame, borrowing from this one.
    pub fn frame(&self) -> Frame<'_> {
        // A row that the decode loop filled fits its bytes.
        self.row.frame(&self.wire).expect("row and bytes belong together")
    }

    /// Its row; offsets count from the start of [`BytesFrame::wire`].
    pub const fn row(&self) -> &Row {
        &self.row
    }

    /// The body, sharing memory with the chunk.
    pub fn body(&self) -> Bytes {
        self.wire.slice(self.row.body_offset as usize..)
    }

    /// The frame's bytes as they came.
    pub const fn wire(&self) -> &Bytes {
        &self.wire
    }
}

impl fmt::Debug for BytesFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.frame().fmt(f)
    }
}
