//! The pull-based decoder: one frame, or all frames of a buffer, from bytes that the caller owns.

use crate::codec::decode::{NoRules, Parser};
use crate::codec::table::FrameTable;
use crate::config::Config;
use crate::frame::Frame;
use crate::reject::Reject;
use crate::row::Row;
#[cfg(feature = "std")]
use crate::telemetry::monitor::Monitor;
use crate::telemetry::monitor::Publisher;
#[cfg(loom)]
use loom::sync::Arc;
#[cfg(all(feature = "std", not(loom)))]
use std::sync::Arc;

/// The front of a buffer, decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decoded<'b> {
    /// A frame, and its length in bytes: the next one starts behind it.
    Frame(Frame<'b>, usize),
    /// Part of a frame, good so far; the next step (prefix, header, whole frame) needs that many bytes more.
    Need(usize),
}

/// Decodes the frame at the front of `bytes`, on its own.
///
/// # Errors
/// The [`Reject`] of the first rule broken, as soon as the bytes that show it are there.
pub fn decode<'b>(bytes: &'b [u8], config: &Config) -> Result<Decoded<'b>, Reject> {
    Decoder::new(*config).decode(bytes)
}

/// Decodes a byte stream from buffers that the caller owns. Holds a configuration, a position and a verdict, never
/// bytes; does not allocate; the cost of a frame does not depend on its body.
///
/// Each call continues behind the bytes that the calls before it consumed. After a reject every call gives the same
/// reject, until [`Decoder::reset`]. The rules of a session (section 4) are [`Session`](crate::Session)'s.
#[derive(Clone, Debug)]
pub struct Decoder {
    config: Config,
    parser: Parser,
    publisher: Option<Publisher>,
}

impl Decoder {
    /// A decoder at the start of a stream.
    pub const fn new(config: Config) -> Self {
        Decoder { config, parser: Parser::new(), publisher: None }
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

    /// Decodes the frame at the front of `bytes`. After [`Decoded::Frame`] pass what follows it; after
    /// [`Decoded::Need`] pass the same bytes again with more behind them.
    ///
    /// # Errors
    /// The [`Reject`] of the first rule broken.
    #[inline]
    pub fn decode<'b>(&mut self, bytes: &'b [u8]) -> Result<Decoded<'b>, Reject> {
        let mut row = [Row::default()];
        let table = self.decode_table(bytes, &mut row)?;
        let (consumed, need) = (table.consumed(), table.need());
        match row[0].frame(bytes) {
            Some(frame) if consumed > 0 => Ok(Decoded::Frame(frame, consumed)),
            _ => Ok(Decoded::Need(need)),
        }
    }

    /// Decodes all whole frames of `bytes`, as many as `rows` has room for: one at least. Call again with what follows
    /// `consumed()` while [`FrameTable::more`] is true; then with that and more bytes behind it.
    ///
    /// # Errors
    /// The [`Reject`] of the first rule broken, which leaves `rows` as they were; frames before it are given first, by
    /// a call of their own.
    #[inline(always)]
    pub fn decode_table<'t>(
        &mut self,
        bytes: &'t [u8],
        rows: &'t mut [Row],
    ) -> Result<FrameTable<'t>, Reject> {
        if let [row] = rows {
            if let Some(found) = self.parser.decode_fast_row(&self.config, bytes, row) {
                self.publish(rows);
                return Ok(found.table(bytes, rows));
            }
        }
        let run = self.parser.decode_rows(&self.config, &mut NoRules, bytes, rows);
        self.publish(&rows[..run.as_ref().map_or(0, |run| run.rows)]);
        Ok(run?.table(bytes, rows))
    }

    #[inline(always)]
    fn publish(&mut self, rows: &[Row]) {
        if let Some(publisher) = &mut self.publisher {
            publisher.received(rows, self.parser.verdict());
        }
    }

    /// Notes that the input has ended; `rest` is what no call has consumed (rule 3.4).
    ///
    /// # Errors
    /// `truncated` where `rest` is part of a frame, or the reject given before.
    pub fn finish(&mut self, rest: &[u8]) -> Result<(), Reject> {
        let finished = self.parser.finish(rest);
        self.publish(&[]);
        finished
    }

    /// Back to the start of a new stream, without a verdict.
    pub fn reset(&mut self) {
        self.parser = Parser::new();
        self.publish(&[]);
    }

    /// The reject, once it is known: where frames stand before it, they are given first.
    pub const fn verdict(&self) -> Option<&Reject> {
        self.parser.verdict()
    }

    /// Bytes of the stream consumed so far.
    pub const fn position(&self) -> u64 {
        self.parser.position()
    }

    /// The configuration that it was made with.
    pub const fn config(&self) -> &Config {
        &self.config
    }
}
