//! For hosts that only have chunks: what is whole in a chunk stays where it is, the one frame that a chunk cuts is
//! staged.

use crate::config::Config;
use crate::decode::{Decoder, NoRules, Rules};
use crate::frame::Frame;
use crate::monitor::Monitor;
use crate::reject::Reject;
use crate::table::{FrameTable, Row};
use crate::wire::PREFIX_BYTES;
use bytes::{Buf, Bytes, BytesMut};
#[cfg(loom)]
use loom::sync::Arc;
use std::fmt;
#[cfg(not(loom))]
use std::sync::Arc;

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

/// Decodes a byte stream that comes in chunks. Holds at most the one frame that a chunk has cut, and of it only the
/// bytes that have come.
///
/// Two ways in, which may be mixed: [`StreamDecoder::next_frame`] takes [`Bytes`] and gives frames that own their
/// bytes; [`StreamDecoder::feed`] takes a slice and gives a [`FrameTable`].
///
/// ```
/// use bytes::Bytes;
/// use oap::{Config, Frame, StreamDecoder};
///
/// let wire = b"\0\0\0\x0d\x03\0\0\x02\x08\x07abc\0\0\0\x0a\x04\0\0\x02\x08\x07"; // DATA seq 7 "abc", ACK up_to 7
/// let mut decoder = StreamDecoder::new(Config::default());
/// let mut frames = Vec::new();
/// for chunk in wire.chunks(6) {
///     let mut chunk = Bytes::copy_from_slice(chunk);
///     while let Some(frame) = decoder.next_frame(&mut chunk)? {
///         frames.push(frame);
///     }
/// }
/// decoder.finish()?;
/// assert_eq!(frames[0].body(), "abc");
/// assert!(matches!(frames[1].frame(), Frame::Ack(ack) if ack.up_to == 7));
/// # Ok::<(), oap::Reject>(())
/// ```
#[derive(Clone, Debug)]
pub struct StreamDecoder {
    decoder: Decoder,
    staging: Staging,
}

impl StreamDecoder {
    /// A decoder at the start of a stream.
    pub fn new(config: Config) -> Self {
        StreamDecoder { decoder: Decoder::new(config), staging: Staging::default() }
    }

    /// Counts its frames and rejects in a monitor.
    pub fn with_monitor(mut self, monitor: &Arc<Monitor>) -> Self {
        self.set_monitor(monitor);
        self
    }

    /// Likewise, from now on.
    pub fn set_monitor(&mut self, monitor: &Arc<Monitor>) {
        self.decoder.set_monitor(monitor);
    }

    /// The next frame; takes what it needs off the front of `chunk`. `None`: the chunk is used up.
    ///
    /// # Errors
    /// The [`Reject`] of the first rule broken, and the same at every later call.
    pub fn next_frame(&mut self, chunk: &mut Bytes) -> Result<Option<BytesFrame>, Reject> {
        self.staging.next_frame(&mut self.decoder, &mut NoRules, chunk)
    }

    /// The next frames, as many as `rows` has room for: one at least. Call again with what follows `consumed()`, until
    /// all of the chunk is consumed and [`FrameTable::need`] is not 0. The table's bytes are the chunk itself, or, for a frame
    /// that an earlier chunk began, the staging buffer, which stays until the next call.
    ///
    /// # Errors
    /// The [`Reject`] of the first rule broken, and the same at every later call; frames before it are given first.
    pub fn feed<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> Result<FrameTable<'t>, Reject> {
        self.staging.feed(&mut self.decoder, &mut NoRules, chunk, rows)
    }

    /// Says that the input has ended (rule 3.4).
    ///
    /// # Errors
    /// `truncated` where it ended inside a frame, or the reject given before.
    pub fn finish(&mut self) -> Result<(), Reject> {
        self.staging.finish(&mut self.decoder)
    }

    /// Back to the start of a new stream: nothing staged, no verdict.
    pub fn reset(&mut self) {
        self.decoder.reset();
        self.staging.drop_bytes();
    }

    /// The reject, once it is known: where frames stand before it, they are given first.
    pub const fn verdict(&self) -> Option<&Reject> {
        self.decoder.verdict()
    }

    /// Bytes of a partial frame that it holds.
    pub fn staged(&self) -> usize {
        self.staging.len()
    }

    /// What it was made with.
    pub const fn config(&self) -> &Config {
        self.decoder.config()
    }
}

