//! Streams that are opened and closed as fast as they go: START and END cost no credit.

use super::{Scene, ATTACKER};
use crate::client::{Client, Failure};
use crate::report::{seconds, Report};
use oap::{End, Frame, Start};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const NAME: &str = "START/END churn";

const PEERS: u32 = 8;

/// Streams that are sent ahead of their receipts.
const AHEAD: usize = 500;

const STREAMS_A_SECOND: u64 = 200;

pub async fn attack(program: &Path, short: bool, report: &mut Report) -> io::Result<()> {
    let length = Duration::from_secs(if short { 3 } else { 10 });
    let keys = format!("streams_per_second = {STREAMS_A_SECOND}\n");
    let scene = Scene::start(program, &keys).await?;
    let mut peers = JoinSet::new();
    for number in 0..PEERS {
        let from = Ipv4Addr::from(u32::from(ATTACKER) + number);
        peers.spawn(churn(from, scene.gateway.address, length));
    }
    let mut rows = Vec::new();
    // What a second allows, and as many at once at the start.
    let most = STREAMS_A_SECOND * (length.as_secs() + 2);
    let mut within = true;
    while let Some(ended) = peers.join_next().await {
        let (receipts, took, failure) = ended.map_err(io::Error::other)?;
        within &= receipts <= most;
        let rate = receipts as f64 / took.as_secs_f64();
        let how = failure.map_or("served to the end".to_owned(), |failure| failure.to_string());
        rows.push([receipts.to_string(), seconds(took), format!("{rate:.0} a second"), how]);
    }
    report.table("START/END churn, a row a peer", ["streams", "in", "rate", "ended"], &rows);
    let bound = format!("at most {most} each");
    let measured = if within { "all within" } else { "more" };
    report.check(&format!("{NAME}: streams in {}", seconds(length)), &bound, measured, within);
    scene.end(report, NAME).await;
    Ok(())
}

/// Receipts, and how it ended before its time, if it did.
async fn churn(
    from: Ipv4Addr,
    to: SocketAddr,
    length: Duration,
) -> (u64, Duration, Option<Failure>) {
    let began = Instant::now();
    let mut receipts = 0;
    let streams = async {
        let mut client = Client::greeted(from, to).await?;
        loop {
            for _ in 0..AHEAD {
                client.put(&Frame::Start(Start { stream: "churn" }));
                client.put(&Frame::End(End { seq: 0, status: 0 }));
            }
            client.flush().await?;
            for _ in 0..AHEAD {
                client.receipt().await?;
                receipts += 1;
            }
        }
    };
    let ended: Result<Result<(), Failure>, _> = tokio::time::timeout(length, streams).await;
    (receipts, began.elapsed(), ended.ok().and_then(Result::err))
}
