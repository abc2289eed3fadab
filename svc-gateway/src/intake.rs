//! What was read of a connection, until it is worked off: decoded, hashed, and the memory that it takes meanwhile.

use crate::hash_pool::HashPool;
use crate::inbound::{Ended, Inbound, Streams, AT_ONCE_BYTES};
use crate::peer::Network;
use crate::reader::{Chunk, SMALL_READ_BYTES};
use crate::room::{Held, Hold, Room, Use};
use bytes::Bytes;
use oap::{Kind, Row};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::sync::oneshot;

/// Frames that one look at the bytes gives: few, so that their answers are.
pub const ROWS: usize = 128;

/// Frames that a worker has.
struct Work {
    done: oneshot::Receiver<Streams>,
    frames: usize,
}

pub struct Intake {
    room: Arc<Room>,
    hash_pool: Arc<HashPool>,
    peer: Option<Network>,
    /// What is not decoded yet.
    input: Bytes,
    /// For the memory of the last read.
    input_held: Option<Arc<Held>>,
    /// Bytes that may still be hashed where they are decoded.
    at_once: usize,
    /// For the frame that has begun.
    frame_held: Option<Held>,
    /// The frame that has begun is not read on before.
    waiting: Option<Hold>,
    /// For frames that are whole and not worked off.
    whole_held: Vec<Held>,
    a_frame_began: bool,
    inbound: Inbound,
    work: Option<Work>,
}

impl Intake {
    pub fn new(
        room: &Arc<Room>,
        hash_pool: &Arc<HashPool>,
        peer: Option<Network>,
        max_object_bytes: u64,
    ) -> Self {
        Intake {
            room: Arc::clone(room),
            hash_pool: Arc::clone(hash_pool),
            peer,
            input: Bytes::new(),
            input_held: None,
            at_once: 0,
            frame_held: None,
            waiting: None,
            whole_held: Vec::new(),
            a_frame_began: false,
            inbound: Inbound::new(max_object_bytes),
            work: None,
        }
    }

    /// Whether what was read is worked off, and what comes next has room.
    pub fn is_free(&self) -> bool {
        self.input.is_empty() && self.work.is_none() && self.waiting.is_none()
    }

    /// Whether there is something to decode now.
    pub fn may_decode(&self) -> bool {
        !self.input.is_empty() && self.work.is_none()
    }

    /// Whether another frame has begun since it was asked last.
    pub fn take_a_frame_began(&mut self) -> bool {
        std::mem::take(&mut self.a_frame_began)
    }

    /// The streams that have ended since it was asked last.
    pub fn take_ended(&mut self) -> Vec<Ended> {
        self.inbound.take_ended()
    }

    pub fn add(&mut self, chunk: Chunk) {
        self.input = chunk.bytes;
        self.input_held = chunk.held.map(Arc::new);
        self.at_once = AT_ONCE_BYTES;
    }

    /// Nothing that was read matters any more.
    pub fn discard(&mut self) {
        self.input = Bytes::new();
        (self.frame_held, self.waiting) = (None, None);
    }

    /// Takes frames that were received, and has those hashed that cost little. Whether a stream began where `streams`
    /// are not taken: that one and what follows is left out.
    pub fn take(
        &mut self,
        engine: &mut oap::Connection,
        now: u64,
        (bytes, rows): (Bytes, &[Row]),
        streams: bool,
    ) -> bool {
        let is_start = |row: &Row| row.kind == Kind::Start as u8;
        let refused = rows.iter().position(is_start).filter(|_| !streams);
        let rows = &rows[..refused.unwrap_or(rows.len())];
        let taken = self.inbound.take(now, &bytes, rows, &mut self.at_once);
        engine.take(now, taken);
        if refused.is_some() {
            self.discard();
        }
        self.work_off(engine, now);
        refused.is_some()
    }

    /// Decodes some frames: the bytes that they stand in, and how many there are.
    pub fn receive(
        &mut self,
        engine: &mut oap::Connection,
        now: u64,
        rows: &mut [Row],
    ) -> (Bytes, usize) {
        let (had, unread) = (engine.session().staged(), self.input.len());
        let received = engine.receive_bytes(now, &mut self.input, rows);
        let consumed = unread - self.input.len();
        if engine.session().staged() != had + consumed || had == 0 {
            self.a_frame_began = true;
            self.whole_held.extend(self.frame_held.take());
        }
        received
    }

    /// Gives a worker what waits for one: all of a read, or as much as has enough answers.
    fn work_off(&mut self, engine: &oap::Connection, now: u64) {
        let frames = self.inbound.waiting();
        if frames > 0 && frames < ROWS && !self.input.is_empty() {
            return;
        }
        let held = (std::mem::take(&mut self.whole_held), self.input_held.clone());
        match self.inbound.work(now) {
            Some(work) => {
                let work = move || {
                    let streams = work();
                    drop(held);
                    streams
                };
                self.work = Some(Work { done: self.hash_pool.run(self.peer, work), frames });
            }
            None if self.input.is_empty() => self.reserve(engine),
            None => {}
        }
    }

    /// Takes back what a worker has done. Whether it has.
    ///
    /// # Errors
    /// Where the worker panicked.
    pub fn poll_work(
        &mut self,
        cx: &mut Context<'_>,
        engine: &mut oap::Connection,
        now: u64,
    ) -> Result<bool, ()> {
        let Some(work) = &mut self.work else { return Ok(false) };
        let Poll::Ready(done) = Pin::new(&mut work.done).poll(cx) else { return Ok(false) };
        let frames = work.frames;
        self.work = None;
        self.inbound.resume(done.map_err(drop)?);
        engine.take(now, frames);
        if self.input.is_empty() {
            self.reserve(engine);
        }
        Ok(true)
    }

    /// Takes the room that the frame which has begun waits for. Whether it is there.
    pub fn poll_room(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(waiting) = &mut self.waiting else { return false };
        let Poll::Ready(held) = Pin::new(waiting).poll(cx) else { return false };
        (self.frame_held, self.waiting, self.input_held) = (Some(held), None, None);
        true
    }

    /// A frame is read on once there is room for all of it: many halves would keep each other waiting for ever.
    fn reserve(&mut self, engine: &oap::Connection) {
        let staged = engine.session().staged();
        let length = staged + engine.session().wanted();
        if length > SMALL_READ_BYTES && self.frame_held.is_none() && self.waiting.is_none() {
            match self.room.hold(Use::Frames, self.peer, length) {
                Hold::Granted(held) => self.frame_held = held,
                waiting @ Hold::Waiting(_) => self.waiting = Some(waiting),
            }
        }
        if self.waiting.is_none() {
            self.input_held = None;
        } else if let Some(held) = self.input_held.as_mut().and_then(Arc::get_mut) {
            held.shrink(staged);
        }
    }
}
