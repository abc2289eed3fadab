//! The one decode loop. The caller owns the bytes.

use crate::codec::table::FrameTable;
use crate::config::Config;
use crate::frame::Kind;
use crate::limits::PREFIX_BYTES;
use crate::reject::{Fault, Reason, Reject};
use crate::row::Row;
use crate::wire::fast_path::read_fast;
use crate::wire::header::{check_pq, read_header};
use crate::wire::prefix::{read_prefix, FaultAt};

/// Where a decoder stands in its stream: a position and a verdict, never bytes. The rules are its owner's.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parser {
    /// Bytes of the stream consumed.
    position: u64,
    /// The front frame needs no new look before it has this many bytes: more than any has, after a reject.
    resume_at: usize,
    verdict: Option<Reject>,
}

impl Parser {
    /// At the start of a stream.
    pub const fn new() -> Self {
        Parser { position: 0, resume_at: 0, verdict: None }
    }

    /// The reject, once it is known.
    pub const fn verdict(&self) -> Option<&Reject> {
        self.verdict.as_ref()
    }

    /// Bytes of the stream consumed so far.
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// A frame that has begun is judged anew by its next byte: the configuration has changed (rule 4.5).
    pub fn resume_at_next_byte(&mut self) {
        if self.verdict.is_none() {
            self.resume_at = 0;
        }
    }

    /// Notes that the input has ended; `rest` is what no call has consumed (rule 3.4).
    pub fn finish(&mut self, rest: &[u8]) -> Result<(), Reject> {
        if let Some(reject) = self.verdict {
            return Err(reject);
        }
        if rest.is_empty() {
            return Ok(());
        }
        Err(self.reject((TRUNCATED, rest.len()), 0))
    }

    /// Without another byte there is nothing to judge: the front frame still has so many.
    pub fn wait(&self, have: usize) -> Result<Progress, Reject> {
        match self.verdict {
            Some(reject) => Err(reject),
            None => Ok(Progress { need: self.need(have), ..Progress::default() }),
        }
    }

    /// Bytes that the next step needs where the front frame has so many.
    fn need(&self, have: usize) -> usize {
        self.resume_at.max(PREFIX_BYTES).saturating_sub(have).max(1)
    }

    fn reject(&mut self, (fault, known): FaultAt, frame_at: usize) -> Reject {
        let offset = self.position + frame_at as u64;
        self.resume_at = usize::MAX;
        *self.verdict.insert(Reject::new(fault, offset, offset + known as u64))
    }

    /// Decodes a canonical DATA or ACK that lies whole at the front, so that a call a frame is cheap. Anything else is
    /// left to [`Parser::decode_rows`].
    #[inline(always)]
    pub fn decode_fast_row(
        &mut self,
        config: &Config,
        bytes: &[u8],
        row: &mut Row,
    ) -> Option<Progress> {
        if bytes.len() < self.resume_at {
            return None;
        }
        let length = read_fast::<false>(bytes, config.max_frame(), 0, row)?;
        self.resume_at = 0;
        self.position += length as u64;
        Some(Progress::behind(1, length, bytes.len()))
    }

    /// The loop that every layer decodes with, and its effect on this stream.
    pub fn decode_rows<R: Rules>(
        &mut self,
        config: &Config,
        rules: &mut R,
        bytes: &[u8],
        rows: &mut [Row],
    ) -> Result<Progress, Reject> {
        if let Some(reject) = self.verdict {
            return Err(reject);
        }
        if bytes.len() < self.resume_at {
            return self.wait(bytes.len());
        }
        let mut run = Progress::default();
        let stop = decode_loop(config, rules, bytes, rows, &mut run);
        self.resume_at = 0;
        match stop {
            Stop::NoRow => run = Progress::behind(run.rows, run.consumed, bytes.len()),
            Stop::Part { have, until } => {
                run.more = run.consumed + have < bytes.len();
                run.need = if run.more { 0 } else { until - have };
                self.resume_at = if have < PREFIX_BYTES { 0 } else { until };
            }
            Stop::Bad(known) => {
                let reject = self.reject(known, run.consumed);
                if run.rows == 0 {
                    return Err(reject);
                }
                run.more = true;
            }
        }
        self.position += run.consumed as u64;
        Ok(run)
    }
}

/// Reads frames into rows until one is cut, one is bad, or no row is left.
#[inline(always)]
fn decode_loop<R: Rules>(
    config: &Config,
    rules: &mut R,
    bytes: &[u8],
    rows: &mut [Row],
    run: &mut Progress,
) -> Stop {
    let bytes = &bytes[..bytes.len().min(MAX_TABLE_BYTES)];
    loop {
        if let Err(known) = decode_fast(config.max_frame(), rules, bytes, rows, run) {
            return Stop::Bad(known);
        }
        let Some(row) = rows.get_mut(run.rows) else { return Stop::NoRow };
        let rest = &bytes[run.consumed..];
        match inspect(config, rules, bytes, run.consumed, row) {
            Ok(Inspected::Frame(length)) => {
                run.consumed += length;
                run.rows += 1;
            }
            Ok(Inspected::Part(until)) => return Stop::Part { have: rest.len(), until },
            Err(known) => return Stop::Bad(known),
        }
    }
}

