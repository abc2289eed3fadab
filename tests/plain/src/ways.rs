//! Every way into the crate's decoders, driven to the end of the input.

use crate::frames::Owned;
use bytes::{Bytes, BytesMut};
use oap::{Config, Decoded, Decoder, FrameTable, Reject, Row, Session, StreamDecoder};

/// What a decoder made of a stream.
#[derive(PartialEq, Debug, Default)]
pub struct Trace {
    pub frames: Vec<Owned>,
    pub reject: Option<Reject>,
}

impl Trace {
    fn ends(mut self, result: Result<(), Reject>) -> Self {
        self.reject = result.err();
        self
    }

    fn add(&mut self, table: &FrameTable<'_>) {
        self.frames.extend(table.iter().map(Owned::from));
    }
}

pub fn decode(config: Config, chunks: &[&[u8]]) -> Trace {
    let mut decoder = Decoder::new(config);
    let mut trace = Trace::default();
    let mut held = Vec::new();
    for chunk in chunks {
        held.extend_from_slice(chunk);
        loop {
            let len = match decoder.decode(&held) {
                Ok(Decoded::Frame(frame, len)) => {
                    trace.frames.push(frame.into());
                    len
                }
                Ok(Decoded::Need(need)) => {
                    assert_ne!(need, 0);
                    break;
                }
                Err(reject) => return trace.ends(Err(reject)),
            };
            held.drain(..len);
        }
    }
    trace.ends(decoder.finish(&held))
}

pub fn decode_table(config: Config, chunks: &[&[u8]], rows: usize) -> Trace {
    let mut decoder = Decoder::new(config);
    let mut rows = vec![Row::default(); rows];
    let mut trace = Trace::default();
    let (mut held, mut position) = (Vec::new(), 0);
    for chunk in chunks {
        held.extend_from_slice(chunk);
        let mut more = true;
        while more {
            let consumed = match decoder.decode_table(&held, &mut rows) {
                Ok(table) => {
                    trace.add(&table);
                    more = table.more();
                    table.consumed()
                }
                Err(reject) => return trace.ends(Err(reject)),
            };
            held.drain(..consumed);
            position += consumed as u64;
            assert_eq!(decoder.position(), position);
        }
    }
    trace.ends(decoder.finish(&held))
}

/// What takes chunks: a stream decoder, or a session.
pub trait Stager {
    fn feed<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> Result<FrameTable<'t>, Reject>;
    fn next_frame(&mut self, chunk: &mut Bytes) -> Result<Option<oap::BytesFrame>, Reject>;
    fn finish(&mut self) -> Result<(), Reject>;
    fn staged(&self) -> usize;
}

macro_rules! stager {
    ($type:ty, $feed:ident) => {
        impl Stager for $type {
            fn feed<'t>(
                &'t mut self,
                chunk: &'t [u8],
                rows: &'t mut [Row],
            ) -> Result<FrameTable<'t>, Reject> {
                self.$feed(chunk, rows)
            }

            fn next_frame(&mut self, chunk: &mut Bytes) -> Result<Option<oap::BytesFrame>, Reject> {
                self.next_frame(chunk)
            }

            fn finish(&mut self) -> Result<(), Reject> {
                self.finish()
            }

            fn staged(&self) -> usize {
                self.staged()
            }
        }
    };
}
stager!(StreamDecoder, feed);
stager!(Session, recv);

/// Feeds one chunk to its end.
pub fn feed(
    stager: &mut impl Stager,
    chunk: &[u8],
    rows: &mut [Row],
    trace: &mut Trace,
) -> Result<(), Reject> {
    let mut rest = chunk;
    loop {
        let table = stager.feed(rest, rows)?;
        trace.add(&table);
        let more = table.more();
        assert_eq!(more, table.need() == 0);
        rest = &rest[table.consumed()..];
        if !more {
            assert!(rest.is_empty());
            return Ok(());
        }
    }
}

/// Takes the frames off one chunk to its end.
pub fn take(stager: &mut impl Stager, chunk: &[u8], trace: &mut Trace) -> Result<(), Reject> {
    let mut chunk = Bytes::copy_from_slice(chunk);
    while let Some(frame) = stager.next_frame(&mut chunk)? {
        let whole = Owned::from(frame.frame());
        assert_eq!(frame.body(), whole.body());
        assert_eq!(frame.row().length(), frame.wire().len());
        trace.frames.push(whole);
    }
    assert!(chunk.is_empty());
    Ok(())
}

/// How the chunks go in.
#[derive(Clone, Copy, Debug)]
pub enum By {
    Feed(usize),
    NextFrame,
    /// In turn; the number of rows is for `feed`.
    Turns(usize),
}

pub fn stage(mut stager: impl Stager, chunks: &[&[u8]], by: By) -> Trace {
    let mut trace = Trace::default();
    for (turn, chunk) in chunks.iter().enumerate() {
        let given = match by {
            By::Feed(rows) => feed(&mut stager, chunk, &mut vec![Row::default(); rows], &mut trace),
            By::Turns(rows) if turn % 2 == 0 => {
                feed(&mut stager, chunk, &mut vec![Row::default(); rows], &mut trace)
            }
            By::NextFrame | By::Turns(_) => take(&mut stager, chunk, &mut trace),
        };
        if given.is_err() {
            assert_eq!(stager.staged(), 0);
            return trace.ends(given);
        }
    }
    let finished = stager.finish();
    trace.ends(finished)
}

/// Bytes held in, and whether they are the last ones.
type Next<'n> = &'n mut dyn FnMut(&mut BytesMut, bool) -> Result<Option<oap::BytesFrame>, Reject>;

/// A codec for `tokio-util`, by its `decode` and `decode_eof`.
pub fn codec(next: Next<'_>, chunks: &[&[u8]]) -> Trace {
    let mut trace = Trace::default();
    let mut held = BytesMut::new();
    for (i, chunk) in chunks.iter().enumerate() {
        held.extend_from_slice(chunk);
        loop {
            match next(&mut held, i + 1 == chunks.len()) {
                Ok(Some(frame)) => trace.frames.push(frame.frame().into()),
                Ok(None) => break,
                Err(reject) => return trace.ends(Err(reject)),
            }
        }
    }
    trace
}
