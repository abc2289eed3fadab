//! `oap record`: a proxy that records what passes.

mod frames;
mod passing;
mod pcapng;
#[cfg(feature = "parquet")]
mod table;
mod tape;

use crate::address::Address;
use crate::answer::Answer;
use crate::stop::Stop;
use crate::transport::{self, Accepted, Identity, Listener, Trust};
use anyhow::bail;
use clap::Args;
use frames::Secrets;
use pcapng::Pcapng;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tape::{tape, Event, Played, Tape, What};
use tokio::time::sleep;

/// How long an accept that failed is waited out.
const PAUSE: Duration = Duration::from_millis(100);

/// Passes connections on to a host, and records what passes.
///
/// FILE.pcapng opens in Wireshark, with the dissector of ops/wireshark. Any other name is a folder of Parquet files,
/// a row a frame, partitioned by hour and host. Bodies are zeros and HELLOs have no feature bits, unless they are asked
/// for. The peers never wait for the disk: what could not be written is counted and told at the end.
#[derive(Args)]
#[command(after_help = "Examples:
  oap record 127.0.0.1:9800 127.0.0.1:9900 session.pcapng
  oap record --host eu1 0.0.0.0:9800 127.0.0.1:9900 captures/

It records until SIGINT or SIGTERM (on Windows Ctrl-C); the exit status is 1 where something could not be written.")]
pub struct Record {
    /// Where to listen: HOST:PORT, tls://HOST:PORT or unix:PATH; port 0 is any free one
    listen: Address,
    /// The host: HOST:PORT, tls://HOST:PORT or unix:PATH
    target: Address,
    /// A file that ends with .pcapng, or a folder for Parquet files
    file: PathBuf,
    /// Write bodies too
    #[arg(long)]
    bodies: bool,
    /// Write feature bits too
    #[arg(long)]
    features: bool,
    /// The name of this host in Parquet files
    #[arg(long, default_value = "local", value_parser = partition)]
    host: String,
    /// MiB that may wait for the disk
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    memory: u32,
    #[command(flatten)]
    identity: Identity,
    #[command(flatten)]
    trust: Trust,
}

/// A part of a path that every reader of partitions understands.
fn partition(name: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match !name.is_empty() && name.chars().all(good) && !name.starts_with('.') {
        true => Ok(name.to_owned()),
        false => Err("a host has letters, digits, -, _ and . only".to_owned()),
    }
}

/// Where a recording goes.
enum Recording {
    Pcapng(Pcapng),
    #[cfg(feature = "parquet")]
    Table(Box<table::Table>),
}

impl Record {
    pub async fn run(self) -> anyhow::Result<Answer> {
        let recording = self.recording()?;
        let listener = Listener::bind(&self.listen, &self.identity).await?;
        let address = listener.address()?;
        println!("listening {address}");
        let (tape, played) = tape(u64::from(self.memory) << 20);
        let writing = thread::spawn(move || write(recording, &played));
        self.serve(&listener, &address, &tape).await?;
        let lost = tape.lost();
        drop(tape);
        let left_out = tokio::task::spawn_blocking(|| writing.join()).await?;
        let left_out = left_out.unwrap_or_else(|_| bail!("the writer panicked"))?;
        if lost > 0 {
            eprintln!("oap: {lost} bytes could not be written in time");
        }
        if left_out > 0 {
            eprintln!(
                "oap: {left_out} bytes are left out: no OAP/1, or behind bytes that are lost"
            );
        }
        Ok(if lost == 0 { Answer::Yes } else { Answer::No })
    }

    fn recording(&self) -> anyhow::Result<Recording> {
        let secrets = Secrets { bodies: self.bodies, features: self.features };
        if self.file.extension().is_some_and(|extension| extension == "pcapng") {
            return Ok(Recording::Pcapng(Pcapng::create(&self.file, secrets)?));
        }
        self.table(&self.file, secrets)
    }

    #[cfg(feature = "parquet")]
    fn table(&self, folder: &Path, secrets: Secrets) -> anyhow::Result<Recording> {
        let table = table::Table::create(folder, &self.host, secrets)?;
        Ok(Recording::Table(Box::new(table)))
    }

    #[cfg(not(feature = "parquet"))]
    fn table(&self, folder: &Path, _: Secrets) -> anyhow::Result<Recording> {
        bail!(
            "{}: this program is built without Parquet; end the name with .pcapng",
            folder.display()
        )
    }

    /// Accepts until a signal comes; connections that are open then are cut.
    async fn serve(&self, listener: &Listener, address: &str, tape: &Tape) -> anyhow::Result<()> {
        let mut stop = Stop::new()?;
        let mut connections = tokio::task::JoinSet::new();
        let places = Arc::new((self.target.clone(), self.trust.clone()));
        let mut number = 0;
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => {
                        number += 1;
                        let (tape, places) = (tape.clone(), Arc::clone(&places));
                        connections.spawn(attend(tape, number, accepted, address.to_owned(), places));
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
        connections.shutdown().await;
        Ok(())
    }
}

async fn attend(
    tape: Tape,
    number: u64,
    accepted: Accepted,
    server: String,
    target: Arc<(Address, Trust)>,
) {
    let client = accepted.peer.clone();
    let to = match transport::connect(&target.0, &target.1).await {
        Ok(to) => to,
        Err(error) => return eprintln!("oap: {error:#}"),
    };
    match accepted.ready().await {
        Ok(from) => {
            tape.note(number, What::Opened { client, server });
            passing::pass(tape, number, from, to).await;
        }
        Err(error) => eprintln!("oap: {client}: {error}"),
    }
}

/// Writes until all who note are gone. Gives how many bytes were left out.
fn write(mut recording: Recording, played: &Played) -> anyhow::Result<u64> {
    while let Some(event) = played.next() {
        recording.event(event)?;
    }
    recording.finish()
}

impl Recording {
    fn event(&mut self, event: Event) -> anyhow::Result<()> {
        match self {
            Recording::Pcapng(pcapng) => pcapng.event(event),
            #[cfg(feature = "parquet")]
            Recording::Table(table) => table.event(event),
        }
    }

    fn finish(self) -> anyhow::Result<u64> {
        match self {
            Recording::Pcapng(mut pcapng) => {
                pcapng.flush()?;
                Ok(pcapng.left_out)
            }
            #[cfg(feature = "parquet")]
            Recording::Table(table) => table.finish(),
        }
    }
}
