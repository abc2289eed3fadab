//! One file on its way.

use crate::send::pieces::{Pieces, Reader};
use crate::send::plan::Planned;
use crate::send::tracking::Tracking;
use bytes::Bytes;
use oap_tokio::{OutboundStream, Sender};
use std::io;

/// Bytes that the `obj` of a DATA takes: its key, its length and the address.
const OBJ_BYTES: usize = 2 + 67;

pub struct Outgoing<'p> {
    pub file: &'p Planned,
    /// Its place in the plan.
    pub number: usize,
    pub address: Option<String>,
    /// Where the peer has it up to.
    pub start: u64,
    pub chunk: usize,
}

impl Outgoing<'_> {
    /// Sends the stream. A file that can't be read any more gives it up: the peer sees its END with a status.
    ///
    /// # Errors
    /// Those of the file and of the connection.
    pub async fn send(&self, sender: &Sender, tracking: &Tracking) -> anyhow::Result<()> {
        let most = sender.max_body().map_or(self.chunk, |most| most.saturating_sub(OBJ_BYTES));
        let mut pieces = self.pieces(self.chunk.min(most))?;
        let mut stream = sender.start(&self.stream_name()).await?;
        let mut piece = pieces.next().await?;
        // An empty file is an object too: one DATA without bytes.
        if !piece.is_empty() || self.address.is_some() {
            self.send_piece(&mut stream, piece, tracking).await?;
        }
        loop {
            piece = pieces.next().await?;
            if piece.is_empty() {
                return Ok(stream.end(0).await?);
            }
            self.send_piece(&mut stream, piece, tracking).await?;
        }
    }

    fn pieces(&self, most: usize) -> io::Result<Pieces> {
        match &self.file.path {
            Some(path) => Reader::open(path, self.start, most).map(Pieces::Here),
            None => Ok(Pieces::of_stdin(most)),
        }
    }

    async fn send_piece(
        &self,
        stream: &mut OutboundStream,
        piece: Bytes,
        tracking: &Tracking,
    ) -> anyhow::Result<()> {
        let bytes = piece.len();
        let seq = match &self.address {
            Some(address) => stream.object(address, piece).await?,
            None => stream.data(piece).await?,
        };
        tracking.sent(seq, self.number, bytes);
        Ok(())
    }

    fn stream_name(&self) -> String {
        let name = &self.file.name;
        match (&self.address, self.start) {
            (None, _) => name.clone(),
            (Some(_), 0) => format!("objects/{name}"),
            (Some(_), start) => format!("objects/from-{start}/{name}"),
        }
    }
}
