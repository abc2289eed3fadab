//! PartialFrame frames: all that connections hold of them together has one budget. Where it is used up, the oldest frame of
//! the peer that holds most goes, so that frames which are never completed cost those who began them.

use crate::budget::{Budget, Reservation};
use crate::peer::Network;
use crate::refusal::Refusal;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long a frame waits for the room of those that have to go.
const EVICTION_TIMEOUT: Duration = Duration::from_secs(1);

pub struct PartialFrames {
    budget: Budget,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    begun: u64,
    peers: HashMap<Option<Network>, Held>,
}

/// What a peer holds.
#[derive(Default)]
struct Held {
    bytes: usize,
    /// By their age.
    frames: BTreeMap<u64, Frame>,
}

struct Frame {
    bytes: usize,
    evicted: Arc<Notify>,
}

impl Table {
    fn grow(&mut self, peer: Option<Network>, number: u64, more: usize) {
        if let Some(held) = self.peers.get_mut(&peer) {
            if let Some(frame) = held.frames.get_mut(&number) {
                frame.bytes += more;
                held.bytes += more;
            }
        }
    }

    fn remove(&mut self, peer: Option<Network>, number: u64) -> Option<Frame> {
        let held = self.peers.get_mut(&peer)?;
        let frame = held.frames.remove(&number)?;
        held.bytes -= frame.bytes;
        if held.frames.is_empty() {
            self.peers.remove(&peer);
        }
        Some(frame)
    }

    /// The oldest frame of the peer that holds most.
    fn next_to_go(&self) -> Option<(Option<Network>, u64)> {
        let (&peer, held) = self.peers.iter().max_by_key(|(_, held)| held.bytes)?;
        held.frames.keys().next().map(|&number| (peer, number))
    }
}

impl PartialFrames {
    pub fn new(bytes: u64) -> Arc<Self> {
        Arc::new(PartialFrames { budget: Budget::new(bytes), table: Mutex::default() })
    }

    /// A peer's frame, of which nothing is held yet.
    pub fn begin(self: &Arc<Self>, peer: Option<Network>, since: Instant) -> PartialFrame {
        let evicted = Arc::new(Notify::new());
        let mut table = self.table();
        table.begun += 1;
        let number = table.begun;
        let frame = Frame { bytes: 0, evicted: Arc::clone(&evicted) };
        table.peers.entry(peer).or_default().frames.insert(number, frame);
        drop(table);
        PartialFrame { since, peer, number, evicted, reserved: None, frames: Arc::clone(self) }
    }

    /// Bytes held now.
    pub fn used(&self) -> usize {
        self.budget.used()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has frames go until that many bytes are on their way back; not where it would be the turn of the one that asks.
    fn evict(&self, mut bytes: usize, asking: u64) -> Result<(), Refusal> {
        let mut table = self.table();
        while bytes > 0 {
            let (peer, number) = table.next_to_go().ok_or(Refusal::StagingFull)?;
            if number == asking {
                return Err(Refusal::StagingFull);
            }
            let Some(frame) = table.remove(peer, number) else { break };
            bytes = bytes.saturating_sub(frame.bytes);
            frame.evicted.notify_one();
        }
        Ok(())
    }
}

/// A frame that has begun.
pub struct PartialFrame {
    pub since: Instant,
    peer: Option<Network>,
    number: u64,
    evicted: Arc<Notify>,
    reserved: Option<Reservation>,
    frames: Arc<PartialFrames>,
}

impl PartialFrame {
    /// Reserves so many bytes in all.
    ///
    /// # Errors
    /// Where there is no room for them, or there was none for another and this one has to go.
    pub async fn grow(&mut self, bytes: usize) -> Result<(), Refusal> {
        let more = bytes.saturating_sub(self.bytes());
        let room = match self.frames.budget.try_reserve(more) {
            Some(room) => room,
            None => self.make_room(more).await?,
        };
        match &mut self.reserved {
            Some(reserved) => reserved.merge(room),
            None => self.reserved = Some(room),
        }
        self.frames.table().grow(self.peer, self.number, more);
        Ok(())
    }

