//! The time of decode and encode calls, for a monitor that wants it.

use crate::monitor::Monitor;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Observes each call once, by the machine's monotonic clock. Without a monitor, or where its timing is off, no clock
/// is read.
pub struct Stopwatch(Option<Arc<oap::Monitor>>);

impl Stopwatch {
    pub fn of(monitor: Option<&Monitor>) -> Self {
        Stopwatch(monitor.filter(|monitor| monitor.timing).map(|monitor| monitor.core.clone()))
    }

    /// A decode call.
    #[inline]
    pub fn read<T>(&self, call: impl FnOnce() -> T) -> T {
        self.time(oap::Monitor::observe_read, call)
    }

    /// An encode call.
    #[inline]
    pub fn write<T>(&self, call: impl FnOnce() -> T) -> T {
        self.time(oap::Monitor::observe_write, call)
    }

    #[inline]
    fn time<T>(&self, observe: fn(&oap::Monitor, u64), call: impl FnOnce() -> T) -> T {
        let Stopwatch(Some(monitor)) = self else { return call() };
        let start = Instant::now();
        let done = call();
        observe(monitor, nanoseconds(start.elapsed()));
        done
    }
}

fn nanoseconds(time: Duration) -> u64 {
    time.as_nanos().try_into().unwrap_or(u64::MAX)
}
