//! The memory that peers make the gateway hold: one capacity for all of it, in parts by what it is held for, and each
//! part shared out by peer. Who finds no room waits; nobody has to go for another.

use crate::fair_queue::{FairQueue, Turn};
use crate::peer::Network;
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{ready, Context, Poll};
use tokio::sync::oneshot;

/// For requests and answers of the endpoints, which have their own limits.
const ENDPOINTS_BYTES: usize = 8 << 20;

/// A frame up to that size does not wait behind larger ones.
const SMALL_BYTES: usize = 96 << 10;

/// Who holds room: all peers on the Unix socket are one.
type Holder = Option<Network>;

/// What room is held for, by its label.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// Connections, for what each holds while nothing comes.
    Connections,
    /// TLS handshakes.
    Handshakes,
    /// Reads larger than what a connection has anyway, until they are worked off.
    Reads,
    /// Frames that have begun, each with its whole length, until they are worked off.
    Frames,
}

impl Use {
    pub const ALL: [Use; 4] = [Use::Connections, Use::Handshakes, Use::Reads, Use::Frames];

    pub const fn label(self) -> &'static str {
        match self {
            Use::Connections => "connections",
            Use::Handshakes => "handshakes",
            Use::Reads => "reads",
            Use::Frames => "frames",
        }
    }

    /// The part of the capacity that it takes from.
    const fn part(self, bytes: usize) -> usize {
        match self {
            Use::Connections => 0,
            Use::Reads => 1,
            Use::Handshakes | Use::Frames if bytes <= SMALL_BYTES => 2,
            Use::Handshakes | Use::Frames => 3,
        }
    }
}

pub struct Room {
    capacity: usize,
    state: Mutex<State>,
}

struct State {
    used: [usize; Use::ALL.len()],
    parts: [Part; 4],
}

/// A part of the capacity.
struct Part {
    capacity: usize,
    used: usize,
    held: HashMap<Holder, usize>,
    waiting: FairQueue<Holder, Waiter>,
}

struct Waiter {
    usage: Use,
    bytes: usize,
    granted: oneshot::Sender<Held>,
}

impl Part {
    fn new(capacity: usize) -> Self {
        Part { capacity, used: 0, held: HashMap::new(), waiting: FairQueue::default() }
    }

    fn holds_nothing(&self, holder: Holder) -> bool {
        !self.held.contains_key(&holder)
    }

    /// Who holds nothing gets what is there. Who holds some gets no more than it leaves, so that there is always
    /// something for the next peer, and nothing while somebody waits who holds nothing.
    fn has_room(&self, holder: Holder, bytes: usize) -> bool {
        let free = self.capacity - self.used;
        match self.held.get(&holder) {
            None => bytes <= free,
            Some(held) => held + 2 * bytes <= free,
        }
    }

    fn a_newcomer_waits(&self) -> bool {
        self.waiting.any(|holder| self.holds_nothing(holder))
    }

    fn add(&mut self, holder: Holder, bytes: usize) {
        self.used += bytes;
        *self.held.entry(holder).or_default() += bytes;
    }

    fn release(&mut self, holder: Holder, bytes: usize) {
        self.used -= bytes;
        if let Some(held) = self.held.get_mut(&holder) {
            *held -= bytes;
            if *held == 0 {
                self.held.remove(&holder);
            }
        }
    }

    /// The next who has waited long enough.
    fn next(&mut self) -> Option<(Holder, Waiter)> {
        let mut waiting = std::mem::take(&mut self.waiting);
        let newcomers = waiting.any(|holder| self.holds_nothing(holder));
        let free = self.capacity - self.used;
        let next = waiting.pop(|holder, waiter| match self.held.get(&holder) {
            None if waiter.bytes <= free => Turn::Take,
            None => Turn::Wait,
            Some(held) if !newcomers && held + 2 * waiter.bytes <= free => Turn::Take,
            Some(_) => Turn::Skip,
        });
        self.waiting = waiting;
        next
    }
}

impl Room {
    /// Half of it is for connections; of the rest most is for frames, small ones and large ones alike.
    pub fn new(bytes: u64) -> Arc<Self> {
        let capacity = bytes as usize;
        let shared = capacity.saturating_sub(ENDPOINTS_BYTES);
        let (half, eighth) = (shared / 2, shared / 8);
        let frames = (shared - half - eighth) / 2;
        let parts = [half, eighth, frames, frames].map(Part::new);
        let state = State { used: [0; Use::ALL.len()], parts };
        Arc::new(Room { capacity, state: Mutex::new(state) })
    }

