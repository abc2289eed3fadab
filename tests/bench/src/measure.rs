//! Cases in turn, round by round, and their medians.

use std::time::{Duration, Instant};

const ROUNDS: usize = 201;
/// A case runs so long in a round: long beside the clock's own time, short beside a time slice.
const ROUND: Duration = Duration::from_micros(50);

/// What is measured, and how it is shown.
pub struct Case<'w> {
    pub work: &'w str,
    pub what: &'w str,
    pub role: &'static str,
    pub unit: &'static str,
    /// Frames, calls or bytes of a run.
    units: usize,
    run: Box<dyn FnMut() -> Duration + 'w>,
}

impl<'w> Case<'w> {
    /// A case that does its work once in `run`.
    pub fn new(
        (work, what, role): (&'w str, &'w str, &'static str),
        (units, unit): (usize, &'static str),
        mut run: impl FnMut() + 'w,
    ) -> Self {
        Case::prepared((work, what, role), (units, unit), || (), move |()| run())
    }

    /// Likewise, on what `prepare` makes before the clock runs.
    pub fn prepared<T>(
        (work, what, role): (&'w str, &'w str, &'static str),
        (units, unit): (usize, &'static str),
        mut prepare: impl FnMut() -> T + 'w,
        mut run: impl FnMut(T) + 'w,
    ) -> Self {
        let run = Box::new(move || {
            let made = prepare();
            let start = Instant::now();
            run(made);
            start.elapsed()
        });
        Case { work, what, role, unit, units, run }
    }

    /// Does its work once. Where callgrind looks: not to be inlined.
    #[inline(never)]
    pub fn run(&mut self) -> Duration {
        (self.run)()
    }

    /// Nanoseconds a unit.
    fn time(&mut self, repeats: u32) -> f64 {
        let took: Duration = (0..repeats).map(|_| self.run()).sum();
        took.as_nanos() as f64 / (f64::from(repeats) * self.units as f64)
    }
}

/// Nanoseconds a unit of each case: medians of rounds in which all run in turn, so that what disturbs the machine
/// disturbs all of them.
pub fn medians(cases: &mut [Case<'_>]) -> Vec<f64> {
    let repeats: Vec<u32> = cases.iter_mut().map(repeats).collect();
    let mut times = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for ((case, &repeats), times) in cases.iter_mut().zip(&repeats).zip(&mut times) {
            times.push(case.time(repeats));
        }
    }
    times.into_iter().map(median).collect()
}

fn repeats(case: &mut Case<'_>) -> u32 {
    case.run();
    let took = case.run().max(Duration::from_nanos(1));
    (ROUND.as_nanos() / took.as_nanos()).clamp(1, 1_000) as u32
}

pub fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
