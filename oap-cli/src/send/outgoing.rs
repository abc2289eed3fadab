//! One file on its way.

use crate::send::plan::Planned;
use crate::send::tracking::Tracking;
use bytes::Bytes;
use oap_tokio::Sender;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use tokio::sync::mpsc::{channel, Receiver, Sender as Feed};
use tokio::task::{spawn_blocking, JoinHandle};

/// Pieces of the file that are read before they are sent.
const AHEAD: usize = 4;
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
        let (mut pieces, reading) = self.read(self.chunk.min(most));
        let mut stream = sender.start(&self.stream_name()).await?;
        let mut first = true;
        while let Some(piece) = pieces.recv().await {
            // An empty file is an object too: one DATA without bytes.
            if piece.is_empty() && !(first && self.address.is_some()) {
                break;
            }
            first = false;
            let bytes = piece.len();
            let seq = match &self.address {
                Some(address) => stream.object(address, piece).await?,
                None => stream.data(piece).await?,
            };
            tracking.sent(seq, self.number, bytes);
        }
        reading.await??;
        Ok(stream.end(0).await?)
    }

    fn stream_name(&self) -> String {
        let name = &self.file.name;
        match (&self.address, self.start) {
            (None, _) => name.clone(),
            (Some(_), 0) => format!("objects/{name}"),
            (Some(_), start) => format!("objects/from-{start}/{name}"),
        }
    }

    /// Reads in a thread; an empty piece is the end.
    fn read(&self, chunk: usize) -> (Receiver<Bytes>, JoinHandle<io::Result<()>>) {
        let (feed, pieces) = channel(AHEAD);
        let (path, start) = (self.file.path.clone(), self.start);
        let reading = spawn_blocking(move || match path {
            None => feed_from(io::stdin().lock(), chunk, &feed),
            Some(path) => {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(start))?;
                feed_from(file, chunk, &feed)
            }
        });
        (pieces, reading)
    }
}

fn feed_from(mut from: impl Read, chunk: usize, feed: &Feed<Bytes>) -> io::Result<()> {
    loop {
        let mut piece = Vec::with_capacity(chunk);
        let filled = from.by_ref().take(chunk as u64).read_to_end(&mut piece)?;
        // Who receives is gone where the connection has ended, and tells that.
        if feed.blocking_send(piece.into()).is_err() || filled == 0 {
            return Ok(());
        }
    }
}
