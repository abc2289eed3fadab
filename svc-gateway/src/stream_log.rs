//! Which streams have a line of their own in the log: not empty ones, which cost a peer nothing, and not more a second
//! than somebody may want to read. The others are summed.

use crate::peer::Peer;
use crate::report::{self, StreamLine};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Lines a second.
const MAX_LINES: u64 = 1_000;

const SECOND: u64 = 1_000_000_000;

#[derive(Default)]
pub struct StreamLog {
    second: AtomicU64,
    lines: AtomicU64,
    empty: AtomicU64,
    unlogged: AtomicU64,
}

impl StreamLog {
    /// Logs a stream that has ended at `now`, in nanoseconds, or adds it to the sum.
    pub fn log(&self, now: u64, peer: &Peer, line: &StreamLine<'_>) {
        if line.stream.frames == 0 {
            self.empty.fetch_add(1, Relaxed);
            report::empty_stream(peer, line);
        } else if self.has_a_line_left(now) {
            report::stream(peer, line);
        } else {
            self.unlogged.fetch_add(1, Relaxed);
        }
    }

    fn has_a_line_left(&self, now: u64) -> bool {
        let second = now / SECOND;
        // Two threads may both begin a second; then it has a few lines more.
        if self.second.swap(second, Relaxed) != second {
            self.lines.store(0, Relaxed);
        }
        self.lines.fetch_add(1, Relaxed) < MAX_LINES
    }

    /// Logs the sum of those without a line since the last call, where there are any.
    pub fn log_sum(&self) {
        let (empty, others) = (self.empty.swap(0, Relaxed), self.unlogged.swap(0, Relaxed));
        if empty + others > 0 {
            report::streams_without_a_line(empty, others);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_has_so_many_lines_and_the_next_one_too() {
        let log = StreamLog::default();
        let lines = |now| (0..MAX_LINES + 5).filter(|_| log.has_a_line_left(now)).count() as u64;
        assert_eq!((lines(SECOND), lines(2 * SECOND - 1)), (MAX_LINES, 0));
        assert_eq!(lines(2 * SECOND), MAX_LINES);
    }
}
