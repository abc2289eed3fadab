//! The peer's streams: what came on the open one, what of it has yet to be hashed, and which have ended.

use crate::objects::{Objects, Tally};
use bytes::Bytes;
use oap::{Data, End, Frame, Row, Start};

/// Bytes of the bodies of a read that are hashed where they are decoded: for so few a worker costs more than it saves.
pub const AT_ONCE_BYTES: usize = 16_384;

/// The stream that is open.
struct Stream {
    name: String,
    started: u64,
    frames: u64,
    bytes: u64,
    /// On object streams only.
    objects: Option<Objects>,
}

/// A stream that has ended.
pub struct Ended {
    pub name: String,
    /// When it began, in nanoseconds.
    pub started: u64,
    pub frames: u64,
    pub bytes: u64,
    pub tally: Tally,
}

/// The streams as they are once all frames so far are worked off.
pub struct Streams {
    max_object_bytes: u64,
    open: Option<Box<Stream>>,
    ended: Vec<Ended>,
}

impl Streams {
    fn new(max_object_bytes: u64) -> Self {
        Streams { max_object_bytes, open: None, ended: Vec::new() }
    }

    /// Bytes that it takes to hash for a frame.
    fn cost(&self, frame: &Frame<'_>) -> usize {
        let hashes = self.open.as_ref().is_some_and(|stream| stream.objects.is_some());
        match frame {
            Frame::Data(Data { obj: Some(_), body, .. }) if hashes => body.len(),
            _ => 0,
        }
    }

    fn take(&mut self, now: u64, frame: &Frame<'_>) {
        match frame {
            Frame::Start(start) => self.open = Some(self.begin(now, start)),
            Frame::Data(data) => {
                if let Some(stream) = &mut self.open {
                    stream.take(data);
                }
            }
            Frame::End(End { .. }) => {
                let ended = self.open.take().map(|stream| stream.end());
                self.ended.extend(ended);
            }
            _ => {}
        }
    }

    fn begin(&self, now: u64, start: &Start<'_>) -> Box<Stream> {
        let objects = start.is_object_stream().then(|| Objects::new(self.max_object_bytes));
        let name = start.stream.to_owned();
        Box::new(Stream { name, started: now, frames: 0, bytes: 0, objects })
    }
}

impl Stream {
    fn take(&mut self, data: &Data<'_>) {
        self.frames += 1;
        self.bytes += data.body.len() as u64;
        if let (Some(objects), Some(obj)) = (&mut self.objects, data.obj) {
            objects.take(obj, data.body);
        }
    }

    fn end(self) -> Ended {
        let Stream { name, started, frames, bytes, objects } = self;
        let tally = objects.map_or_else(Tally::default, Objects::close);
        Ended { name, started, frames, bytes, tally }
    }
}

/// Frames that wait for a worker, with the bytes that they lie in.
struct Rows {
    bytes: Bytes,
    rows: Vec<Row>,
}

/// The streams of a connection, as far as its frames have been received.
pub struct Inbound {
    /// With a worker while that has work.
    streams: Option<Streams>,
    waiting: Vec<Rows>,
}

impl Inbound {
    pub fn new(max_object_bytes: u64) -> Self {
        Inbound { streams: Some(Streams::new(max_object_bytes)), waiting: Vec::new() }
    }

    /// Takes frames in their order, and tells how many of them at once: those before the first that costs more than
    /// `at_once`, where none waits already. The others wait for a worker.
    pub fn take(&mut self, now: u64, bytes: &Bytes, rows: &[Row], at_once: &mut usize) -> usize {
        let taken = match &mut self.streams {
            Some(streams) if self.waiting.is_empty() => {
                take_while_cheap(streams, now, bytes, rows, at_once)
            }
            _ => 0,
        };
        if taken < rows.len() {
            self.waiting.push(Rows { bytes: bytes.clone(), rows: rows[taken..].to_vec() });
        }
        taken
    }

    /// Frames that wait for a worker.
    pub fn waiting(&self) -> usize {
        self.waiting.iter().map(|rows| rows.rows.len()).sum()
    }