    async fn make_room(&self, bytes: usize) -> Result<Reservation, Refusal> {
        self.frames.evict(bytes, self.number)?;
        let room = async {
            tokio::select! {
                room = self.frames.budget.reserve(bytes) => room,
                () = self.evicted() => None,
            }
        };
        timeout(EVICTION_TIMEOUT, room).await.ok().flatten().ok_or(Refusal::StagingFull)
    }

    /// Comes back when this frame has to go.
    pub async fn evicted(&self) {
        self.evicted.notified().await;
    }

    /// The frame is whole: it has no longer to fear eviction, and its room is kept as long as what this gives.
    pub fn complete(mut self) -> Option<Reservation> {
        self.reserved.take()
    }

    fn bytes(&self) -> usize {
        self.reserved.as_ref().map_or(0, Reservation::num_permits)
    }
}

impl Drop for PartialFrame {
    fn drop(&mut self) {
        self.frames.table().remove(self.peer, self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn peer(number: u32) -> Option<Network> {
        Some(IpAddr::from(Ipv4Addr::from(number)).into())
    }

    async fn holding(frames: &Arc<PartialFrames>, of: u32, bytes: usize) -> PartialFrame {
        let mut partial = frames.begin(peer(of), Instant::now());
        partial.grow(bytes).await.unwrap();
        partial
    }

    async fn is_evicted(partial: &PartialFrame) -> bool {
        timeout(Duration::ZERO, partial.evicted()).await.is_ok()
    }

    #[tokio::test]
    async fn the_oldest_frame_of_the_peer_that_holds_most_makes_room() {
        let frames = PartialFrames::new(10);
        let modest = holding(&frames, 1, 3).await;
        let (old, new) = (holding(&frames, 2, 4).await, holding(&frames, 2, 3).await);
        let mut next = frames.begin(peer(3), Instant::now());
        let growing = next.grow(4);
        let leaving = async {
            old.evicted().await;
            drop(old);
        };
        assert_eq!(tokio::join!(growing, leaving).0, Ok(()));
        assert!(!is_evicted(&modest).await && !is_evicted(&new).await);
        assert_eq!(frames.used(), 10);
    }

    #[tokio::test]
    async fn who_holds_most_makes_no_others_go() {
        let frames = PartialFrames::new(10);
        let modest = holding(&frames, 1, 3).await;
        let mut greedy = holding(&frames, 2, 7).await;
        assert_eq!(greedy.grow(8).await, Err(Refusal::StagingFull));
        assert!(!is_evicted(&modest).await);
    }

    #[tokio::test]
    async fn as_many_go_as_it_takes() {
        let frames = PartialFrames::new(10);
        let mut held = Vec::new();
        for _ in 0..5 {
            held.push(holding(&frames, 1, 2).await);
        }
        let mut next = frames.begin(peer(2), Instant::now());
        let growing = next.grow(5);
        let leaving = async {
            for partial in held.drain(..3) {
                partial.evicted().await;
            }
        };
        assert_eq!(tokio::join!(growing, leaving).0, Ok(()));
        assert!(!is_evicted(&held[0]).await);
    }

    #[tokio::test]
    async fn a_frame_that_is_whole_keeps_its_room_and_can_not_be_evicted() {
        let frames = PartialFrames::new(10);
        let whole = holding(&frames, 1, 10).await.complete();
        let mut next = frames.begin(peer(2), Instant::now());
        assert_eq!(next.grow(1).await, Err(Refusal::StagingFull));
        drop(whole);
        assert_eq!(next.grow(1).await, Ok(()));
        drop(next);
        assert!(frames.used() == 0 && frames.table().peers.is_empty());
    }
}
