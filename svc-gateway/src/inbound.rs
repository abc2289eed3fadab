//! The peer's open stream: what came on it, and what of it has yet to be hashed.

use crate::objects::{Objects, Tally};
use crate::peer::Peer;
use crate::report::{self, StreamLine};
use oap::{BytesFrame, Data, Frame};
use std::time::Instant;

/// Bytes of the bodies that are hashed where they are decoded: for so few a worker costs more than it saves.
pub const AT_ONCE_BYTES: usize = 16_384;

pub struct Inbound {
    name: String,
    started: Instant,
    frames: u64,
    bytes: u64,
    /// On object streams only; with a worker while `waiting` is worked off.
    objects: Option<Objects>,
    waiting: Vec<BytesFrame>,
}

impl Inbound {
    pub fn new(name: &str, objects: Option<Objects>) -> Box<Self> {
        Box::new(Inbound {
            name: name.to_owned(),
            started: Instant::now(),
            frames: 0,
            bytes: 0,
            objects,
            waiting: Vec::new(),
        })
    }

    /// Takes a DATA: at once where there is nothing to hash, or little and nothing before it waits.
    pub fn take(&mut self, frame: &BytesFrame, data: &Data<'_>, at_once: &mut usize) {
        self.frames += 1;
        self.bytes += data.body.len() as u64;
        let Some(objects) = &mut self.objects else { return };
        if self.waiting.is_empty() && data.body.len() <= *at_once {
            *at_once -= data.body.len();
            hash(objects, data);
        } else {
            self.waiting.push(frame.clone());
        }
    }

    /// What a worker has to do before these DATA are acknowledged. It gives back what [`Inbound::resume`] takes.
    pub fn work(&mut self) -> Option<impl FnOnce() -> Objects + Send + 'static> {
        if self.waiting.is_empty() {
            return None;
        }
        let mut objects = self.objects.take()?;
        let frames = std::mem::take(&mut self.waiting);
        Some(move || {
            for frame in &frames {
                if let Frame::Data(data) = frame.frame() {
                    hash(&mut objects, &data);
                }
            }
            objects
        })
    }

    pub fn resume(&mut self, objects: Objects) {
        self.objects = Some(objects);
    }

    /// The stream has ended: says so, and gives the receipt's status.
    pub fn close(self, peer: &Peer) -> u32 {
        let Inbound { name, started, frames, bytes, objects, .. } = self;
        let tally = objects.map_or_else(Tally::default, Objects::close);
        let took = started.elapsed();
        report::stream(peer, &StreamLine { name: &name, frames, bytes, tally: &tally, took });
        tally.status as u32
    }
}

fn hash(objects: &mut Objects, data: &Data<'_>) {
    if let Some(obj) = data.obj {
        objects.take(obj, data.body);
    }
}