    pub const fn capacity(&self) -> usize {
        self.capacity
    }

    pub fn used(&self) -> [(Use, usize); Use::ALL.len()] {
        let used = self.state().used;
        Use::ALL.map(|usage| (usage, used[usage as usize]))
    }

    /// How full the fullest part is, in thousandths.
    pub fn load(&self) -> usize {
        let state = self.state();
        let loads = state.parts.iter().map(|part| part.used * 1000 / part.capacity.max(1));
        loads.max().unwrap_or(0)
    }

    /// Whether there is memory for another connection.
    pub fn has_place(&self, bytes: usize) -> bool {
        let state = self.state();
        let part = &state.parts[Use::Connections.part(bytes)];
        bytes <= part.capacity - part.used
    }

    /// So many bytes, where they are there now.
    pub fn try_hold(self: &Arc<Self>, usage: Use, holder: Holder, bytes: usize) -> Option<Held> {
        let mut state = self.state();
        let part = &mut state.parts[usage.part(bytes)];
        let fits = part.has_room(holder, bytes) && !part.a_newcomer_waits();
        fits.then(|| self.hold_now(&mut state, usage, holder, bytes))
    }

    /// So many bytes, once it is this peer's turn.
    pub fn hold(self: &Arc<Self>, usage: Use, holder: Holder, bytes: usize) -> Hold {
        match self.try_hold(usage, holder, bytes) {
            Some(held) => Hold::Granted(Some(held)),
            None => Hold::Waiting(self.wait(usage, holder, bytes)),
        }
    }

    fn wait(self: &Arc<Self>, usage: Use, holder: Holder, bytes: usize) -> Waiting {
        let (granted, answer) = oneshot::channel();
        let part = usage.part(bytes);
        let waiter = Waiter { usage, bytes, granted };
        let number = self.state().parts[part].waiting.push(holder, waiter);
        // What went back meanwhile is not lost.
        self.grant(part);
        Waiting { room: Arc::clone(self), part, holder, number, answer }
    }

    fn hold_now(
        self: &Arc<Self>,
        state: &mut State,
        usage: Use,
        holder: Holder,
        bytes: usize,
    ) -> Held {
        let part = usage.part(bytes);
        state.parts[part].add(holder, bytes);
        state.used[usage as usize] += bytes;
        Held { room: Arc::clone(self), usage, part, holder, bytes }
    }

    fn release(self: &Arc<Self>, held: &Held, bytes: usize) {
        let mut state = self.state();
        state.used[held.usage as usize] -= bytes;
        state.parts[held.part].release(held.holder, bytes);
        let waits = state.parts[held.part].waiting.len() > 0;
        drop(state);
        if waits {
            self.grant(held.part);
        }
    }

