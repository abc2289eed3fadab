//! Memory that all connections share: what would go over it is not taken.

use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::PollSemaphore;

/// So many bytes of a budget, given back when dropped.
pub type Reservation = OwnedSemaphorePermit;

pub struct Budget {
    free: Arc<Semaphore>,
    total: usize,
}

impl Budget {
    pub fn new(bytes: u64) -> Self {
        let total = bytes as usize;
        Budget { free: Arc::new(Semaphore::new(total)), total }
    }

    /// `None` where it has not so many left.
    pub fn try_reserve(&self, bytes: usize) -> Option<Reservation> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.free).try_acquire_many_owned(bytes).ok()
    }

    /// Waits until it has so many left. `None` where it never will.
    pub async fn reserve(&self, bytes: usize) -> Option<Reservation> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.free).acquire_many_owned(bytes).await.ok()
    }

    /// For who waits from poll to poll until there is room.
    pub fn waiter(&self) -> PollSemaphore {
        PollSemaphore::new(Arc::clone(&self.free))
    }

    /// Bytes reserved now.
    pub fn used(&self) -> usize {
        self.total - self.free.available_permits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_over_it_is_not_given_and_what_is_dropped_comes_back() {
        let budget = Budget::new(10);
        let first = budget.try_reserve(7);
        assert!(first.is_some() && budget.try_reserve(4).is_none());
        assert_eq!(budget.used(), 7);
        let second = budget.try_reserve(3);
        drop(first);
        assert_eq!(budget.used(), 3);
        drop(second);
        assert!(budget.try_reserve(10).is_some());
    }
}
