//! Bytes that wait to be written, in order: encoded frames, and bodies that lie with the host.

use alloc::collections::{vec_deque, VecDeque};
use alloc::{vec, vec::Vec};
use core::fmt;

/// The next thing to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Piece<'c> {
    /// These bytes.
    Bytes(&'c [u8]),
    /// So many bytes of the host's own, from where its body was written last: what is left of the oldest body that
    /// [`Connection::data_head`](super::Connection::data_head) announced.
    Body(usize),
}

/// A body that lies with the host.
#[derive(Clone, Copy, Debug)]
struct Body {
    /// Where it stands: in front of that byte of `bytes`.
    at: usize,
    left: usize,
}

#[derive(Clone, Default)]
pub(super) struct Outgoing {
    /// Frames and copied bodies, and behind them room for more. All of it is initialised, so that frames are encoded in
    /// place.
    bytes: Vec<u8>,
    /// How many of `bytes` are frames and bodies, and how many of these are written.
    filled: usize,
    written: usize,
    /// How much was queued when all of it was last written: the best guess for the next time.
    usual: usize,
    bodies: VecDeque<Body>,
    body_bytes: usize,
}

/// Bytes of memory that an idle connection may keep for nothing. Larger bodies are better announced than copied.
const KEPT_BYTES: usize = 16 << 10;

impl fmt::Debug for Outgoing {
    /// How much waits, not what.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Outgoing {
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.filled - self.written + self.body_bytes
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Room for at least so many bytes behind what is queued. They are queued once [`fill`](Self::fill) says so.
    #[inline(always)]
    pub fn room(&mut self, count: usize) -> &mut [u8] {
        if self.bytes.len() - self.filled < count {
            self.make_room(count);
        }
        &mut self.bytes[self.filled..]
    }

    #[inline(never)]
    fn make_room(&mut self, count: usize) {
        if self.bytes.is_empty() {
            self.bytes = vec![0; count.max(self.usual)];
        } else {
            let len = (self.filled + count).max(2 * self.bytes.len());
            self.bytes.resize(len, 0);
        }
    }

    /// So many bytes of the room are queued.
    #[inline(always)]
    pub fn fill(&mut self, count: usize) {
        self.filled += count;
    }

    /// Frames and copied bodies, those among them that are written and not forgotten yet.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// A body of the host's follows what is queued.
    pub fn push_body(&mut self, len: usize) {
        if len > 0 {
            self.bodies.push_back(Body { at: self.filled, left: len });
            self.body_bytes += len;
        }
    }

    /// The bytes that wait to be written, in order.
    pub fn pieces(&self) -> Pieces<'_> {
        Pieces { bytes: self.bytes(), at: self.written, bodies: self.bodies.iter(), body: None }
    }

    /// So many bytes are written.
    pub fn advance(&mut self, mut count: usize) {
        while let Some(body) = self.bodies.front_mut() {
            let before = (body.at - self.written).min(count);
            self.written += before;
            count -= before;
            let of_body = body.left.min(count);
            body.left -= of_body;
            count -= of_body;
            self.body_bytes -= of_body;
            if body.left > 0 {
                return;
            }
            self.bodies.pop_front();
        }
        self.written = (self.written + count).min(self.filled);
        self.forget_written();
    }

    /// Gives back the memory that it keeps for what may be queued.
    pub fn shrink(&mut self) {
        if self.is_empty() {
            *self = Outgoing::default();
        }
    }

    fn forget_written(&mut self) {
        if self.written == self.filled {
            self.usual = self.filled;
            (self.filled, self.written) = (0, 0);
            if self.bytes.len() > KEPT_BYTES {
                self.bytes = Vec::new();
            }
        } else if self.written >= self.filled / 2 {
            self.bytes.copy_within(self.written..self.filled, 0);
            for body in &mut self.bodies {
                body.at -= self.written;
            }
            self.filled -= self.written;
            self.written = 0;
        }
    }
}

