//! `oap send`: files as streams of objects, or as plain streams.

mod answers;
mod outgoing;
mod pieces;
mod plan;
mod tracking;

use crate::address::Address;
use crate::answer::Answer;
use crate::progress;
use crate::transport::{self, Trust};
use answers::{Answers, HAVE};
use anyhow::{ensure, Context};
use clap::Args;
use indicatif::ProgressBar;
use oap_tokio::{Connection, Options, Sender};
use outgoing::Outgoing;
use plan::Planned;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{interval, timeout};
use tracking::Tracking;

/// How often the bar moves.
const TICK: Duration = Duration::from_millis(100);

/// Sends files and folders, each file as one stream, and waits until all is acknowledged.
///
/// A file goes as an object stream: objects/NAME, each DATA with the BLAKE3 address of the whole file, so that the peer
/// verifies it on arrival. What was not acknowledged, or not verified, is told by name, and the exit status is 1.
#[derive(Args)]
#[command(after_help = "Examples:
  oap send localhost:9900 photo.jpg music/
  oap send tls://example.org:9901 --ca ca.pem --resume large.iso
  tar c . | oap send unix:/run/oap.sock --plain --name backup.tar -")]
pub struct Send {
    /// HOST:PORT, tls://HOST:PORT or unix:PATH
    address: Address,
    /// Files, folders, or - for standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Send plain streams, without addresses; standard input always is one, unless --object is given
    #[arg(long)]
    plain: bool,
    /// The address of the one file, where it is known: it is not hashed before
    #[arg(long, value_name = "b3:HEX", conflicts_with = "plain")]
    object: Option<String>,
    /// The name of standard input
    #[arg(long, default_value = "stdin")]
    name: String,
    /// Send only what the peer lacks, for an `oap receive` that was interrupted
    #[arg(long, conflicts_with = "plain")]
    resume: bool,
    /// Bytes of each DATA at most; a peer may take less
    #[arg(long, default_value_t = 524_288, value_parser = clap::value_parser!(u32).range(1..))]
    chunk: u32,
    /// Wait for no receipts: a host that gives none
    #[arg(long)]
    no_receipts: bool,
    /// Seconds to wait for the peer's receipts, or for what it has
    #[arg(long, default_value_t = 30, value_name = "SECONDS")]
    patience: u64,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    trust: Trust,
}

impl Send {
    pub async fn run(self) -> anyhow::Result<Answer> {
        let planned = plan::plan(&self.files, &self.name)?;
        let one = self.object.is_none() || planned.len() == 1;
        ensure!(one, "--object is the address of one file, and here are {}", planned.len());
        let stream = transport::connect(&self.address, &self.trust).await?;
        let (sender, receiver) = Connection::new(stream, &Options::default()).split();
        let answers = Answers::follow(receiver);
        let sizes: Option<u64> = planned.iter().map(|file| file.size).sum();
        let bar = progress::bar(sizes, self.quiet);
        let tracking = Arc::new(Tracking::default());
        let moving = tokio::spawn(move_bar(bar.clone(), sender.clone(), Arc::clone(&tracking)));
        let sent = self.send_all(&planned, &sender, &answers, &tracking, &bar).await;
        moving.abort();
        bar.finish_and_clear();
        let acknowledged = tracking.settle(|| sender.outbound());
        if let Err(error) = &sent {
            eprintln!("oap: {error:#}");
            let _ = sender.close(Some(TICK)).await;
        }
        let good = tell(&planned, &acknowledged, &sent, &answers);
        Ok(if good { Answer::Yes } else { Answer::No })
    }

    /// Sends each file, and waits for what the peer says of them. Gives where each began.
    async fn send_all(
        &self,
        planned: &[Planned],
        sender: &Sender,
        answers: &Answers,
        tracking: &Tracking,
        bar: &ProgressBar,
    ) -> anyhow::Result<Vec<u64>> {
        let patience = Duration::from_secs(self.patience);
        sender.ready().await?;
        if self.resume {
            sender.start(HAVE).await?.end(0).await?;
            let told = timeout(patience, answers.what_it_has()).await;
            ensure!(told == Ok(true), "the peer does not tell what it has: leave --resume out");
        }
        let mut starts = Vec::new();
        for (number, file) in planned.iter().enumerate() {
            bar.set_message(file.name.clone());
            let address = self.address_of(file).await?;
            let held = address.as_ref().and_then(|address| answers.held(address));
            let start = held.filter(|_| self.resume).unwrap_or(0);
            bar.inc(start);
            let outgoing = Outgoing { file, number, address, start, chunk: self.chunk as usize };
            if file.size.is_none_or(|size| start < size || start == 0) {
                outgoing.send(sender, tracking).await.with_context(|| file.name.clone())?;
                answers.expect(&file.name);
            }
            starts.push(start);
        }
        sender.delivered().await?;
        if !self.no_receipts {
            let came = timeout(patience, answers.receipts()).await;
            ensure!(came == Ok(true), "no receipt came: --no-receipts is for hosts that give none");
        }
        sender.close(None).await?;
        Ok(starts)
    }

    /// The address that a file goes under; none where it goes plain.
    async fn address_of(&self, file: &Planned) -> anyhow::Result<Option<String>> {
        match (&self.object, &file.path) {
            (Some(known), _) => Ok(Some(known.clone())),
            (None, Some(path)) if !self.plain => plan::address_of(path).await.map(Some),
            _ => Ok(None),
        }
    }
}

async fn move_bar(bar: ProgressBar, sender: Sender, tracking: Arc<Tracking>) {
    let mut ticks = interval(TICK);
    let begun = bar.position();
    loop {
        ticks.tick().await;
        let acknowledged: u64 = tracking.settle(|| sender.outbound()).iter().sum();
        bar.set_position(bar.position().max(begun + acknowledged));
    }
}

/// Tells what was not acknowledged or not verified. Gives whether all was.
fn tell(
    planned: &[Planned],
    acknowledged: &[u64],
    sent: &anyhow::Result<Vec<u64>>,
    answers: &Answers,
) -> bool {
    let mut good = sent.is_ok();
    let none = Vec::new();
    let starts = sent.as_ref().unwrap_or(&none);
    for (number, file) in planned.iter().enumerate() {
        let start = starts.get(number).copied().unwrap_or(0);
        let there = start + acknowledged.get(number).copied().unwrap_or(0);
        let all = file.size.map_or(sent.is_ok(), |size| there >= size);
        if !all {
            let size = file.size.map_or("?".to_owned(), |size| size.to_string());
            eprintln!("oap: {}: {there} of {size} bytes acknowledged", file.name);
        }
        good &= all;
    }
    for (name, status) in answers.refused() {
        eprintln!("oap: {name}: the peer's receipt has status {status}");
        good = false;
    }
    good
}
