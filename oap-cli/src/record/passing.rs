//! One connection that is passed on, both ways.

use crate::record::tape::{Tape, What};
use crate::transport::Stream;
use bytes::{Bytes, BytesMut};
use oap_explain::Side;
use std::io;
use tokio::io::{split, AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};

const READ_BYTES: usize = 64 << 10;

/// Passes bytes on until both sides have ended, and notes them.
pub async fn pass(tape: Tape, connection: u64, client: Stream, server: Stream) {
    let (from_client, to_client) = split(client);
    let (from_server, to_server) = split(server);
    let forth = way(&tape, connection, Side::First, from_client, to_server);
    let back = way(&tape, connection, Side::Second, from_server, to_client);
    tokio::join!(forth, back);
}

async fn way(
    tape: &Tape,
    connection: u64,
    side: Side,
    mut from: ReadHalf<Stream>,
    mut to: WriteHalf<Stream>,
) {
    let mut note = Notes { tape, connection, side, lost: 0 };
    // A side that fails ends its way; the other hears of it by the end of its input.
    let _ = copy(&mut note, &mut from, &mut to).await;
    let _ = to.shutdown().await;
    tape.note(connection, What::Ended(side));
}

async fn copy(
    note: &mut Notes<'_>,
    from: &mut ReadHalf<Stream>,
    to: &mut WriteHalf<Stream>,
) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    loop {
        buffer.reserve(READ_BYTES);
        if from.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
        let chunk = buffer.split().freeze();
        note.bytes(chunk.clone());
        to.write_all(&chunk).await?;
        to.flush().await?;
    }
}

struct Notes<'t> {
    tape: &'t Tape,
    connection: u64,
    side: Side,
    /// Bytes that are lost and not told yet.
    lost: u64,
}

impl Notes<'_> {
    fn bytes(&mut self, chunk: Bytes) {
        if self.lost > 0 {
            self.tape.note(self.connection, What::Lost(self.side, self.lost));
            self.lost = 0;
        }
        let len = chunk.len() as u64;
        if !self.tape.note(self.connection, What::Bytes(self.side, chunk)) {
            self.lost = len;
        }
    }
}
