//! Until when a peer has to have sent or taken something, where the engine of a connection knows no deadline: a frame,
//! the next byte of a stream, what is written. Time that the gateway itself keeps a peer waiting does not count.

use crate::config::Config;
use crate::refusal::Refusal;
use crate::values::Timeout;

/// Nanoseconds each.
#[derive(Clone, Copy)]
pub struct Limits {
    pub frame: u64,
    pub silence: u64,
    pub write: u64,
}

impl Limits {
    pub fn new(config: &Config) -> Self {
        let ns = |timeout: Timeout| timeout.duration().as_nanos() as u64;
        let (frame, silence) = (ns(config.frame_seconds), ns(config.read_seconds));
        Limits { frame, silence, write: ns(config.write_seconds) }
    }
}

/// A frame that has not come to its end.
struct Frame {
    due: u64,
    /// Bytes of it that were here when its time began.
    had: usize,
}

pub struct Deadlines {
    limits: Limits,
    heard: u64,
    frame: Option<Frame>,
    /// Since when what is written is not taken.
    blocked: Option<u64>,
    /// Since when the gateway does not read.
    paused: Option<u64>,
}

impl Deadlines {
    pub fn new(limits: Limits, now: u64) -> Self {
        Deadlines { limits, heard: now, frame: None, blocked: None, paused: None }
    }

    pub fn heard(&mut self, now: u64) {
        self.heard = now;
    }

    pub fn begin_frame(&mut self, now: u64) {
        self.frame = Some(Frame { due: now + self.limits.frame, had: 0 });
    }

    /// Where none has begun.
    pub fn expect_frame(&mut self, now: u64) {
        if self.frame.is_none() {
            self.begin_frame(now);
        }
    }

    pub fn end_frame(&mut self) {
        self.frame = None;
    }

    pub fn blocked(&mut self, now: u64) {
        self.blocked.get_or_insert(now);
    }

    pub fn unblocked(&mut self) {
        self.blocked = None;
    }

    /// Whether the gateway reads from now on: while it does not, no time passes for the peer.
    pub fn set_reading(&mut self, reads: bool, now: u64) {
        match (reads, self.paused) {
            (false, None) => self.paused = Some(now),
            (true, Some(since)) => {
                self.paused = None;
                self.heard = now;
                if let Some(frame) = &mut self.frame {
                    frame.due += now - since;
                }
            }
            _ => {}
        }
    }

    /// The next, and what it is called when it passes.
    pub fn next(&self, a_stream_is_open: bool) -> Option<(u64, Refusal)> {
        let write = self.blocked.map(|since| (since + self.limits.write, Refusal::WriteTimeout));
        if self.paused.is_some() {
            return write;
        }
        let read = match &self.frame {
            Some(frame) => Some((frame.due, Refusal::FrameTimeout)),
            None if a_stream_is_open => {
                Some((self.heard + self.limits.silence, Refusal::ReadTimeout))
            }
            None => None,
        };
        [read, write].into_iter().flatten().min_by_key(|&(due, _)| due)
    }

    /// Gives a frame of that length, of which so many bytes are here, as much time again where a quarter of it has come
    /// since its time began. Whether it was given.
    pub fn extend_frame(&mut self, now: u64, length: usize, have: usize) -> bool {
        let Some(frame) = &mut self.frame else { return false };
        let came = have.saturating_sub(frame.had);
        if came == 0 || came < length / 4 {
            return false;
        }
        *frame = Frame { due: now + self.limits.frame, had: have };
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { frame: 10, silence: 30, write: 5 };

    fn deadlines() -> Deadlines {
        Deadlines::new(LIMITS, 100)
    }

    #[test]
    fn a_frame_has_its_time_a_stream_its_silence_and_a_write_its_own() {
        let mut deadlines = deadlines();
        assert_eq!(deadlines.next(false), None);
        assert_eq!(deadlines.next(true), Some((130, Refusal::ReadTimeout)));
        deadlines.begin_frame(101);
        deadlines.expect_frame(109);
        assert_eq!(deadlines.next(true), Some((111, Refusal::FrameTimeout)));
        deadlines.blocked(102);
        deadlines.blocked(104);
        assert_eq!(deadlines.next(true), Some((107, Refusal::WriteTimeout)));
        deadlines.unblocked();
        deadlines.end_frame();
        assert_eq!(deadlines.next(true), Some((130, Refusal::ReadTimeout)));
    }

    #[test]
    fn time_that_the_gateway_does_not_read_is_not_the_peer_s() {
        let mut deadlines = deadlines();
        deadlines.begin_frame(100);
        deadlines.set_reading(false, 104);
        deadlines.set_reading(false, 105);
        assert_eq!(deadlines.next(true), None);
        deadlines.set_reading(true, 1_004);
        assert_eq!(deadlines.next(true), Some((1_010, Refusal::FrameTimeout)));
        deadlines.end_frame();
        assert_eq!(deadlines.next(true), Some((1_034, Refusal::ReadTimeout)));
    }

    #[test]
    fn a_frame_of_which_a_quarter_came_has_more_time() {
        let mut deadlines = deadlines();
        deadlines.begin_frame(100);
        assert!(!deadlines.extend_frame(110, 1_000, 249));
        assert!(deadlines.extend_frame(110, 1_000, 250));
        assert_eq!(deadlines.next(true), Some((120, Refusal::FrameTimeout)));
        assert!(!deadlines.extend_frame(120, 1_000, 499));
        assert!(deadlines.extend_frame(120, 1_000, 500));
        assert!(!deadlines.extend_frame(130, 0, 500), "nothing has come");
    }
}
