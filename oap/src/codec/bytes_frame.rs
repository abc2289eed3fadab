//! A frame that owns its bytes.

use crate::frame::{Frame, Kind};
use crate::row::Row;
use bytes::Bytes;
use core::fmt;

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

    /// The frame of a row over the bytes that its offsets count in, sharing their memory; `None` where row and bytes
    /// do not belong together.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use oap::{BytesFrame, Config, Data, Decoder, Frame, Row};
    ///
    /// let mut wire = Vec::new();
    /// for seq in [1, 2] {
    ///     oap::encode_to(&Frame::Data(Data { seq, obj: None, body: b"abc" }), &mut wire)?;
    /// }
    /// let wire = Bytes::from(wire);
    /// let mut rows = [Row::default(); 2];
    /// Decoder::new(Config::default()).decode_table(&wire, &mut rows)?;
    /// let second = BytesFrame::from_row(&wire, &rows[1]).expect("its row");
    /// assert_eq!((second.row().seq, second.body()), (2, Bytes::from_static(b"abc")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_row(bytes: &Bytes, row: &Row) -> Option<Self> {
        let (start, mut row) = (row.offset(), *row);
        let end = start.checked_add(row.length()).filter(|&end| end <= bytes.len())?;
        row.body_offset -= start as u32;
        row.text_offset = row.text_offset.saturating_sub(start as u32);
        let wire = bytes.slice(start..end);
        if row.kind == Kind::Data as u8 && !row.has(Row::HAS_OBJ) {
            row.body(&wire)?; // all that there is to check, in most frames
        } else {
            row.frame(&wire)?;
        }
        Some(BytesFrame { wire, row })
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

/// The row of a frame, if there is one.
pub(crate) fn rows_of(frame: &Option<BytesFrame>) -> &[Row] {
    frame.as_ref().map_or(&[], |frame| core::slice::from_ref(&frame.row))
}

impl fmt::Debug for BytesFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.frame().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Data, Start};

    #[test]
    fn a_row_of_other_bytes_makes_no_frame() {
        for frame in [
            Frame::Start(Start { stream: "é" }),
            Frame::Data(Data { seq: 1, obj: None, body: b"abc" }),
        ] {
            let mut wire = Vec::new();
            crate::encode_to(&frame, &mut wire).unwrap();
            let mut rows = [Row::default()];
            crate::Decoder::new(crate::Config::default()).decode_table(&wire, &mut rows).unwrap();
            let [row] = rows;
            let whole = Bytes::from(wire.clone());
            assert_eq!(BytesFrame::from_row(&whole, &row).unwrap().frame(), frame);
            assert!(BytesFrame::from_row(&whole.slice(1..), &row).is_none());
            assert!(BytesFrame::from_row(&whole, &Row { kind: 0, ..row }).is_none());
            assert!(BytesFrame::from_row(&whole, &Row { body_len: 1 << 30, ..row }).is_none());
        }
        let mut rows = [Row { text_len: 1, kind: Kind::Start as u8, ..Row::default() }];
        rows[0].body_offset = 9;
        rows[0].header_len = 1;
        let no_text = Bytes::from_static(&[0xff; 9]);
        assert!(BytesFrame::from_row(&no_text, &rows[0]).is_none());
    }
}
