//! The one frame that a chunk cuts, while it is partial.

use crate::codec::bytes_frame::BytesFrame;
use crate::codec::decode::{Parser, Progress, Rules};
use crate::config::Config;
use crate::limits::PREFIX_BYTES;
use crate::reject::Reject;
use crate::row::Row;
use bytes::{Buf, Bytes, BytesMut};
use core::fmt;

/// The bytes that an idle stream may hold for nothing.
const KEPT_BYTES: usize = 4_096;

/// The front frame's bytes while it is partial. Grows with what has come, never to what a prefix promises.
#[derive(Clone, Default)]
pub(crate) struct PartialFrame {
    bytes: BytesMut,
    /// The staged frame has been given to the caller: its bytes go at the next call.
    delivered: bool,
}

impl fmt::Debug for PartialFrame {
    /// How much is held, not what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PartialFrame").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl PartialFrame {
    pub fn len(&self) -> usize {
        if self.delivered {
            0
        } else {
            self.bytes.len()
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub fn clear(&mut self) {
        *self = PartialFrame::default();
    }

    /// The staged frame has been seen. Its memory is kept for the next one only where it is little.
    fn clear_delivered(&mut self) {
        self.delivered = false;
        if self.bytes.capacity() > KEPT_BYTES {
            self.bytes = BytesMut::new();
        } else {
            self.bytes.clear();
        }
    }

    pub fn next_frame<R: Rules>(
        &mut self,
        parser: &mut Parser,
        config: &Config,
        rules: &mut R,
        chunk: &mut Bytes,
    ) -> Result<Option<BytesFrame>, Reject> {
        let mut rows = [Row::default()];
        let fed = self.feed(parser, config, rules, chunk, &mut rows)?;
        let [row] = rows;
        let wire = if fed.staged {
            chunk.advance(fed.consumed);
            self.take_delivered()
        } else {
            chunk.split_to(fed.consumed)
        };
        Ok((fed.rows == 1).then(|| BytesFrame::new(wire, row)))
    }

    /// The bytes of the staged frame, once it has been given to the caller.
    pub fn take_delivered(&mut self) -> Bytes {
        core::mem::take(self).bytes.freeze()
    }

    /// Decodes a chunk behind what is staged. No bytes are no look (rule 4.5): nothing is judged anew.
    pub fn feed<R: Rules>(
        &mut self,
        parser: &mut Parser,
        config: &Config,
        rules: &mut R,
        chunk: &[u8],
        rows: &mut [Row],
    ) -> Result<Progress, Reject> {
        if self.delivered {
            self.clear_delivered();
        }
        if chunk.is_empty() {
            return parser.wait(self.bytes.len());
        }
        let fed = if self.bytes.is_empty() {
            self.feed_chunk(parser, config, rules, chunk, rows)
        } else {
            self.feed_partial(parser, config, rules, chunk, rows)
        };
        fed.inspect_err(|_| self.bytes = BytesMut::new())
    }

    /// Nothing is staged: frames stay in the chunk, and what it cuts is staged.
    fn feed_chunk<R: Rules>(
        &mut self,
        parser: &mut Parser,
        config: &Config,
        rules: &mut R,
        chunk: &[u8],
        rows: &mut [Row],
    ) -> Result<Progress, Reject> {
        let found = parser.decode_rows(config, rules, chunk, rows)?;
        if found.more {
            return Ok(found);
        }
        self.bytes.extend_from_slice(&chunk[found.consumed..]);
        Ok(Progress { consumed: chunk.len(), ..found })
    }

    /// Adds to the staged frame what it lacks, until it is whole or the chunk is used up.
    fn feed_partial<R: Rules>(
        &mut self,
        parser: &mut Parser,
        config: &Config,
        rules: &mut R,
        chunk: &[u8],
        rows: &mut [Row],
    ) -> Result<Progress, Reject> {
        let room = rows.len().min(1);
        let mut consumed = 0;
        loop {
            let taken = self.missing().min(chunk.len() - consumed) * room;
            self.append(&chunk[consumed..consumed + taken]);
            consumed += taken;
            let found = parser.decode_rows(config, rules, &self.bytes, &mut rows[..room])?;
            self.delivered = found.rows == 1;
            let (more, staged) = (consumed < chunk.len(), self.delivered);
            if staged || !more || room == 0 {
                let need = if more { 0 } else { found.need };
                return Ok(Progress { rows: found.rows, consumed, need, more, staged });
            }
        }
    }

    /// Its memory grows with what has come, twofold, and never beyond the frame.
    fn append(&mut self, more: &[u8]) {
        let needed = self.bytes.len() + more.len();
        if needed > self.bytes.capacity() {
            let twofold = (2 * self.bytes.capacity()).min(self.length());
            let mut grown = BytesMut::with_capacity(needed.max(twofold));
            grown.extend_from_slice(&self.bytes);
            self.bytes = grown;
        }
        self.bytes.extend_from_slice(more);
    }

    /// Bytes to the end of the prefix, then to that of the frame.
    fn missing(&self) -> usize {
        self.length().saturating_sub(self.bytes.len())
    }

    /// That of the prefix while it is not whole, then that of the frame: a staged prefix has been judged.
    fn length(&self) -> usize {
        match self.bytes.first_chunk() {
            Some(&[a, b, c, d, _, _, _, _]) => u32::from_be_bytes([a, b, c, d]) as usize,
            None => PREFIX_BYTES,
        }
    }

    /// What the frame that has begun lacks; 0 where none has.
    pub fn wanted(&self) -> usize {
        if self.len() == 0 {
            0
        } else {
            self.missing()
        }
    }

    /// Gives back the memory that it keeps for a frame to come.
    pub fn shrink(&mut self) {
        if self.len() == 0 {
            self.clear();
        }
    }

    pub fn finish(&mut self, parser: &mut Parser) -> Result<(), Reject> {
        let rest = if self.delivered { &[][..] } else { &self.bytes[..] };
        let finished = parser.finish(rest);
        if finished.is_err() {
            self.clear();
        }
        finished
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::encode::encode_to;
    use crate::frame::{Data, Frame};
    use crate::session::session::Session;

    #[test]
    fn its_memory_is_at_most_the_frame_and_what_it_wants_is_told() {
        let mut wire = Vec::new();
        let data = Data { seq: 1, obj: None, body: &[7; 100_000] };
        encode_to(&Frame::Data(data), &mut wire).unwrap();
        let mut partial = PartialFrame::default();
        assert_eq!(partial.wanted(), 0);
        for (step, chunk) in wire[..wire.len() - 1].chunks(7_000).enumerate() {
            partial.append(chunk);
            let come = partial.bytes.len();
            assert!(partial.bytes.capacity() <= (2 * come).min(wire.len()), "step {step}");
            assert_eq!(partial.wanted(), wire.len() - come);
        }
        partial.append(&wire[wire.len() - 1..]);
        assert_eq!((partial.wanted(), &partial.bytes[..]), (0, &wire[..]));
    }

    #[test]
    fn a_prefix_is_wanted_before_its_frame() {
        let mut session = Session::new(Config::default());
        session.recv(&[0, 0, 0], &mut [Row::default()]).unwrap();
        assert_eq!((session.staged(), session.wanted()), (3, PREFIX_BYTES - 3));
    }
}