/// What an idle stream may hold for nothing.
const KEPT_BYTES: usize = 4_096;

/// The front frame's bytes while it is partial. Grows with what has come, never to what a prefix promises.
#[derive(Clone, Default)]
pub(crate) struct Staging {
    bytes: BytesMut,
    /// The staged frame has been given to the caller: its bytes go at the next call.
    given: bool,
}

impl fmt::Debug for Staging {
    /// How much is held, not what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Staging").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Staging {
    pub fn len(&self) -> usize {
        if self.given {
            0
        } else {
            self.bytes.len()
        }
    }

    pub fn drop_bytes(&mut self) {
        *self = Staging::default();
    }

    /// The staged frame has been seen. What it took is kept for the next one only where that is little.
    fn let_go(&mut self) {
        self.given = false;
        if self.bytes.capacity() > KEPT_BYTES {
            self.bytes = BytesMut::new();
        } else {
            self.bytes.clear();
        }
    }

    pub fn next_frame<R: Rules>(
        &mut self,
        decoder: &mut Decoder,
        rules: &mut R,
        chunk: &mut Bytes,
    ) -> Result<Option<BytesFrame>, Reject> {
        let mut rows = [Row::default()];
        let table = self.feed(decoder, rules, chunk, &mut rows)?;
        let (found, consumed) = (!table.is_empty(), table.consumed());
        let [row] = rows;
        let wire = if self.given {
            chunk.advance(consumed);
            std::mem::take(self).bytes.freeze()
        } else {
            chunk.split_to(consumed)
        };
        Ok(found.then(|| BytesFrame::new(wire, row)))
    }

    pub fn feed<'t, R: Rules>(
        &'t mut self,
        decoder: &mut Decoder,
        rules: &mut R,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> Result<FrameTable<'t>, Reject> {
        if self.given {
            self.let_go();
        }
        let fed = if self.bytes.is_empty() {
            self.feed_whole(decoder, rules, chunk, rows)
        } else {
            self.feed_staged(decoder, rules, chunk, rows)
        };
        let (found, consumed, need) = fed.inspect_err(|_| self.bytes = BytesMut::new())?;
        let bytes = if self.given { &self.bytes } else { chunk };
        let need = if consumed < chunk.len() { 0 } else { need };
        Ok(FrameTable { bytes, rows: &rows[..found], consumed, need })
    }

    /// Nothing is staged: frames stay in the chunk, and what it cuts is staged.
    fn feed_whole<R: Rules>(
        &mut self,
        decoder: &mut Decoder,
        rules: &mut R,
        chunk: &[u8],
        rows: &mut [Row],
    ) -> Result<(usize, usize, usize), Reject> {
        let run = decoder.run(rules, chunk, rows)?;
        if run.need == 0 {
            return Ok((run.rows, run.consumed, 0));
        }
        self.bytes.extend_from_slice(&chunk[run.consumed..]);
        Ok((run.rows, chunk.len(), run.need))
    }

    /// Adds to the staged frame what it lacks, until it is whole or the chunk is used up.
    fn feed_staged<R: Rules>(
        &mut self,
        decoder: &mut Decoder,
        rules: &mut R,
        chunk: &[u8],
        rows: &mut [Row],
    ) -> Result<(usize, usize, usize), Reject> {
        let room = rows.len().min(1);
        let mut consumed = 0;
        loop {
            let more = self.lacks().min(chunk.len() - consumed) * room;
            self.bytes.extend_from_slice(&chunk[consumed..consumed + more]);
            consumed += more;
            let run = decoder.run(rules, &self.bytes, &mut rows[..room])?;
            self.given = run.rows == 1;
            if self.given || consumed == chunk.len() || room == 0 {
                return Ok((run.rows, consumed, run.need));
            }
        }
    }

    /// Bytes to the end of the prefix, then to that of the frame: a staged prefix has been judged.
    fn lacks(&self) -> usize {
        match self.bytes.first_chunk() {
            Some(&[a, b, c, d, _, _, _, _]) => {
                (u32::from_be_bytes([a, b, c, d]) as usize).saturating_sub(self.bytes.len())
            }
            None => PREFIX_BYTES - self.bytes.len(),
        }
    }

    pub fn finish(&mut self, decoder: &mut Decoder) -> Result<(), Reject> {
        let rest = if self.given { &[][..] } else { &self.bytes[..] };
        let finished = decoder.finish(rest);
        if finished.is_err() {
            self.drop_bytes();
        }
        finished
    }
}
