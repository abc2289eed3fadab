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

    /// Takes a DATA: at once, which it tells, where there is nothing to hash, or little and nothing before it waits.
    pub fn take(&mut self, frame: &BytesFrame, data: &Data<'_>, at_once: &mut usize) -> bool {
        self.frames += 1;
        self.bytes += data.body.len() as u64;
        let Some(objects) = &mut self.objects else { return true };
        let now = self.waiting.is_empty() && data.body.len() <= *at_once;
        if now {
            *at_once -= data.body.len();
            hash(objects, data);
        } else {
            self.waiting.push(frame.clone());
        }
        now
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::Names;
    use bytes::Bytes;
    use oap::{Config, StreamDecoder};

    fn data_frame(seq: u64, obj: &str, body: &[u8]) -> BytesFrame {
        let mut wire = Vec::new();
        oap::encode_to(&Frame::Data(Data { seq, obj: Some(obj), body }), &mut wire).unwrap();
        let mut decoder = StreamDecoder::new(Config::default());
        decoder.next_frame(&mut Bytes::from(wire)).unwrap().unwrap()
    }

    /// Takes the bodies of one object, and tells which of them at once.
    fn take(stream: &mut Inbound, bodies: &[&[u8]], mut at_once: usize) -> Vec<bool> {
        let obj = format!("b3:{}", blake3::hash(&bodies.concat()).to_hex());
        let frames = bodies.iter().zip(1..).map(|(body, seq)| data_frame(seq, &obj, body));
        let mut taken = Vec::new();
        for frame in frames {
            let Frame::Data(data) = frame.frame() else { unreachable!("it is a DATA") };
            taken.push(stream.take(&frame, &data, &mut at_once));
        }
        taken
    }

    fn status(stream: Inbound) -> u32 {
        stream.close(&Names::new("t").unwrap().peer(None))
    }

    #[test]
    fn little_is_hashed_at_once_and_what_follows_waits_in_its_order() {
        let mut stream = Inbound::new("objects/s", Some(Objects::new(100)));
        let taken = take(&mut stream, &[b"ab", b"cd", b"efgh", b"i"], 5);
        assert_eq!(taken, [true, true, false, false], "i would fit, but efgh is before it");
        let objects = stream.work().expect("work for a worker")();
        stream.resume(objects);
        assert!(stream.work().is_none());
        assert_eq!(status(*stream), 0, "hashed in the order in which they came");
    }

    #[test]
    fn a_stream_that_is_no_object_stream_has_no_work() {
        let mut stream = Inbound::new("s", None);
        assert_eq!(take(&mut stream, &[&[0; 1_000]], 0), [true]);
        assert!(stream.work().is_none());
        assert_eq!(status(*stream), 0);
    }
}
