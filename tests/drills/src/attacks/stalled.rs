//! Ten thousand frames of 1 MiB, each begun and then stalled: together they promise 10 GB.

use super::{Scene, ATTACKER};
use crate::client::dial;
use crate::hostile::{encoded, ending, hello, prefix, Ending};
use crate::report::{mib, Report};
use oap::{Frame, Kind, Start, MAX_FRAME_BYTES};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

const NAME: &str = "stalled frames";

/// Each sends that much of its body: without a budget, enough to pin 640 MiB.
const SENT: usize = 64 << 10;

const OPENING: usize = 128;

const MOST: u64 = 128 << 20;

const KEYS: &str = "frame_seconds = 8\nquarantine_offences = 0\n";

pub async fn attack(program: &Path, short: bool, report: &mut Report) -> io::Result<()> {
    let count: u32 = if short { 2_000 } else { 10_000 };
    let scene = Scene::start(program, KEYS).await?;
    let start = Frame::Start(Start { stream: "stalled" });
    let head = [prefix(MAX_FRAME_BYTES, Kind::Data as u8, 0, 2), vec![0x08, 0x01]].concat();
    let wire = Arc::new([encoded(&[hello(), start]), head, vec![0; SENT]].concat());
    let opening = Arc::new(Semaphore::new(OPENING));
    let mut peers = JoinSet::new();
    for number in 0..count {
        let permit = Arc::clone(&opening).acquire_owned().await.map_err(io::Error::other)?;
        let from = Ipv4Addr::from(u32::from(ATTACKER) + number / 100);
        let (to, wire) = (scene.gateway.address, Arc::clone(&wire));
        peers.spawn(async move {
            let stalled = stall(from, to, &wire).await;
            drop(permit);
            Ok::<_, io::Error>(ending(&mut stalled?).await)
        });
    }
    let mut endings = BTreeMap::<Ending, u64>::new();
    while let Some(ended) = peers.join_next().await {
        *endings.entry(ended.map_err(io::Error::other)??).or_default() += 1;
    }
    let peak = scene.gateway.process.resident_peak()?;
    let row = |(ending, count): (&Ending, &u64)| [format!("{ending:?}"), count.to_string()];
    let rows: Vec<_> = endings.iter().map(row).collect();
    report.table(&format!("{count} stalled frames of 1 MiB"), ["ended", "peers"], &rows);
    report.check(&format!("{NAME}: resident, at most"), "128 MiB", mib(peak), peak <= MOST);
    let open = endings.get(&Ending::Open).copied().unwrap_or_default();
    report.check(&format!("{NAME}: still open past the deadline"), "0", open, open == 0);
    scene.end(report, NAME).await;
    Ok(())
}

/// Sends as much as is taken; one that is refused meanwhile is refused.
async fn stall(from: Ipv4Addr, to: SocketAddr, wire: &[u8]) -> io::Result<tokio::net::TcpStream> {
    let mut socket = dial(from, to).await?;
    let _ = timeout(Duration::from_secs(1), socket.write_all(wire)).await;
    Ok(socket)
}
