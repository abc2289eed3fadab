//! The bytes on their way to one side.

use std::collections::VecDeque;

/// Whole frames as they were sent, and how much of the first has arrived.
#[derive(Clone, Default, PartialEq, Eq, Hash, Debug)]
pub struct Channel {
    frames: VecDeque<Vec<u8>>,
    arrived: usize,
}

impl Channel {
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub fn push(&mut self, frame: Vec<u8>) {
        self.frames.push_back(frame);
    }

    /// Puts a frame before the last one.
    pub fn push_early(&mut self, frame: Vec<u8>) {
        let place =
            if self.arrived == 0 { self.frames.len().saturating_sub(1) } else { self.frames.len() };
        self.frames.insert(place, frame);
    }

    /// Bytes of the first frame that are still to come.
    pub fn left(&self) -> usize {
        self.frames.front().map_or(0, |frame| frame.len() - self.arrived)
    }

    /// How much of the first frame has arrived.
    pub const fn arrived(&self) -> usize {
        self.arrived
    }

    /// The next bytes, of the first frame.
    pub fn take(&mut self, len: usize) -> Vec<u8> {
        let Some(front) = self.frames.front() else { return Vec::new() };
        let bytes = front[self.arrived..self.arrived + len].to_vec();
        self.arrived += len;
        if self.arrived == front.len() {
            self.frames.pop_front();
            self.arrived = 0;
        }
        bytes
    }

    /// All bytes.
    pub fn take_all(&mut self) -> Vec<u8> {
        let bytes: Vec<u8> = self.frames.iter().flatten().copied().skip(self.arrived).collect();
        *self = Channel::default();
        bytes
    }
}
