//! Streams a second: START and END cost the peer no credit, so their number has a limit of its own.

use std::time::{Duration, Instant};

/// Lets a second's worth through at once, and then no more than the rate.
pub struct StreamRate {
    each: Duration,
    /// When all streams so far would have passed at the rate.
    caught_up: Instant,
}

impl StreamRate {
    const BURST: Duration = Duration::from_secs(1);

    pub fn new(a_second: u64, now: Instant) -> Self {
        StreamRate { each: Self::BURST / a_second as u32, caught_up: now }
    }

    /// A stream has passed; gives how long the next one has to wait.
    pub fn record(&mut self, now: Instant) -> Duration {
        self.caught_up = self.caught_up.max(now) + self.each;
        self.caught_up.duration_since(now).saturating_sub(Self::BURST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_s_worth_passes_at_once_and_then_the_rate_is_kept() {
        let start = Instant::now();
        let mut rate = StreamRate::new(10, start);
        assert!((0..10).all(|_| rate.record(start).is_zero()));
        assert_eq!(rate.record(start), Duration::from_millis(100));
        let later = start + Duration::from_millis(200);
        assert_eq!(rate.record(later), Duration::ZERO);
        assert_eq!(rate.record(later), Duration::from_millis(100));
    }

    #[test]
    fn what_was_not_used_is_not_saved_beyond_a_second() {
        let start = Instant::now();
        let mut rate = StreamRate::new(10, start);
        let later = start + Duration::from_secs(60);
        assert!((0..10).all(|_| rate.record(later).is_zero()));
        assert!(!rate.record(later).is_zero());
    }
}
