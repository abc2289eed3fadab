//! The frame table: the rows of the frames that one call found.

use crate::frame::Frame;
use crate::limits::PREFIX_BYTES;
use crate::row::Row;
use core::fmt;

/// The frames that one call found, over the bytes that hold them. Iterates as [`Frame`]s.
///
/// ```
/// use oap::{Ack, Config, Decoder, Frame, Row};
///
/// let mut wire = [0u8; 64];
/// let mut len = 0;
/// for up_to in 0..4 {
///     len += oap::encode(&Frame::Ack(Ack { up_to }), &mut wire[len..])?;
/// }
///
/// let mut rows = [Row::default(); 16];
/// let mut decoder = Decoder::new(Config::default());
/// let table = decoder.decode_table(&wire[..len], &mut rows)?;
/// assert_eq!(table.rows().iter().map(|row| row.seq).collect::<Vec<_>>(), [0, 1, 2, 3]);
/// assert_eq!(table.consumed(), len);
/// for frame in &table {
///     println!("{frame:?}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct FrameTable<'t> {
    pub(crate) bytes: &'t [u8],
    pub(crate) rows: &'t [Row],
    pub(crate) consumed: usize,
    /// 0 while there is more: no second word to write for each call.
    pub(crate) need: usize,
}

impl<'t> FrameTable<'t> {
    pub(crate) const fn of(bytes: &'t [u8], rows: &'t [Row], consumed: usize, more: bool) -> Self {
        FrameTable { bytes, rows, consumed, need: if more { 0 } else { PREFIX_BYTES } }
    }

    /// One row a frame, in order.
    pub const fn rows(&self) -> &'t [Row] {
        self.rows
    }

    /// The bytes that the rows' offsets count in.
    pub const fn bytes(&self) -> &'t [u8] {
        self.bytes
    }

    /// Bytes of the input that are dealt with; the caller's next input starts behind them.
    pub const fn consumed(&self) -> usize {
        self.consumed
    }

    /// Whether to call again now with the rest of the input: no row was left for its frames, or a reject follows these.
    pub const fn more(&self) -> bool {
        self.need == 0
    }

    /// How many bytes, behind all of the input, the next step needs: a hint for the size of the next read. 0 while
    /// [`FrameTable::more`] is true, since no read is due then.
    pub const fn need(&self) -> usize {
        self.need
    }

    /// Whether there are no rows.
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many rows there are.
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// The frame of a row.
    pub fn get(&self, index: usize) -> Option<Frame<'t>> {
        self.rows.get(index)?.frame(self.bytes)
    }

    /// The frames in order.
    pub fn iter(&self) -> Frames<'t> {
        Frames { bytes: self.bytes, rows: self.rows.iter() }
    }
}

impl fmt::Debug for FrameTable<'_> {
    /// All but the bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FrameTable")
            .field("rows", &self.rows)
            .field("consumed", &self.consumed)
            .field("need", &self.need)
            .field("more", &self.more())
            .finish_non_exhaustive()
    }
}

impl<'t> IntoIterator for &FrameTable<'t> {
    type Item = Frame<'t>;
    type IntoIter = Frames<'t>;

    fn into_iter(self) -> Frames<'t> {
        self.iter()
    }
}

impl<'t> IntoIterator for FrameTable<'t> {
    type Item = Frame<'t>;
    type IntoIter = Frames<'t>;

    fn into_iter(self) -> Frames<'t> {
        self.iter()
    }
}

/// The frames of a [`FrameTable`].
#[derive(Clone)]
pub struct Frames<'t> {
    bytes: &'t [u8],
    rows: core::slice::Iter<'t, Row>,
}

impl fmt::Debug for Frames<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'t> Iterator for Frames<'t> {
    type Item = Frame<'t>;

    fn next(&mut self) -> Option<Frame<'t>> {
        self.rows.next()?.frame(self.bytes)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.rows.size_hint()
    }
}

impl ExactSizeIterator for Frames<'_> {}
