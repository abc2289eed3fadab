//! A queue that serves peers in turn, however many items each of them has in it.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// Peers that a search looks at, so that its cost has a bound.
const SEARCHED: usize = 64;

pub struct FairQueue<K, T> {
    /// Peers that have items, in the order of their turns.
    turns: VecDeque<K>,
    lines: HashMap<K, VecDeque<(u64, T)>>,
    pushed: u64,
    len: usize,
}

/// The answer to whether it is an item's turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    Take,
    /// The next peer has its turn.
    Skip,
    /// Nobody is served before this one.
    Wait,
}

impl<K, T> Default for FairQueue<K, T> {
    fn default() -> Self {
        FairQueue { turns: VecDeque::new(), lines: HashMap::new(), pushed: 0, len: 0 }
    }
}

impl<K: Copy + Eq + Hash, T> FairQueue<K, T> {
    /// Adds a peer's item, and gives its number.
    pub fn push(&mut self, peer: K, item: T) -> u64 {
        self.pushed += 1;
        self.len += 1;
        let line = self.lines.entry(peer).or_default();
        if line.is_empty() {
            self.turns.push_back(peer);
        }
        line.push_back((self.pushed, item));
        self.pushed
    }

    /// The first item of the next peer whose turn it is.
    pub fn pop(&mut self, mut turn: impl FnMut(K, &T) -> Turn) -> Option<(K, T)> {
        for _ in 0..self.turns.len().min(SEARCHED) {
            let peer = *self.turns.front()?;
            let (_, first) = self.lines.get(&peer)?.front()?;
            match turn(peer, first) {
                Turn::Take => return self.take(peer),
                Turn::Skip => self.turns.rotate_left(1),
                Turn::Wait => return None,
            }
        }
        None
    }

    fn take(&mut self, peer: K) -> Option<(K, T)> {
        self.turns.pop_front();
        let line = self.lines.get_mut(&peer)?;
        let (_, item) = line.pop_front()?;
        self.len -= 1;
        if line.is_empty() {
            self.lines.remove(&peer);
        } else {
            self.turns.push_back(peer);
        }
        Some((peer, item))
    }

    /// Takes out an item that nobody waits for any more.
    pub fn remove(&mut self, peer: K, number: u64) {
        let Some(line) = self.lines.get_mut(&peer) else { return };
        let Ok(at) = line.binary_search_by_key(&number, |&(of, _)| of) else { return };
        line.remove(at);
        self.len -= 1;
        if line.is_empty() {
            self.lines.remove(&peer);
            self.turns.retain(|&waiting| waiting != peer);
        }
    }

    /// Whether one of the peers whose turn comes next is such.
    pub fn any(&self, peer_is: impl Fn(K) -> bool) -> bool {
        self.turns.iter().take(SEARCHED).any(|&peer| peer_is(peer))
    }

    pub fn len(&self) -> usize {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(items: &[(char, u8)]) -> FairQueue<char, u8> {
        let mut queue = FairQueue::default();
        for &(peer, item) in items {
            queue.push(peer, item);
        }
        queue
    }

    fn drain(queue: &mut FairQueue<char, u8>) -> Vec<(char, u8)> {
        std::iter::from_fn(|| queue.pop(|_, _| Turn::Take)).collect()
    }

    #[test]
    fn peers_have_their_turns_and_a_peer_its_order() {
        let mut queue = queue(&[('a', 1), ('a', 2), ('a', 3), ('b', 4), ('c', 5), ('b', 6)]);
        let order = [('a', 1), ('b', 4), ('c', 5), ('a', 2), ('b', 6), ('a', 3)];
        assert_eq!((queue.len(), drain(&mut queue)), (6, order.to_vec()));
        assert_eq!((queue.len(), queue.lines.len(), queue.turns.len()), (0, 0, 0));
    }

    #[test]
    fn who_is_skipped_keeps_its_items_and_who_waits_keeps_the_others_waiting() {
        let mut queue = queue(&[('a', 9), ('b', 1), ('c', 2)]);
        let small = |_, &item: &u8| if item < 5 { Turn::Take } else { Turn::Skip };
        assert_eq!(queue.pop(small), Some(('b', 1)));
        assert_eq!(queue.pop(|_, _| Turn::Wait), None);
        assert_eq!((queue.pop(small), queue.pop(small)), (Some(('c', 2)), None));
        assert_eq!(drain(&mut queue), [('a', 9)]);
    }

    #[test]
    fn an_item_that_nobody_waits_for_goes() {
        let mut queue = FairQueue::default();
        let numbers: Vec<_> = (0..3).map(|item| queue.push('a', item)).collect();
        queue.push('b', 7);
        queue.remove('a', numbers[1]);
        queue.remove('a', numbers[1]);
        assert!(queue.any(|peer| peer == 'a'));
        queue.remove('a', numbers[0]);
        queue.remove('a', numbers[2]);
        assert!(!queue.any(|peer| peer == 'a'));
        assert_eq!(drain(&mut queue), [('b', 7)]);
    }
}
