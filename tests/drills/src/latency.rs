//! When requests ended and how long they took.

use std::time::Duration;

/// A request that was served.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// Since the load began.
    pub ended: Duration,
    pub took: Duration,
}

/// How long those took that ended from `from` on and before `until`, in rising order.
pub fn between(served: &[Served], from: Duration, until: Duration) -> Vec<Duration> {
    let within = served.iter().filter(|one| (from..until).contains(&one.ended));
    let mut took: Vec<_> = within.map(|one| one.took).collect();
    took.sort_unstable();
    took
}

/// The value that `percent` of rising values do not exceed; zero where there is none.
pub fn percentile(rising: &[Duration], percent: usize) -> Duration {
    let rank = (rising.len() * percent).div_ceil(100);
    rising.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(value: u64) -> Duration {
        Duration::from_millis(value)
    }

    #[test]
    fn a_percentile_is_a_value_that_was_seen() {
        let hundred = (1..=100).map(ms).collect::<Vec<_>>();
        assert_eq!(percentile(&hundred, 95), ms(95));
        assert_eq!(percentile(&hundred, 100), ms(100));
        assert_eq!(percentile(&[ms(7)], 50), ms(7));
        assert_eq!(percentile(&[], 50), ms(0));
    }

    #[test]
    fn only_what_ended_within_the_time_counts_and_in_rising_order() {
        let at = |ended, took| Served { ended: ms(ended), took: ms(took) };
        let served = [at(5, 1), at(10, 9), at(19, 3), at(20, 2)];
        assert_eq!(between(&served, ms(10), ms(20)), [ms(3), ms(9)]);
    }
}
