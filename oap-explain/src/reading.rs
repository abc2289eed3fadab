//! One direction: its frames one by one, each with its bytes.

use oap::{Config, Decoded, Decoder, Frame, Reject};
use std::io::{self, Read};

/// Bytes that a read asks for.
const READ_BYTES: usize = 64 << 10;

/// One direction's bytes that are not looked at yet: at most the frame that is cut, and one read.
pub struct Reading {
    decoder: Decoder,
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
}

/// What stands at the front.
pub enum Looked {
    /// A whole frame of that many bytes.
    Frame(usize),
    Reject(Reject),
    /// Nothing before more bytes come.
    NeedsMore,
    End,
}

impl Reading {
    pub fn new(config: Config) -> Self {
        Reading { decoder: Decoder::new(config), buffer: Vec::new(), start: 0, ended: false }
    }

    /// Where its front stands in the stream.
    pub fn position(&self) -> u64 {
        self.decoder.position()
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    pub fn end(&mut self) {
        self.ended = true;
    }

    /// Reads once more.
    ///
    /// # Errors
    /// Those of the source.
    pub fn fill(&mut self, from: &mut impl Read) -> io::Result<()> {
        self.push(&[]);
        let count = from.by_ref().take(READ_BYTES as u64).read_to_end(&mut self.buffer)?;
        self.ended = count == 0;
        Ok(())
    }

    /// Looks at the front. A frame stays there until it is passed.
    pub fn look(&mut self) -> Looked {
        let mut ahead = self.decoder.clone();
        match ahead.decode(&self.buffer[self.start..]) {
            Ok(Decoded::Frame(_, length)) => Looked::Frame(length),
            Err(reject) => Looked::Reject(reject),
            Ok(Decoded::Need(_)) if !self.ended => Looked::NeedsMore,
            Ok(Decoded::Need(_)) => match ahead.finish(self.rest()) {
                Ok(()) => Looked::End,
                Err(reject) => Looked::Reject(reject),
            },
        }
    }

    /// The bytes from the front on.
    pub fn rest(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Passes the frame at the front, and gives it with its bytes.
    pub fn pass(&mut self) -> Option<(Frame<'_>, &[u8])> {
        let rest = &self.buffer[self.start..];
        let Ok(Decoded::Frame(frame, length)) = self.decoder.decode(rest) else { return None };
        self.start += length;
        Some((frame, &rest[..length]))
    }
}
