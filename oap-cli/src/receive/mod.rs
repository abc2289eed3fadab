//! `oap receive`: streams into files.

mod incoming;
mod store;

use crate::address::Address;
use crate::answer::Answer;
use crate::stop::Stop;
use crate::transport::{Accepted, Identity, Listener};
use clap::Args;
use incoming::{Incoming, Receipt};
use oap::Frame;
use oap_tokio::{Connection, Options, Receiver, Sender};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How long an accept that failed is waited out.
const PAUSE: Duration = Duration::from_millis(100);
/// How long connections have to close in at the end.
const CLOSING: Duration = Duration::from_secs(5);

/// The names of the streams that `oap send` knows.
const RECEIPT: &str = "receipt";
const HAVE: &str = "have";

/// Receives streams into files of a folder, and answers each with a receipt.
///
/// An object is verified as it comes, and gets its name when it is whole; of what was cut off, `oap send --resume` sends
/// the rest. A line for each file goes to standard output. DATA is acknowledged when it is written.
#[derive(Args)]
#[command(after_help = "Examples:
  oap receive localhost:9900 incoming/
  oap receive --once unix:/run/oap.sock . && ls
  oap receive tls://0.0.0.0:9901 incoming/ --certificate cert.pem --key key.pem

The status of a receipt: 0 stored, 1 another address, 2 too large, 3 not stored.")]
pub struct Receive {
    /// Where to listen: HOST:PORT, tls://HOST:PORT or unix:PATH; port 0 is any free one
    address: Address,
    /// The folder; it is made where it is not there
    directory: PathBuf,
    /// End after the first connection; the exit status says whether all of it was stored
    #[arg(long)]
    once: bool,
    /// Replace files that are there
    #[arg(long)]
    overwrite: bool,
    /// Bytes of the largest file that is taken
    #[arg(long, default_value_t = u64::MAX, hide_default_value = true)]
    max_bytes: u64,
    #[command(flatten)]
    identity: Identity,
}

impl Receive {
    pub async fn run(self) -> anyhow::Result<Answer> {
        let store = Arc::new(Store::open(&self.directory, self.overwrite)?);
        let listener = Listener::bind(&self.address, &self.identity).await?;
        println!("listening {}", listener.address()?);
        let mut stop = Stop::new()?;
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(accepted) if self.once => {
                        let stored = attend(accepted, store, self.max_bytes).await;
                        return Ok(if stored { Answer::Yes } else { Answer::No });
                    }
                    Ok(accepted) => {
                        connections.spawn(attend(accepted, Arc::clone(&store), self.max_bytes));
                    }
                    Err(error) => {
                        eprintln!("oap: an accept failed: {error}");
                        sleep(PAUSE).await;
                    }
                },
                Some(_) = connections.join_next() => {}
                () = stop.asked() => break,
            }
        }
        // What is cut off leaves its part.
        connections.abort_all();
        Ok(Answer::Yes)
    }
}

/// Takes what a peer sends. Gives whether all of it was stored.
async fn attend(accepted: Accepted, store: Arc<Store>, limit: u64) -> bool {
    let peer = accepted.peer.clone();
    let stream = match accepted.ready().await {
        Ok(stream) => stream,
        Err(error) => {
            eprintln!("oap: {peer}: {error}");
            return false;
        }
    };
    let (sender, receiver) = Connection::new(stream, &Options::default()).split();
    let taken = take(&sender, receiver, &store, limit).await;
    let closed = sender.close(Some(CLOSING)).await;
    match taken.and_then(|stored| closed.map(|()| stored)) {
        Ok(stored) => stored,
        Err(error) => {
            eprintln!("oap: {peer}: {error}");
            false
        }
    }
}

async fn take(
    sender: &Sender,
    mut receiver: Receiver,
    store: &Store,
    limit: u64,
) -> Result<bool, oap_tokio::Error> {
    let mut all = true;
    let mut open: Option<Incoming<'_>> = None;
    let mut asks = false;
    while let Some(frame) = receiver.next().await? {
        match frame.frame() {
            Frame::Start(start) => {
                asks = start.stream == HAVE;
                open = Some(Incoming::new(store, limit, start.stream));
            }
            Frame::Data(data) => {
                asks = false;
                open.iter_mut().for_each(|open| open.take(&data));
            }
            Frame::End(_) if asks => tell_what_it_has(sender, store).await?,
            Frame::End(end) => {
                let Some(open) = open.take() else { continue };
                all &= receipt(sender, open, end.status).await?;
            }
            _ => {}
        }
    }
    Ok(all)
}

async fn tell_what_it_has(sender: &Sender, store: &Store) -> Result<(), oap_tokio::Error> {
    let lines = store.parts().into_iter().map(|(address, bytes)| format!("{address} {bytes}\n"));
    sender.send_iter(HAVE, lines).await
}

/// Tells what became of a stream, here and to the peer. Gives whether it was stored.
async fn receipt(
    sender: &Sender,
    open: Incoming<'_>,
    status: u32,
) -> Result<bool, oap_tokio::Error> {
    let (stored, receipt, failure) = open.end(status);
    for file in stored {
        println!("{}", file.line());
    }
    if let Some(failure) = failure {
        eprintln!("oap: {failure}");
    }
    sender.start(RECEIPT).await?.end(receipt as u32).await?;
    Ok(receipt == Receipt::Stored)
}
