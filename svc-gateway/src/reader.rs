//! Reads that hold memory only while bytes are there: nothing for an idle connection, and for all together no more than
//! the budget of work.

use crate::budget::{Budget, Reservation};
use bytes::{Bytes, BytesMut};
use oap::STREAM_CHUNK_BYTES;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{ready, Context, Poll};
use tokio::io::AsyncRead;
use tokio_util::io::poll_read_buf;
use tokio_util::sync::PollSemaphore;

const LEAST_BYTES: usize = 4_096;
const MOST_BYTES: usize = 4 * STREAM_CHUNK_BYTES;

/// What a read brought, and the room that it takes as long as it is worked on.
pub struct Chunk {
    pub bytes: Bytes,
    pub reserved: Reservation,
}

pub struct Reader {
    /// Bytes of the next read's buffer: more after a full one, less after one that was mostly empty.
    size: usize,
    room: PollSemaphore,
    waits_for_room: bool,
}

impl Reader {
    pub fn new(work: &Budget) -> Self {
        Reader { size: LEAST_BYTES, room: work.waiter(), waits_for_room: false }
    }

    /// Waits for bytes; `None` at their end.
    ///
    /// # Errors
    /// Where the socket fails.
    pub async fn read<S: AsyncRead + Unpin>(
        &mut self,
        socket: &mut S,
    ) -> io::Result<Option<Chunk>> {
        poll_fn(|cx| self.poll(cx, socket)).await
    }

    /// Whether it was for want of room that the last read did not come back.
    pub const fn waits_for_room(&self) -> bool {
        self.waits_for_room
    }

    /// Begins anew with a small buffer.
    pub fn shrink(&mut self) {
        self.size = LEAST_BYTES;
    }

    /// The buffer lives from here to the bytes in it: where none are there, it goes.
    fn poll<S: AsyncRead + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut S,
    ) -> Poll<io::Result<Option<Chunk>>> {
        self.waits_for_room = true;
        let reserved = ready!(self.room.poll_acquire_many(cx, self.size as u32));
        self.waits_for_room = false;
        let mut buffer = BytesMut::with_capacity(self.size);
        let read = ready!(poll_read_buf(Pin::new(socket), cx, &mut buffer))?;
        let Some(reserved) = reserved.filter(|_| read > 0) else { return Poll::Ready(Ok(None)) };
        self.resize(read);
        Poll::Ready(Ok(Some(Chunk { bytes: buffer.freeze(), reserved })))
    }

    fn resize(&mut self, read: usize) {
        const STEP: usize = 4;
        if read >= self.size {
            self.size = (self.size * STEP).min(MOST_BYTES);
        } else if read < self.size / STEP {
            self.size = (self.size / STEP).max(LEAST_BYTES);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn buffers_grow_with_what_comes_and_shrink_again() {
        let budget = Budget::new(1 << 20);
        let mut reader = Reader::new(&budget);
        let flood = vec![1; 1 << 20];
        let mut input = &flood[..];
        let mut sizes = Vec::new();
        for _ in 0..5 {
            let chunk = reader.read(&mut input).await.unwrap().unwrap();
            assert_eq!(chunk.bytes.len(), chunk.reserved.num_permits());
            sizes.push(chunk.bytes.len());
        }
        assert_eq!(sizes, [4_096, 16_384, 65_536, MOST_BYTES, MOST_BYTES]);
        for _ in 0..3 {
            reader.read(&mut &[1_u8][..]).await.unwrap().unwrap();
        }
        assert_eq!((reader.size, budget.used()), (LEAST_BYTES, 0));
    }

    #[tokio::test]
    async fn who_waits_for_bytes_holds_nothing() {
        let budget = Budget::new(1 << 20);
        let mut reader = Reader::new(&budget);
        let (mut socket, _peer) = tokio::io::duplex(1);
        let reading = tokio::time::timeout(std::time::Duration::ZERO, reader.read(&mut socket));
        assert!(reading.await.is_err());
        assert_eq!((budget.used(), reader.waits_for_room()), (0, false));
    }

    #[tokio::test]
    async fn nothing_is_read_beyond_the_budget() {
        let budget = Budget::new(LEAST_BYTES as u64);
        let (mut one, mut other) = (Reader::new(&budget), Reader::new(&budget));
        let chunk = one.read(&mut &[1_u8][..]).await.unwrap().unwrap();
        let mut input = &[1_u8][..];
        let reading = tokio::time::timeout(std::time::Duration::ZERO, other.read(&mut input));
        assert!(reading.await.is_err());
        assert!(other.waits_for_room() && input.len() == 1);
        drop(chunk);
        assert!(other.read(&mut input).await.unwrap().is_some());
    }
}
