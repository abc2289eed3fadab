//! For hosts that only have chunks: what is whole in a chunk stays where it is, the one frame that a chunk cuts is
//! staged.

use crate::codec::bytes_frame::{rows_of, BytesFrame};
use crate::codec::decode::{NoRules, Parser};
use crate::codec::partial_frame::PartialFrame;
use crate::codec::table::FrameTable;
use crate::config::Config;
use crate::reject::Reject;
use crate::row::Row;
#[cfg(feature = "std")]
use crate::telemetry::monitor::Monitor;
use crate::telemetry::monitor::Publisher;
use bytes::Bytes;
#[cfg(loom)]
use loom::sync::Arc;
#[cfg(all(feature = "std", not(loom)))]
use std::sync::Arc;

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
    config: Config,
    parser: Parser,
    partial: PartialFrame,
    publisher: Option<Publisher>,
}

impl StreamDecoder {
    /// A decoder at the start of a stream.
    pub fn new(config: Config) -> Self {
        let (parser, partial) = (Parser::new(), PartialFrame::default());
        StreamDecoder { config, parser, partial, publisher: None }
    }

    /// Counts its frames and rejects in a monitor.
    #[cfg(feature = "std")]
    pub fn with_monitor(mut self, monitor: &Arc<Monitor>) -> Self {
        self.set_monitor(monitor);
        self
    }

    /// Counts its frames and rejects in a monitor from now on.
    #[cfg(feature = "std")]
    pub fn set_monitor(&mut self, monitor: &Arc<Monitor>) {
        self.publisher = Some(Publisher::new(monitor, self.parser.verdict()));
    }

    fn publish(&mut self, rows: &[Row]) {
        if let Some(publisher) = &mut self.publisher {
            publisher.received(rows, self.parser.verdict());
        }
    }

    /// The next frame; takes what it needs off the front of `chunk`. `None`: the chunk is used up.
    ///
    /// # Errors
    /// The [`Reject`] of the first rule broken, and the same at every later call.
    pub fn next_frame(&mut self, chunk: &mut Bytes) -> Result<Option<BytesFrame>, Reject> {
        let next = self.partial.next_frame(&mut self.parser, &self.config, &mut NoRules, chunk);
        self.publish(next.as_ref().map_or(&[], rows_of));
        next
    }

    /// Decodes the next frames, as many as `rows` has room for: one at least. Call again with what follows
    /// `consumed()` while [`FrameTable::more`] is true. The table's bytes are the chunk itself, or, for a frame that an
    /// earlier chunk began, the staging buffer, which stays until the next call. An empty chunk changes nothing.
    ///
    /// ```
    /// use oap::{Config, Reject, Row, StreamDecoder};
    ///
    /// fn receive(decoder: &mut StreamDecoder, mut chunk: &[u8]) -> Result<(), Reject> {
    ///     let mut rows = [Row::default(); 64];
    ///     loop {
    ///         let table = decoder.feed(chunk, &mut rows)?;
    ///         for frame in &table {
    ///             println!("{frame:?}");
    ///         }
    ///         let (consumed, more) = (table.consumed(), table.more());
    ///         chunk = &chunk[consumed..];
    ///         if !more {
    ///             return Ok(());
    ///         }
    ///     }
    /// }
    /// # receive(&mut StreamDecoder::new(Config::default()), b"\0\0\0\x0a\x04\0\0\x02\x08\x07").unwrap();
    /// ```
    ///
    /// # Errors
    /// The [`Reject`] of the first rule broken, and the same at every later call; frames before it are given first.
    pub fn feed<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> Result<FrameTable<'t>, Reject> {
        let fed = self.partial.feed(&mut self.parser, &self.config, &mut NoRules, chunk, rows);
        self.publish(&rows[..fed.as_ref().map_or(0, |fed| fed.rows)]);
        let fed = fed?;
        let bytes = if fed.staged { self.partial.bytes() } else { chunk };
        Ok(fed.table(bytes, rows))
    }

    /// Notes that the input has ended (rule 3.4).
    ///
    /// # Errors
    /// `truncated` where it ended inside a frame, or the reject given before.
    pub fn finish(&mut self) -> Result<(), Reject> {
        let finished = self.partial.finish(&mut self.parser);
        self.publish(&[]);
        finished
    }

    /// Back to the start of a new stream: nothing staged, no verdict.
    pub fn reset(&mut self) {
        self.parser = Parser::new();
        self.partial.clear();
        self.publish(&[]);
    }

    /// The reject, once it is known: where frames stand before it, they are given first.
    pub const fn verdict(&self) -> Option<&Reject> {
        self.parser.verdict()
    }

    /// Bytes of a partial frame that it holds.
    pub fn staged(&self) -> usize {
        self.partial.len()
    }

    /// The bytes that it holds: of a partial frame, or of the staged one that the last call gave.
    pub fn staged_bytes(&self) -> &[u8] {
        self.partial.bytes()
    }

    /// The configuration that it was made with.
    pub const fn config(&self) -> &Config {
        &self.config
    }
}
