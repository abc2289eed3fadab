//! The threads that hash objects, and a bounded queue before them.

use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

pub struct HashPool {
    places: Arc<Semaphore>,
    total: usize,
}

impl HashPool {
    /// A pool whose threads are those that the runtime has for blocking work.
    pub fn new(threads: usize, queue: u64) -> Self {
        let total = threads + queue as usize;
        HashPool { places: Arc::new(Semaphore::new(total)), total }
    }

    /// Waits for a place in the queue and then for a thread. `None` where the work panicked or the runtime stops.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        let done = spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.ok()
    }

    /// Work that waits in the queue or is being done.
    pub fn jobs(&self) -> usize {
        self.total - self.places.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threads::Threads;
    use std::sync::mpsc::channel;
    use tokio::runtime::Runtime;

    fn runtime() -> Runtime {
        Threads { io: 1, hashing: 1 }.runtime().unwrap()
    }

    #[test]
    fn no_more_is_queued_than_there_are_places_and_all_of_it_is_done() {
        let runtime = runtime();
        let pool = Arc::new(HashPool::new(1, 1));
        let (go, gate) = channel::<()>();
        let gate = Arc::new(std::sync::Mutex::new(gate));
        let runs: Vec<_> = (0..3)
            .map(|number| {
                let (pool, gate) = (Arc::clone(&pool), Arc::clone(&gate));
                runtime.spawn(async move {
                    pool.run(move || gate.lock().unwrap().recv().map(|()| number)).await
                })
            })
            .collect();
        while pool.jobs() < 2 {
            std::thread::yield_now();
        }
        assert_eq!(pool.jobs(), 2, "the third waits outside");
        (0..3).for_each(|_| go.send(()).unwrap());
        for (number, run) in runs.into_iter().enumerate() {
            assert_eq!(runtime.block_on(run).unwrap(), Some(Ok(number)));
        }
        assert_eq!(pool.jobs(), 0);
    }

    #[test]
    fn work_that_panics_gives_nothing_and_its_place_back() {
        let runtime = runtime();
        let pool = HashPool::new(1, 1);
        let panicked: Option<()> = runtime.block_on(pool.run(|| panic!("as the test wants")));
        assert_eq!((panicked, pool.jobs()), (None, 0));
        assert_eq!(runtime.block_on(pool.run(|| 7)), Some(7));
    }
}
