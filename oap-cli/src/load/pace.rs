//! When each DATA is due.

use std::time::Duration;
use tokio::time::Instant;

/// The DATA of one connection: due one after the other at a rate, or at once.
pub struct Pace {
    begun: Instant,
    /// Between two of them; none is as fast as it goes.
    step: Option<Duration>,
    next: u64,
}

impl Pace {
    /// `rate` is DATA a second on all connections together, of which this is one of so many.
    pub fn new(begun: Instant, rate: Option<f64>, place: u32, connections: u32) -> Self {
        let step = rate.map(|rate| Duration::from_secs_f64(f64::from(connections) / rate));
        // The connections take turns.
        let offset = step.map_or(Duration::ZERO, |step| step * place / connections.max(1));
        Pace { begun: begun + offset, step, next: 0 }
    }

    /// When the next DATA is due, where there is a rate.
    pub fn due(&self) -> Option<Instant> {
        let nanos = self.step?.as_nanos().saturating_mul(self.next.into());
        Some(self.begun + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
    }

    /// The time from which the latency of the next DATA counts, if it is due: however late it goes, its time is when it
    /// was due, so that a host that stalls is not asked less.
    pub fn next(&self, now: Instant) -> Option<Instant> {
        let due = self.due().unwrap_or(now);
        (due <= now).then_some(due)
    }

    /// That DATA goes.
    pub fn pass(&mut self) {
        self.next += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    fn take(pace: &mut Pace, now: Instant) -> Option<Instant> {
        let due = pace.next(now)?;
        pace.pass();
        Some(due)
    }

    #[test]
    fn what_is_late_counts_from_when_it_was_due() {
        let begun = Instant::now();
        let mut pace = Pace::new(begun, Some(1_000.0), 0, 1);
        assert_eq!(take(&mut pace, begun), Some(begun));
        assert_eq!(take(&mut pace, begun), None);
        let late = begun + MILLISECOND * 10;
        let dues: Vec<_> = std::iter::from_fn(|| take(&mut pace, late)).collect();
        assert_eq!(dues, (1..=10).map(|n| begun + MILLISECOND * n).collect::<Vec<_>>());
    }

    #[test]
    fn connections_take_turns() {
        let begun = Instant::now();
        let dues = [0, 1].map(|place| Pace::new(begun, Some(1_000.0), place, 2).due().unwrap());
        assert_eq!(dues, [begun, begun + MILLISECOND]);
    }
}
