//! Streams a second: START and END cost the peer no credit, so their number has a limit of its own.

const SECOND: u64 = 1_000_000_000;

/// Lets a second's worth through at once, and then no more than the rate.
pub struct StreamRate {
    /// Nanoseconds of a stream.
    each: u64,
    /// When all streams so far would have passed at the rate.
    caught_up: u64,
}

impl StreamRate {
    pub fn new(a_second: u64, now: u64) -> Self {
        StreamRate { each: SECOND / a_second, caught_up: now }
    }

    /// So many streams have passed; gives how long the next one has to wait, in nanoseconds.
    pub fn record(&mut self, now: u64, streams: u64) -> u64 {
        self.caught_up = self.caught_up.max(now) + self.each * streams;
        (self.caught_up - now).saturating_sub(SECOND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: u64 = 7 * SECOND;

    #[test]
    fn a_second_s_worth_passes_at_once_and_then_the_rate_is_kept() {
        let mut rate = StreamRate::new(10, START);
        assert_eq!((rate.record(START, 9), rate.record(START, 1)), (0, 0));
        assert_eq!(rate.record(START, 1), SECOND / 10);
        let later = START + SECOND / 5;
        assert_eq!((rate.record(later, 1), rate.record(later, 3)), (0, 3 * SECOND / 10));
    }

    #[test]
    fn what_was_not_used_is_not_saved_beyond_a_second() {
        let mut rate = StreamRate::new(10, START);
        let later = START + 60 * SECOND;
        assert_eq!(rate.record(later, 10), 0);
        assert!(rate.record(later, 1) > 0);
    }
}
