//! The threads of the process: how many the configuration makes of them, and whether the system gives so many. All are
//! there from the start, so that no later shortage takes one away.

use crate::config::{cores, Config};
use crate::config_sources::Problem;
use std::io;
use std::sync::mpsc::channel;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Beside those below: the one that writes the log. The first has come by itself.
const OTHERS: usize = 1;

/// How long they may all take to start.
const PATIENCE: Duration = Duration::from_secs(10);

/// An idle thread stays as long as anybody may wait for it.
const FOR_EVER: Duration = Duration::from_secs(1 << 32);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threads {
    /// Those that serve connections.
    pub io: usize,
    /// Those that hash.
    pub hashing: usize,
}

impl Threads {
    /// As many as the configuration says. Where it leaves the number open, it is one a core, or what the system gives.
    ///
    /// # Errors
    /// The system gives fewer than it takes.
    pub fn new(config: &Config) -> Result<Self, Problem> {
        let asked = [config.io_threads.0 as usize, config.workers.0 as usize];
        let wanted = asked.map(|number| if number == 0 { cores() } else { number });
        let given = granted(OTHERS + wanted.iter().sum::<usize>());
        fit(asked, cores(), given)
            .map_err(|reason| Problem::new(&["io_threads", "workers"], reason))
    }

    /// A runtime with these, of which those for blocking work are those that hash.
    ///
    /// # Errors
    /// Where the system gives no thread.
    pub fn runtime(self) -> io::Result<Runtime> {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(self.io).max_blocking_threads(self.hashing);
        let runtime = builder.thread_keep_alive(FOR_EVER).enable_all().build()?;
        self.start_hashing(&runtime)?;
        Ok(runtime)
    }

    fn start_hashing(self, runtime: &Runtime) -> io::Result<()> {
        let gate = Arc::new(RwLock::new(()));
        let closed = gate.write().unwrap_or_else(PoisonError::into_inner);
        let (is_here, here) = channel();
        for _ in 0..self.hashing {
            let (gate, is_here) = (Arc::clone(&gate), is_here.clone());
            drop(runtime.spawn_blocking(move || {
                let _ = is_here.send(());
                drop(gate.read());
            }));
        }
        let all = (0..self.hashing).try_for_each(|_| here.recv_timeout(PATIENCE));
        drop(closed);
        all.map_err(|_| io::Error::other("the system gives too few threads"))
    }
}

/// How many of so many threads the system gives at a time.
fn granted(most: usize) -> usize {
    let gate = RwLock::new(());
    thread::scope(|scope| {
        let _closed = gate.write();
        let wait = || drop(gate.read());
        (0..most).take_while(|_| thread::Builder::new().spawn_scoped(scope, wait).is_ok()).count()
    })
}

/// Of I/O and hashing, where 0 leaves the number open.
fn fit(asked: [usize; 2], cores: usize, given: usize) -> Result<Threads, String> {
    let named: usize = asked.iter().sum();
    let open = asked.iter().filter(|&&number| number == 0).count();
    let left = given.saturating_sub(OTHERS + named);
    if given < OTHERS + named + open {
        return Err(format!(
            "io_threads and workers need {} threads beside the first, and the system gives {given}: see TasksMax= of \
             the unit, pids.max of the control group and the limit nproc",
            OTHERS + named + open
        ));
    }
    let each = left.checked_div(open).map_or(0, |each| each.min(cores));
    let [io, hashing] = asked.map(|number| if number == 0 { each } else { number });
    Ok(Threads { io, hashing })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without the first.
    const TASKS_MAX: usize = 63;

    #[test]
    fn sixty_four_cores_fit_into_sixty_four_tasks() {
        assert_eq!(fit([0, 0], 64, TASKS_MAX), Ok(Threads { io: 31, hashing: 31 }));
        assert_eq!(fit([40, 0], 64, TASKS_MAX), Ok(Threads { io: 40, hashing: 22 }));
        assert_eq!(fit([0, 0], 2, TASKS_MAX), Ok(Threads { io: 2, hashing: 2 }));
        assert_eq!(fit([0, 0], 64, 3), Ok(Threads { io: 1, hashing: 1 }));
    }

    #[test]
    fn what_is_asked_for_is_never_made_less() {
        assert_eq!(fit([40, 22], 64, TASKS_MAX), Ok(Threads { io: 40, hashing: 22 }));
        let reason = fit([40, 23], 64, TASKS_MAX).unwrap_err();
        assert!(
            reason.contains("need 64 threads beside the first, and the system gives 63"),
            "{reason}"
        );
        assert!(fit([63, 0], 64, TASKS_MAX).is_err() && fit([0, 0], 64, 2).is_err());
    }

    #[test]
    fn threads_are_there_from_the_start() {
        let before = thread_count();
        let _runtime = Threads { io: 2, hashing: 3 }.runtime().unwrap();
        assert!(thread_count() >= before + 5);
    }

    fn thread_count() -> usize {
        std::fs::read_dir("/proc/self/task").unwrap().count()
    }
}
