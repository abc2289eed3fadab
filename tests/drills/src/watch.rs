//! A watch on `/readyz`, as a load balancer keeps it.

use oap_probe::pages::{self, Readyz};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::interval;

const PERIOD: Duration = Duration::from_millis(50);

/// When `/readyz` changed to what.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Since the watch began.
    pub at: Duration,
    pub readyz: Readyz,
}

/// Polls until it is dropped.
pub struct Watch {
    began: Instant,
    turns: Arc<Mutex<Vec<Turn>>>,
    task: JoinHandle<()>,
}

impl Watch {
    pub fn start(base: &str) -> Self {
        let (began, turns) = (Instant::now(), Arc::<Mutex<Vec<Turn>>>::default());
        let task = tokio::spawn(poll(base.to_owned(), began, Arc::clone(&turns)));
        Watch { began, turns, task }
    }

    /// Since it began.
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// All turns; the first is what it was when the watch began.
    pub fn turns(&self) -> Vec<Turn> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When it first was so, from a time on.
    pub fn first(&self, from: Duration, is_so: impl Fn(&Readyz) -> bool) -> Option<Duration> {
        let turns = self.turns();
        let later = turns.iter().find(|turn| turn.at >= from && is_so(&turn.readyz));
        later.map(|turn| turn.at)
    }

    pub fn is_ready(&self) -> bool {
        self.turns().last().is_some_and(|turn| turn.readyz.is_ready())
    }

    /// Whether it came to be so within that time.
    pub async fn wait(&self, limit: Duration, is_so: impl Fn(&Readyz) -> bool) -> bool {
        let deadline = self.now() + limit;
        while self.now() < deadline {
            if self.turns().last().is_some_and(|turn| is_so(&turn.readyz)) {
                return true;
            }
            tokio::time::sleep(PERIOD).await;
        }
        false
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn poll(base: String, began: Instant, turns: Arc<Mutex<Vec<Turn>>>) {
    let mut periods = interval(PERIOD);
    loop {
        periods.tick().await;
        // One that does not answer is not ready.
        let readyz =
            pages::readyz(&base).await.unwrap_or(Readyz { status: 0, missing: Vec::new() });
        let mut turns = turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.last().is_none_or(|last| last.readyz != readyz) {
            turns.push(Turn { at: began.elapsed(), readyz });
        }
    }
}