/// Reads as many frames on the fast path as come one after the other.
#[inline(always)]
fn decode_fast<R: Rules>(
    max_frame: usize,
    rules: &mut R,
    bytes: &[u8],
    rows: &mut [Row],
    run: &mut Progress,
) -> Result<(), FaultAt> {
    let (mut at, mut found) = (run.consumed, run.rows);
    let mut judged = Ok(());
    for row in &mut rows[found..] {
        let Some(length) = read_fast::<false>(&bytes[at..], max_frame, at as u32, row) else {
            break;
        };
        judged = judge(rules, row, bytes, true);
        if judged.is_err() {
            break;
        }
        at += length;
        found += 1;
    }
    (run.consumed, run.rows) = (at, found);
    judged
}

/// Why the loop stopped.
enum Stop {
    NoRow,
    /// The front frame has that many bytes; the next look is due with more.
    Part {
        have: usize,
        until: usize,
    },
    Bad(FaultAt),
}

/// Offsets of a row have 32 bits; a longer buffer takes more than one call.
const MAX_TABLE_BYTES: usize = u32::MAX as usize;

const TRUNCATED: Fault =
    Fault::new(Reason::Truncated, "length", "promises more bytes than the input had");

/// How far the decode loop came.
#[derive(Default)]
pub(crate) struct Progress {
    /// Rows filled.
    pub rows: usize,
    /// Bytes of the input that are dealt with.
    pub consumed: usize,
    /// Bytes that the next step needs behind all of the input; 0 while there is more.
    pub need: usize,
    /// Whether the next call has something to say without another byte.
    pub more: bool,
    /// Whether the rows count in the staged frame, not in the input.
    pub staged: bool,
}

impl Progress {
    /// Behind the last frame that was asked for: what follows it is looked at by the next call.
    #[inline(always)]
    fn behind(rows: usize, consumed: usize, have: usize) -> Self {
        let more = consumed != have;
        Progress { rows, consumed, need: if more { 0 } else { PREFIX_BYTES }, more, staged: false }
    }

    /// The rows found, with the bytes that they count in.
    #[inline(always)]
    pub fn table<'t>(&self, bytes: &'t [u8], rows: &'t [Row]) -> FrameTable<'t> {
        let Progress { rows: found, consumed, need, more: _, staged: _ } = *self;
        FrameTable { bytes, rows: &rows[..found], consumed, need }
    }
}

/// The front of the bytes, as far as they show it.
#[derive(Clone, Copy)]
enum Inspected {
    /// A frame of that length, its header whole.
    Frame(usize),
    /// Less; the next look is due with that many bytes.
    Part(usize),
}

/// Rules beyond the decoder's own, judged when a frame's header is complete (rule 3.8).
pub(crate) trait Rules {
    /// `whole`: the frame is complete and counts from now on.
    fn judge(&mut self, row: &Row, bytes: &[u8], whole: bool) -> Result<(), Fault>;
}

/// A decoder without a session.
pub(crate) struct NoRules;

impl Rules for NoRules {
    #[inline(always)]
    fn judge(&mut self, _: &Row, _: &[u8], _: bool) -> Result<(), Fault> {
        Ok(())
    }
}

/// A look at one frame, on the fast path or by the table, and the rules beyond it.
#[inline(never)] // so that the fast loop keeps its registers
fn inspect<R: Rules>(
    config: &Config,
    rules: &mut R,
    bytes: &[u8],
    at: usize,
    row: &mut Row,
) -> Result<Inspected, FaultAt> {
    let (rest, offset) = (&bytes[at..], at as u32);
    let length = match read_fast::<true>(rest, config.max_frame(), offset, row) {
        Some(length) => length,
        None => match inspect_general(config, rest, offset, row)? {
            Inspected::Frame(length) => length,
            part => return Ok(part),
        },
    };
    let whole = length <= rest.len();
    judge(rules, row, bytes, whole)?;
    Ok(if whole { Inspected::Frame(length) } else { Inspected::Part(length) })
}

/// In byte order: the prefix, then the whole header (rule 3.2). The frame that it gives may be cut.
fn inspect_general(
    config: &Config,
    rest: &[u8],
    offset: u32,
    row: &mut Row,
) -> Result<Inspected, FaultAt> {
    let Some(prefix) = read_prefix(rest, config)? else {
        return Ok(Inspected::Part(PREFIX_BYTES));
    };
    let header_end = PREFIX_BYTES + prefix.header_len;
    let Some(header) = rest.get(PREFIX_BYTES..header_end) else {
        return Ok(Inspected::Part(header_end));
    };
    let known = |fault| (fault, header_end);
    let values = read_header(prefix.kind, header, config.strict_headers()).map_err(known)?;
    if prefix.kind == Kind::Hello && !config.allow_pq_hello_flags() {
        check_pq(&values).map_err(known)?;
    }
    *row = Row::at(prefix.kind, offset, prefix.header_len, prefix.length);
    values.write_row(prefix.kind, offset + PREFIX_BYTES as u32, row);
    Ok(Inspected::Frame(prefix.length))
}

#[inline(always)]
fn judge<R: Rules>(rules: &mut R, row: &Row, bytes: &[u8], whole: bool) -> Result<(), FaultAt> {
    let known = |fault| (fault, PREFIX_BYTES + usize::from(row.header_len));
    rules.judge(row, bytes, whole).map_err(known)
}
