//! Reads that hold memory only while bytes are there. A small read is always possible, for its memory is part of what a
//! connection costs; a larger one takes room, and where there is none it is a small one.

use crate::peer::Network;
use crate::room::{Held, Room, Use};
use bytes::{BufMut, Bytes, BytesMut};
use oap::STREAM_CHUNK_BYTES;
use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use tokio::io::AsyncRead;
use tokio_util::io::poll_read_buf;

/// Bytes of a small read, and of a frame that takes no room of its own.
pub const SMALL_READ_BYTES: usize = 1_024;

/// Bytes of the largest read.
const MAX_READ_BYTES: usize = 4 * STREAM_CHUNK_BYTES;

thread_local! {
    /// What is dealt with before the next read needs no memory of its own.
    static BUFFER: Cell<BytesMut> = Cell::new(BytesMut::new());
}

/// What a read brought, and the room that its memory takes.
pub struct Chunk {
    pub bytes: Bytes,
    pub held: Option<Held>,
}

pub struct Reader {
    room: Arc<Room>,
    peer: Option<Network>,
    /// Bytes of the next read's buffer: more after a full one, less after one that was mostly empty.
    size: usize,
}

impl Reader {
    pub fn new(room: &Arc<Room>, peer: Option<Network>) -> Self {
        Reader { room: Arc::clone(room), peer, size: SMALL_READ_BYTES }
    }

    /// Begins anew with small reads.
    pub fn shrink(&mut self) {
        self.size = SMALL_READ_BYTES;
    }

    pub const fn size(&self) -> usize {
        self.size
    }

    /// Waits for bytes, `None` at their end, where a frame that has begun lacks `wanted`. Where that is more than a
    /// read, they are copied behind the others, and this read ends with the frame.
    ///
    /// # Errors
    /// Where the socket fails.
    pub fn poll<S: AsyncRead + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut S,
        wanted: usize,
    ) -> Poll<io::Result<Option<Chunk>>> {
        if wanted > self.size {
            return poll_copied(cx, socket, wanted);
        }
        let held = self.room_for_a_large_read();
        if held.is_none() {
            let read = ready!(poll_copied(cx, socket, SMALL_READ_BYTES))?;
            self.resize(SMALL_READ_BYTES, read.as_ref().map_or(0, |chunk| chunk.bytes.len()));
            return Poll::Ready(Ok(read));
        }
        let mut buffer = BytesMut::with_capacity(self.size);
        let read = ready!(poll_read_buf(Pin::new(socket), cx, &mut buffer))?;
        self.resize(self.size, read);
        Poll::Ready(Ok((read > 0).then(|| Chunk { bytes: buffer.freeze(), held })))
    }

    /// For its bytes, and half as much for the rows of the frames in them.
    fn room_for_a_large_read(&self) -> Option<Held> {
        if self.size == SMALL_READ_BYTES {
            return None;
        }
        self.room.try_hold(Use::Reads, self.peer, self.size + self.size / 2)
    }

    fn resize(&mut self, asked: usize, read: usize) {
        const STEP: usize = 4;
        if read >= asked {
            self.size = (self.size * STEP).min(MAX_READ_BYTES);
        } else if read < self.size / STEP {
            self.size = (self.size / STEP).max(SMALL_READ_BYTES);
        }
    }
}

/// Reads at most so many bytes, of which nothing is kept longer than until the thread's next read, but for few.
pub fn poll_copied<S: AsyncRead + Unpin>(
    cx: &mut Context<'_>,
    socket: &mut S,
    most: usize,
) -> Poll<io::Result<Option<Chunk>>> {
    let mut buffer = BUFFER.take();
    if !buffer.try_reclaim(MAX_READ_BYTES) {
        buffer = BytesMut::with_capacity(MAX_READ_BYTES);
    }
    let mut limited = (&mut buffer).limit(most.min(MAX_READ_BYTES));
    let read = poll_read_buf(Pin::new(socket), cx, &mut limited);
    let bytes = match &read {
        Poll::Ready(Ok(read)) if *read > SMALL_READ_BYTES => buffer.split().freeze(),
        Poll::Ready(Ok(_)) => Bytes::copy_from_slice(&buffer),
        _ => Bytes::new(),
    };
    buffer.clear();
    BUFFER.set(buffer);
    read.map_ok(|read| (read > 0).then_some(Chunk { bytes, held: None }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LEAST_MEMORY_BYTES;
    use std::future::poll_fn;

    async fn read(reader: &mut Reader, input: &mut &[u8], wanted: usize) -> Chunk {
        let read = poll_fn(|cx| reader.poll(cx, input, wanted)).await;
        read.unwrap().expect("there are bytes")
    }

    #[tokio::test]
    async fn buffers_grow_with_what_comes_and_shrink_again() {
        let room = Room::new(LEAST_MEMORY_BYTES);
        let mut reader = Reader::new(&room, None);
        let flood = vec![1; 1 << 20];
        let mut input = &flood[..];
        let mut sizes = Vec::new();
        for _ in 0..6 {
            let chunk = read(&mut reader, &mut input, 0).await;
            let held = if sizes.is_empty() { 0 } else { chunk.bytes.len() * 3 / 2 };
            assert_eq!(room.used()[Use::Reads as usize], (Use::Reads, held));
            sizes.push(chunk.bytes.len());
        }
        assert_eq!(sizes, [1_024, 4_096, 16_384, 65_536, MAX_READ_BYTES, MAX_READ_BYTES]);
        for _ in 0..4 {
            read(&mut reader, &mut &[1_u8][..], 0).await;
        }
        assert_eq!((reader.size, room.load()), (SMALL_READ_BYTES, 0));
    }

    #[tokio::test]
    async fn where_there_is_no_room_a_read_is_small() {
        let room = Room::new(0);
        let mut reader = Reader { room, peer: None, size: MAX_READ_BYTES };
        let chunk = read(&mut reader, &mut &[1_u8; 5_000][..], 0).await;
        assert_eq!((chunk.bytes.len(), chunk.held.is_none()), (SMALL_READ_BYTES, true));
    }

    #[tokio::test]
    async fn the_rest_of_a_frame_is_read_and_no_byte_more() {
        let room = Room::new(LEAST_MEMORY_BYTES);
        let mut reader = Reader::new(&room, None);
        let flood = vec![7; 300_000];
        let mut input = &flood[..];
        let lengths = [299_000, 299_000 - MAX_READ_BYTES];
        for wanted in lengths {
            let chunk = read(&mut reader, &mut input, wanted).await;
            assert_eq!(chunk.bytes.len(), wanted.min(MAX_READ_BYTES));
        }
        assert_eq!((input.len(), reader.size), (1_000, SMALL_READ_BYTES));
    }

    #[tokio::test]
    async fn who_waits_for_bytes_holds_nothing() {
        let room = Room::new(LEAST_MEMORY_BYTES);
        let mut reader = Reader { size: MAX_READ_BYTES, ..Reader::new(&room, None) };
        let (mut socket, _peer) = tokio::io::duplex(1);
        let reading = poll_fn(|cx| reader.poll(cx, &mut socket, 0));
        assert!(tokio::time::timeout(std::time::Duration::ZERO, reading).await.is_err());
        assert_eq!(room.load(), 0);
    }
}