    fn grant(self: &Arc<Self>, part: usize) {
        loop {
            let mut state = self.state();
            let Some((holder, waiter)) = state.parts[part].next() else { return };
            let held = self.hold_now(&mut state, waiter.usage, holder, waiter.bytes);
            // Who no longer waits gives it back, which takes the lock.
            drop(state);
            drop(waiter.granted.send(held));
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room that is held until it is dropped.
pub struct Held {
    room: Arc<Room>,
    usage: Use,
    part: usize,
    holder: Holder,
    bytes: usize,
}

impl Held {
    /// Gives back what is more than that.
    pub fn shrink(&mut self, bytes: usize) {
        let more = self.bytes.saturating_sub(bytes);
        if more > 0 {
            self.bytes -= more;
            self.room.release(self, more);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

/// A future of room.
pub enum Hold {
    Granted(Option<Held>),
    Waiting(Waiting),
}

pub struct Waiting {
    room: Arc<Room>,
    part: usize,
    holder: Holder,
    number: u64,
    answer: oneshot::Receiver<Held>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.room.state().parts[self.part].waiting.remove(self.holder, self.number);
        // Others may have waited behind this one.
        self.room.grant(self.part);
    }
}

impl Future for Hold {
    type Output = Held;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Held> {
        match &mut *self {
            Hold::Granted(held) => Poll::Ready(held.take().expect("it is asked for once")),
            Hold::Waiting(waiting) => {
                let answer = ready!(Pin::new(&mut waiting.answer).poll(cx));
                Poll::Ready(answer.expect("who waits is in the queue until it is granted"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};
    use std::time::Duration;
    use tokio::time::timeout;

    const FRAME: usize = 1 << 20;

    fn peer(number: u32) -> Holder {
        Some(IpAddr::from(Ipv4Addr::from(number)).into())
    }

    /// One with room for eight frames of 1 MiB.
    fn room() -> Arc<Room> {
        let room = Room::new(0);
        room.state().parts = [8, 1, 8, 8].map(|frames| Part::new(frames * FRAME));
        room
    }

    fn frame(room: &Arc<Room>, of: u32) -> Option<Held> {
        room.try_hold(Use::Frames, peer(of), FRAME)
    }

    async fn is_granted(hold: &mut Hold) -> Option<Held> {
        timeout(Duration::ZERO, hold).await.ok()
    }

    #[tokio::test]
    async fn a_peer_gets_no_more_than_it_leaves_and_others_find_room() {
        let room = room();
        let greedy: Vec<_> = (0..8).map_while(|_| frame(&room, 1)).collect();
        assert_eq!(greedy.len(), 4);
        let others: Vec<_> = (2..10).map_while(|of| frame(&room, of)).collect();
        assert_eq!((others.len(), room.load()), (4, 1000));
        drop((greedy, others));
        assert_eq!(room.load(), 0);
        assert!(room.state().parts[3].held.is_empty());
    }

    #[tokio::test]
    async fn who_waits_is_served_in_turn_by_peer() {
        let room = room();
        let mut held: Vec<_> = (1..9).map(|of| frame(&room, of).unwrap()).collect();
        let mut second = room.hold(Use::Frames, peer(1), FRAME);
        let mut first = room.hold(Use::Frames, peer(20), FRAME);
        let mut later = room.hold(Use::Frames, peer(21), FRAME);
        assert!(is_granted(&mut second).await.is_none());
        held.pop();
        let granted = is_granted(&mut first).await;
        assert!(granted.is_some(), "who holds nothing comes before who holds some");
        assert!(is_granted(&mut second).await.is_none() && is_granted(&mut later).await.is_none());
        drop(granted);
        assert!(is_granted(&mut later).await.is_some());
        held.truncate(1);
        assert!(is_granted(&mut second).await.is_some());
    }

    #[tokio::test]
    async fn who_no_longer_waits_keeps_nobody_waiting() {
        let room = room();
        let mut held: Vec<_> = (1..9).map(|of| frame(&room, of).unwrap()).collect();
        let (gone, mut next) =
            (room.hold(Use::Frames, peer(20), FRAME), room.hold(Use::Frames, peer(21), FRAME));
        drop(gone);
        held.pop();
        assert!(is_granted(&mut next).await.is_some());
        assert_eq!(room.state().parts[3].waiting.len(), 0);
    }

    #[tokio::test]
    async fn small_frames_do_not_wait_behind_large_ones() {
        let room = room();
        let _large: Vec<_> = (1..9).map(|of| frame(&room, of).unwrap()).collect();
        assert!(room.try_hold(Use::Frames, peer(20), FRAME).is_none());
        assert!(room.try_hold(Use::Frames, peer(20), SMALL_BYTES).is_some());
    }

    #[test]
    fn what_is_held_is_told_by_its_use_and_given_back_in_parts() {
        let room = room();
        let mut held = room.try_hold(Use::Reads, peer(1), 1000).unwrap();
        held.shrink(300);
        assert_eq!(room.used()[Use::Reads as usize], (Use::Reads, 300));
        drop(held);
        assert!(room.used().iter().all(|&(_, bytes)| bytes == 0));
    }

    #[test]
    fn a_frame_of_any_size_fits_into_the_least_capacity_and_two_of_them_too() {
        let room = Room::new(crate::config::LEAST_MEMORY_BYTES);
        assert!(frame(&room, 1).is_some() && room.capacity() > 0);
        let both = [frame(&room, 1), frame(&room, 2)];
        assert!(both.iter().all(Option::is_some));
    }
}
