//! Ten thousand frames of 1 MiB, each begun and then stalled: together they promise 10 GB.

use super::{Scene, ATTACKER};
use crate::client::{Client, Failure, Object};
use crate::hostile::PATIENCE;
use crate::report::{mib, seconds, Report};
use oap::DEFAULT_ACK_WINDOW;
use oap_probe::hostile::PROMISE;
use oap_probe::pages;
use oap_probe::{dial, ending};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

const NAME: &str = "stalled frames";

/// Each sends that much of its body: without a budget, enough to pin 640 MiB.
const SENT: usize = 64 << 10;

const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(127, 0, 9, 1);

const OPENING: usize = 128;

const MOST: u64 = 128 << 20;

const KEYS: &str = "frame_seconds = 8\nquarantine_offences = 0\n";

pub async fn attack(program: &Path, short: bool, report: &mut Report) -> io::Result<()> {
    let count: u32 = if short { 2_000 } else { 10_000 };
    let scene = Scene::start(program, KEYS).await?;
    let wire = Arc::new([PROMISE.wire(DEFAULT_ACK_WINDOW), vec![0; SENT]].concat());
    let opening = Arc::new(Semaphore::new(OPENING));
    let mut peers = JoinSet::new();
    for number in 0..count {
        let permit = Arc::clone(&opening).acquire_owned().await.map_err(io::Error::other)?;
        let from = Ipv4Addr::from(u32::from(ATTACKER) + number / 100);
        let (to, wire) = (scene.gateway.address, Arc::clone(&wire));
        peers.spawn(async move {
            let stalled = stall(from, to, &wire).await;
            drop(permit);
            Ok::<_, io::Error>(ending(stalled?, PATIENCE).await)
        });
    }
    let large = large_beside(scene.gateway.address).await;
    let peak = scene.gateway.process.resident_peak()?;
    let page = pages::metrics(&scene.gateway.pages).await?;
    let late = page.value("svc_gateway_refused_total{cause=\"frame_timeout\"}");
    let room = page.value("svc_gateway_room_bytes{use=\"frames\"}");
    let rows = [
        ["frames that were begun".to_owned(), count.to_string()],
        ["ended at their deadline".to_owned(), late.to_string()],
        ["room that the others hold".to_owned(), mib(room as u64)],
    ];
    report.table("Stalled frames of 1 MiB", ["what", "measured"], &rows);
    report.check(&format!("{NAME}: resident, at most"), "128 MiB", mib(peak), peak <= MOST);
    report.check(&format!("{NAME}: ended at their deadline"), "some", late, late > 0.0);
    let measured = large.as_ref().map_or_else(ToString::to_string, |took| seconds(*took));
    let name = format!("{NAME}: a large frame beside them");
    report.check(&name, "served", measured, large.is_ok());
    drop(peers);
    scene.judge_honest(report, NAME).await;
    Ok(())
}

/// How long an object in frames of 1 MB takes that has to wait for its turn.
async fn large_beside(to: SocketAddr) -> Result<Duration, Failure> {
    let began = Instant::now();
    let object = Object::new(2_000_000, 1_000_000);
    Client::greeted(NEIGHBOUR, to).await?.request(&object).await?;
    Ok(began.elapsed())
}

/// Sends as much as is taken; one that is refused meanwhile is refused.
async fn stall(from: Ipv4Addr, to: SocketAddr, wire: &[u8]) -> io::Result<tokio::net::TcpStream> {
    let mut socket = dial(Some(from.into()), to).await?;
    let _ = timeout(Duration::from_secs(1), socket.write_all(wire)).await;
    Ok(socket)
}
