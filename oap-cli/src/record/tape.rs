//! What passes, on its way to the disk: a queue of so many bytes. Who passes bytes on never waits for it.

use bytes::Bytes;
use oap_explain::Side;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{channel, Receiver, Sender};
use std::sync::Arc;
use std::time::SystemTime;

/// Something that happened on a connection.
pub struct Event {
    pub at: SystemTime,
    pub connection: u64,
    pub what: What,
}

pub enum What {
    /// The names of the client and of the server.
    Opened {
        client: String,
        server: String,
    },
    Bytes(Side, Bytes),
    /// So many bytes are not here, since the queue was full.
    Lost(Side, u64),
    Ended(Side),
}

/// The end that is written to.
#[derive(Clone)]
pub struct Tape {
    to: Sender<Event>,
    queue: Arc<Queue>,
}

/// The end that is read.
pub struct Played {
    from: Receiver<Event>,
    queue: Arc<Queue>,
}

struct Queue {
    limit: u64,
    held: AtomicU64,
    lost: AtomicU64,
}

/// An event takes as much as its bytes and this: many small ones are bounded too.
const EVENT_BYTES: u64 = 128;

/// A queue for so many bytes.
pub fn tape(limit: u64) -> (Tape, Played) {
    let (to, from) = channel();
    let queue = Arc::new(Queue { limit, held: AtomicU64::new(0), lost: AtomicU64::new(0) });
    (Tape { to, queue: Arc::clone(&queue) }, Played { from, queue })
}

fn weight(what: &What) -> u64 {
    match what {
        What::Bytes(_, bytes) => EVENT_BYTES + bytes.len() as u64,
        _ => EVENT_BYTES,
    }
}

impl Tape {
    /// Notes what happened now; bytes only where there is room. False: the bytes are lost.
    pub fn note(&self, connection: u64, what: What) -> bool {
        let weight = weight(&what);
        let held = self.queue.held.fetch_add(weight, Ordering::Relaxed) + weight;
        let is_bytes = matches!(what, What::Bytes(..));
        if is_bytes && held > self.queue.limit {
            self.queue.held.fetch_sub(weight, Ordering::Relaxed);
            self.queue.lost.fetch_add(weight - EVENT_BYTES, Ordering::Relaxed);
            return false;
        }
        // The reader ends first only where it failed, and that is told.
        let _ = self.to.send(Event { at: SystemTime::now(), connection, what });
        true
    }

    /// Bytes that were not written so far.
    pub fn lost(&self) -> u64 {
        self.queue.lost.load(Ordering::Relaxed)
    }
}

impl Played {
    /// The next event; `None` once all who write are gone.
    pub fn next(&self) -> Option<Event> {
        let event = self.from.recv().ok()?;
        self.queue.held.fetch_sub(weight(&event.what), Ordering::Relaxed);
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_without_room_are_counted_and_nobody_waits() {
        let (tape, played) = tape(1_000);
        let bytes = || What::Bytes(Side::First, Bytes::from_static(&[0; 500]));
        assert!(tape.note(1, bytes()));
        assert!(!tape.note(1, bytes()));
        assert!(tape.note(1, What::Lost(Side::First, 500)));
        assert_eq!(tape.lost(), 500);
        assert!(matches!(played.next().unwrap().what, What::Bytes(..)));
        assert!(tape.note(1, bytes()), "there is room again");
    }
}
