//! The threads that hash objects, and the queue before them, which serves peers in turn. The memory that work holds is
//! what bounds the queue.

use crate::fair_queue::{FairQueue, Turn};
use crate::peer::Network;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

type Job = Box<dyn FnOnce() + Send>;

pub struct HashPool {
    threads: usize,
    state: Mutex<State>,
}

struct State {
    waiting: FairQueue<Option<Network>, Job>,
    /// Jobs that wait or are being done.
    jobs: usize,
    /// Threads that work.
    working: usize,
    /// When a job was taken or done last, or came while there was none.
    moved: Instant,
}

impl HashPool {
    /// A pool of so many of the threads that the runtime has for blocking work.
    pub fn new(threads: usize) -> Arc<Self> {
        let waiting = FairQueue::default();
        let state = State { waiting, jobs: 0, working: 0, moved: Instant::now() };
        Arc::new(HashPool { threads, state: Mutex::new(state) })
    }

    /// Has a thread do it, when it is that peer's turn. Nothing is answered where the work panics or the runtime stops.
    pub fn run<T: Send + 'static>(
        self: &Arc<Self>,
        peer: Option<Network>,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            // Its connection may be gone.
            let _ = done.send(work());
        });
        let mut state = self.state();
        if state.jobs == 0 {
            state.moved = Instant::now();
        }
        state.jobs += 1;
        state.waiting.push(peer, job);
        drop(state);
        self.start_thread();
        answer
    }

    /// Work that waits or is being done.
    pub fn jobs(&self) -> usize {
        self.state().jobs
    }

    /// How long there has been work and none of it was taken or done.
    pub fn stalled(&self) -> Duration {
        let state = self.state();
        if state.jobs == 0 {
            return Duration::ZERO;
        }
        state.moved.elapsed()
    }

    fn start_thread(self: &Arc<Self>) {
        let mut state = self.state();
        if state.working == self.threads || state.waiting.len() == 0 {
            return;
        }
        state.working += 1;
        drop(state);
        let thread = Thread { pool: Arc::clone(self), has_left: false };
        // Where the runtime stops, it is dropped at once.
        drop(spawn_blocking(move || thread.work()));
    }

    /// Without one the thread that asks has left.
    fn next(&self) -> Option<Job> {
        let mut state = self.state();
        state.moved = Instant::now();
        let next = state.waiting.pop(|_, _| Turn::Take);
        state.working -= usize::from(next.is_none());
        next.map(|(_, job)| job)
    }

    fn done(&self) {
        let mut state = self.state();
        state.jobs -= 1;
        state.moved = Instant::now();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A thread that works; also where a job panics, another takes its place.
struct Thread {
    pool: Arc<HashPool>,
    has_left: bool,
}

impl Thread {
    fn work(mut self) {
        while let Some(job) = self.pool.next() {
            let _done = Done(&self.pool);
            job();
        }
        self.has_left = true;
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        if self.has_left {
            return;
        }
        self.pool.state().working -= 1;
        if std::thread::panicking() {
            self.pool.start_thread();
        }
    }
}

/// Also where the job panics.
struct Done<'p>(&'p HashPool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.done();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threads::Threads;
    use std::net::{IpAddr, Ipv4Addr};
    use std::sync::mpsc::{channel, Receiver};
    use tokio::runtime::Runtime;

    fn runtime() -> Runtime {
        Threads { io: 1, hashing: 1 }.runtime().unwrap()
    }

    fn peer(number: u32) -> Option<Network> {
        Some(IpAddr::from(Ipv4Addr::from(number)).into())
    }

    fn wait_until(is: impl Fn() -> bool) {
        while !is() {
            std::thread::yield_now();
        }
    }

    fn hold(gate: Receiver<()>) -> impl FnOnce() + Send {
        move || {
            let _ = gate.recv();
        }
    }

    #[test]
    fn peers_are_served_in_turn_and_all_work_is_done() {
        let runtime = runtime();
        let _entered = runtime.enter();
        let pool = HashPool::new(1);
        let (go, gate) = channel();
        let first = pool.run(peer(9), hold(gate));
        let (tell, told) = channel();
        let runs: Vec<_> = [(1, 'a'), (1, 'b'), (1, 'c'), (2, 'd')]
            .into_iter()
            .map(|(of, name)| {
                let tell = tell.clone();
                pool.run(peer(of), move || tell.send(name).unwrap())
            })
            .collect();
        assert_eq!(pool.jobs(), 5);
        go.send(()).unwrap();
        runtime.block_on(first).unwrap();
        runs.into_iter().for_each(|run| runtime.block_on(run).unwrap());
        assert_eq!(told.try_iter().collect::<String>(), "adbc");
        wait_until(|| pool.jobs() == 0);
    }

    #[test]
    fn work_that_does_not_move_is_told_by_its_time() {
        let runtime = runtime();
        let _entered = runtime.enter();
        let pool = HashPool::new(1);
        assert_eq!(pool.stalled(), Duration::ZERO);
        let (go, gate) = channel();
        let run = pool.run(peer(1), hold(gate));
        wait_until(|| pool.stalled() > Duration::from_millis(20));
        go.send(()).unwrap();
        runtime.block_on(run).unwrap();
        wait_until(|| pool.stalled() == Duration::ZERO);
    }

    #[test]
    fn work_that_panics_answers_nothing_and_keeps_no_thread() {
        let runtime = runtime();
        let _entered = runtime.enter();
        let pool = HashPool::new(1);
        let panicked = pool.run(peer(1), || panic!("as the test wants"));
        let next = pool.run(peer(1), || 7);
        assert!(runtime.block_on(panicked).is_err());
        assert_eq!(runtime.block_on(next), Ok(7));
        wait_until(|| pool.jobs() == 0);
    }
}
