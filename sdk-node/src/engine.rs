//! The core's engine of a connection, with a clock.

use crate::chunk::{ChunkDecoder, Slot};
use oap::{Connection, Fault, FrameTable, Reject, Row, SendError, Wait};
use std::time::Instant;

/// How a send went, as a number: JavaScript asks for the fault of a refusal.
#[repr(u32)]
pub(crate) enum Sent {
    Queued = 0,
    Handshake,
    Credit,
    Room,
    Closed,
    Refused,
}

/// Numbers of [`Sent`], so that it crosses with a count.
pub(crate) const SENT_BASE: u32 = 8;

pub(crate) enum Clock {
    Since(Instant),
    /// The host says the time, in nanoseconds.
    At(u64),
}

/// The engine, and its clock.
pub(crate) struct Engine {
    pub connection: Connection,
    pub clock: Clock,
    pub refusal: Option<Fault>,
}

impl Engine {
    pub fn now(&self) -> u64 {
        match self.clock {
            Clock::Since(opened) => u64::try_from(opened.elapsed().as_nanos()).unwrap_or(u64::MAX),
            Clock::At(ns) => ns,
        }
    }

    pub fn act(&mut self, act: impl FnOnce(&mut Connection, u64)) {
        let now = self.now();
        act(&mut self.connection, now);
    }

    pub fn send(
        &mut self,
        send: impl FnOnce(&mut Connection, u64) -> std::result::Result<(), SendError>,
    ) -> Sent {
        let now = self.now();
        match send(&mut self.connection, now) {
            Ok(()) => Sent::Queued,
            Err(SendError::Waits(Wait::Handshake)) => Sent::Handshake,
            Err(SendError::Waits(Wait::Credit)) => Sent::Credit,
            Err(SendError::Waits(Wait::Room)) => Sent::Room,
            Err(SendError::Refused(fault)) => {
                self.refusal = Some(fault);
                Sent::Refused
            }
            Err(_) => Sent::Closed,
        }
    }
}

impl ChunkDecoder for Engine {
    /// The end reason tells what is wrong with a chunk.
    #[inline]
    fn decode<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> std::result::Result<FrameTable<'t>, Reject> {
        let now = self.now();
        Ok(self.connection.receive(now, chunk, rows))
    }
}

/// A connection in its slot.
pub(crate) type Connected = Slot<Engine>;