/// The bytes that wait to be written, in order: see [`Connection::transmit`](super::Connection::transmit).
#[derive(Clone, Debug)]
pub struct Pieces<'c> {
    bytes: &'c [u8],
    at: usize,
    bodies: vec_deque::Iter<'c, Body>,
    /// The body that comes next.
    body: Option<usize>,
}

impl<'c> Iterator for Pieces<'c> {
    type Item = Piece<'c>;

    fn next(&mut self) -> Option<Piece<'c>> {
        if let Some(len) = self.body.take() {
            return Some(Piece::Body(len));
        }
        let body = self.bodies.next();
        let until = body.map_or(self.bytes.len(), |body| body.at);
        let bytes = &self.bytes[self.at..until];
        self.at = until;
        self.body = body.map(|body| body.left);
        if bytes.is_empty() {
            self.body.take().map(Piece::Body)
        } else {
            Some(Piece::Bytes(bytes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces as text, a body as so many `_`.
    fn shown(queue: &Outgoing) -> String {
        queue
            .pieces()
            .map(|piece| match piece {
                Piece::Bytes(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
                Piece::Body(len) => "_".repeat(len),
            })
            .collect()
    }

    fn queue_bytes(queue: &mut Outgoing, bytes: &[u8]) {
        queue.room(bytes.len())[..bytes.len()].copy_from_slice(bytes);
        queue.fill(bytes.len());
    }

    #[test]
    fn any_split_of_the_writes_gives_the_same_bytes() {
        let whole = "ab___cd__e";
        let step = if cfg!(miri) { 3 } else { 1 };
        for first in (0..=whole.len()).step_by(step) {
            for second in (first..=whole.len()).step_by(step) {
                let mut queue = Outgoing::default();
                queue_bytes(&mut queue, b"ab");
                queue.push_body(3);
                queue_bytes(&mut queue, b"cd");
                queue.push_body(2);
                queue.push_body(0);
                queue_bytes(&mut queue, b"e");
                assert_eq!(queue.len(), whole.len());
                for (until, step) in [(first, first), (second, second - first)] {
                    queue.advance(step);
                    assert_eq!(shown(&queue), whole[until..], "{first} {second}");
                    assert_eq!(queue.len(), whole.len() - until);
                }
                queue_bytes(&mut queue, b"z");
                assert_eq!(shown(&queue), format!("{}z", &whole[second..]));
            }
        }
    }

    #[test]
    fn written_bytes_are_forgotten_and_a_large_buffer_is_given_back() {
        let mut queue = Outgoing::default();
        queue_bytes(&mut queue, &[0; 2 * KEPT_BYTES]);
        queue.advance(KEPT_BYTES);
        assert_eq!(queue.bytes().len(), KEPT_BYTES);
        queue.advance(KEPT_BYTES);
        assert_eq!((queue.len(), queue.bytes.capacity()), (0, 0));
        queue_bytes(&mut queue, &[0; 100]);
        queue.advance(100);
        assert!(queue.is_empty());
        queue_bytes(&mut queue, &[0; 100]);
        queue.advance(100);
        assert!((100..=KEPT_BYTES).contains(&queue.bytes.capacity()));
    }

    #[test]
    fn more_than_there_is_empties_the_queue() {
        let mut queue = Outgoing::default();
        queue_bytes(&mut queue, b"abc");
        queue.push_body(5);
        queue.advance(100);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_waits_is_not_printed() {
        let mut queue = Outgoing::default();
        queue_bytes(&mut queue, b"payload");
        assert_eq!(format!("{queue:?}"), "Outgoing { len: 7, .. }");
    }

    #[test]
    fn an_empty_queue_gives_its_memory_back_and_another_keeps_it() {
        let mut queue = Outgoing::default();
        queue_bytes(&mut queue, b"ab");
        queue.shrink();
        assert_eq!(queue.len(), 2);
        queue.advance(2);
        queue.shrink();
        assert_eq!((queue.len(), queue.bytes.capacity()), (0, 0));
        queue_bytes(&mut queue, b"ab");
        assert_eq!(queue.len(), 2);
    }
}
