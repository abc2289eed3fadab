//! Bytes that wait to be written, in order: encoded frames, and bodies that lie with the host.

use std::collections::VecDeque;
use std::fmt;

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
    bytes: Vec<u8>,
    /// How many of `bytes` are written.
    written: usize,
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
    pub fn len(&self) -> usize {
        self.bytes.len() - self.written + self.body_bytes
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where frames are appended.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Frames and copied bodies, those among them that are written and not forgotten yet.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A body of the host's follows what is queued.
    pub fn push_body(&mut self, len: usize) {
        if len > 0 {
            self.bodies.push_back(Body { at: self.bytes.len(), left: len });
            self.body_bytes += len;
        }
    }

    /// The bytes that wait to be written, in order.
    pub fn pieces(&self) -> Pieces<'_> {
        Pieces { bytes: &self.bytes, at: self.written, bodies: self.bodies.iter(), body: None }
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
        self.written = (self.written + count).min(self.bytes.len());
        self.forget_written();
    }

    fn forget_written(&mut self) {
        if self.written == self.bytes.len() {
            self.written = 0;
            if self.bytes.capacity() > KEPT_BYTES {
                self.bytes = Vec::new();
            } else {
                self.bytes.clear();
            }
        } else if self.written >= self.bytes.len() / 2 {
            self.bytes.drain(..self.written);
            for body in &mut self.bodies {
                body.at -= self.written;
            }
            self.written = 0;
        }
    }
}

/// The bytes that wait to be written, in order: see [`Connection::transmit`](super::Connection::transmit).
#[derive(Clone, Debug)]
pub struct Pieces<'c> {
    bytes: &'c [u8],
    at: usize,
    bodies: std::collections::vec_deque::Iter<'c, Body>,
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

    #[test]
    fn any_split_of_the_writes_gives_the_same_bytes() {
        let whole = "ab___cd__e";
        let step = if cfg!(miri) { 3 } else { 1 };
        for first in (0..=whole.len()).step_by(step) {
            for second in (first..=whole.len()).step_by(step) {
                let mut queue = Outgoing::default();
                queue.buffer().extend_from_slice(b"ab");
                queue.push_body(3);
                queue.buffer().extend_from_slice(b"cd");
                queue.push_body(2);
                queue.push_body(0);
                queue.buffer().extend_from_slice(b"e");
                assert_eq!(queue.len(), whole.len());
                for (until, step) in [(first, first), (second, second - first)] {
                    queue.advance(step);
                    assert_eq!(shown(&queue), whole[until..], "{first} {second}");
                    assert_eq!(queue.len(), whole.len() - until);
                }
                queue.buffer().push(b'z');
                assert_eq!(shown(&queue), format!("{}z", &whole[second..]));
            }
        }
    }

    #[test]
    fn written_bytes_are_forgotten_and_a_large_buffer_is_given_back() {
        let mut queue = Outgoing::default();
        queue.buffer().resize(2 * KEPT_BYTES, 0);
        queue.advance(KEPT_BYTES);
        assert_eq!(queue.buffer().len(), KEPT_BYTES);
        queue.advance(KEPT_BYTES);
        assert_eq!((queue.len(), queue.buffer().capacity()), (0, 0));
        queue.buffer().extend_from_slice(&[0; 100]);
        queue.advance(100);
        assert!(queue.is_empty() && queue.buffer().capacity() > 0);
    }

    #[test]
    fn more_than_there_is_empties_the_queue() {
        let mut queue = Outgoing::default();
        queue.buffer().extend_from_slice(b"abc");
        queue.push_body(5);
        queue.advance(100);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_waits_is_not_printed() {
        let mut queue = Outgoing::default();
        queue.buffer().extend_from_slice(b"payload");
        assert_eq!(format!("{queue:?}"), "Outgoing { len: 7, .. }");
    }
}