    /// What a worker has to do. It gives back what [`Inbound::resume`] takes.
    pub fn work(&mut self, now: u64) -> Option<impl FnOnce() -> Streams + Send + 'static> {
        if self.waiting.is_empty() {
            return None;
        }
        let mut streams = self.streams.take()?;
        let waiting = std::mem::take(&mut self.waiting);
        Some(move || {
            for Rows { bytes, rows } in &waiting {
                rows.iter().filter_map(|row| row.frame(bytes)).for_each(|frame| {
                    streams.take(now, &frame);
                });
            }
            streams
        })
    }

    pub fn resume(&mut self, streams: Streams) {
        self.streams = Some(streams);
    }

    /// The streams that have ended since it was asked last.
    pub fn take_ended(&mut self) -> Vec<Ended> {
        self.streams.as_mut().map(|streams| std::mem::take(&mut streams.ended)).unwrap_or_default()
    }
}

fn take_while_cheap(
    streams: &mut Streams,
    now: u64,
    bytes: &Bytes,
    rows: &[Row],
    at_once: &mut usize,
) -> usize {
    for (taken, row) in rows.iter().enumerate() {
        let Some(frame) = row.frame(bytes) else { continue };
        let cost = streams.cost(&frame);
        if cost > *at_once {
            return taken;
        }
        *at_once -= cost;
        streams.take(now, &frame);
    }
    rows.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use oap::{Config, StreamDecoder};

    /// The frames of a stream with the bodies of one object.
    fn stream(name: &str, bodies: &[&[u8]]) -> (Bytes, Vec<Row>) {
        let mut wire = Vec::new();
        let mut put = |frame: Frame<'_>| {
            oap::encode_to(&frame, &mut wire).unwrap();
        };
        put(Frame::Start(Start { stream: name }));
        let obj = format!("b3:{}", blake3::hash(&bodies.concat()).to_hex());
        for (body, seq) in bodies.iter().zip(1..) {
            put(Frame::Data(Data { seq, obj: Some(&obj), body }));
        }
        put(Frame::End(End { seq: bodies.len() as u64, status: 0 }));
        let mut rows = vec![Row::default(); bodies.len() + 2];
        let found = StreamDecoder::new(Config::default()).feed(&wire, &mut rows).unwrap().len();
        rows.truncate(found);
        (wire.into(), rows)
    }

    fn statuses(inbound: &mut Inbound) -> Vec<u32> {
        inbound.take_ended().iter().map(|ended| ended.tally.status as u32).collect()
    }

    #[test]
    fn little_is_hashed_at_once_and_what_follows_waits_in_its_order() {
        let (bytes, rows) = stream("objects/s", &[b"ab", b"cd", b"efgh", b"i"]);
        let mut inbound = Inbound::new(100);
        let taken = inbound.take(7, &bytes, &rows, &mut 5);
        assert_eq!((taken, inbound.waiting()), (3, 3), "i would fit, but efgh is before it");
        assert!(statuses(&mut inbound).is_empty());
        let streams = inbound.work(7).expect("work for a worker")();
        inbound.resume(streams);
        assert!(inbound.work(7).is_none());
        assert_eq!(statuses(&mut inbound), [0], "hashed in the order in which they came");
    }

    #[test]
    fn a_stream_that_is_no_object_stream_has_no_work() {
        let (bytes, rows) = stream("s", &[&[0; 1_000]]);
        let mut inbound = Inbound::new(100);
        assert_eq!(inbound.take(0, &bytes, &rows, &mut 0), 3);
        assert!(inbound.work(0).is_none());
        assert_eq!((statuses(&mut inbound), statuses(&mut inbound)), (vec![0], vec![]));
    }

    #[test]
    fn what_comes_while_a_worker_has_the_streams_waits() {
        let (bytes, rows) = stream("objects/s", &[&[0; 100]]);
        let mut inbound = Inbound::new(100);
        inbound.take(0, &bytes, &rows, &mut 0);
        let work = inbound.work(0).unwrap();
        assert_eq!(inbound.take(0, &bytes, &rows, &mut 1_000), 0);
        inbound.resume(work());
        let streams = inbound.work(0).unwrap()();
        inbound.resume(streams);
        assert_eq!(statuses(&mut inbound), [0, 0]);
    }
}
