//! Frames that the application has been given and has not taken yet.

use crate::frame::Kind;
use crate::row::Row;
use alloc::collections::VecDeque;

/// Frames in a row that are alike.
#[derive(Clone, Copy, Debug)]
struct Run {
    kind: u8,
    length: u32,
    count: u32,
}

/// The frames that are not taken, in order. Frames that are alike share an entry, so that a stream of equal messages costs one.
#[derive(Clone, Debug, Default)]
pub(super) struct Untaken {
    runs: VecDeque<Run>,
    bytes: u64,
    data: u32,
}

/// The frames that a call took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Taken {
    pub data: u32,
    pub ends: u32,
}

impl Untaken {
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// DATA frames among them.
    pub fn data(&self) -> u32 {
        self.data
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Adds so many frames that are like that one.
    pub fn push(&mut self, row: &Row, alike: usize) {
        let (kind, length, count) = (row.kind, row.length() as u32, alike as u32);
        self.bytes += u64::from(count) * u64::from(length);
        self.data += count * u32::from(kind == Kind::Data as u8);
        match self.runs.back_mut() {
            Some(run) if run.kind == kind && run.length == length => run.count += count,
            _ => self.runs.push_back(Run { kind, length, count }),
        }
    }

    /// Takes so many frames from the front, or all where there are fewer.
    pub fn take(&mut self, mut frames: usize) -> Taken {
        let mut taken = Taken::default();
        while frames > 0 {
            let Some(run) = self.runs.front_mut() else { break };
            let count = run.count.min(u32::try_from(frames).unwrap_or(u32::MAX));
            self.bytes -= u64::from(count) * u64::from(run.length);
            taken.data += count * u32::from(run.kind == Kind::Data as u8);
            taken.ends += count * u32::from(run.kind == Kind::End as u8);
            frames -= count as usize;
            run.count -= count;
            if run.count == 0 {
                self.runs.pop_front();
            }
        }
        self.data -= taken.data;
        if self.runs.is_empty() && self.runs.capacity() > KEPT_RUNS {
            self.runs = VecDeque::new();
        }
        taken
    }

    /// Gives back the memory that it keeps for frames to come.
    pub fn shrink(&mut self) {
        if self.is_empty() {
            self.clear();
        }
    }

    /// Nothing will be taken any more.
    pub fn clear(&mut self) {
        *self = Untaken::default();
    }
}

/// Entries that an idle connection may keep for nothing.
const KEPT_RUNS: usize = 16;
