//! Honest peers with frames of almost the largest size, many at a time: each is served, none is refused, and the memory
//! that they take stays within its bound.

use crate::client::{Client, Failure, Object};
use crate::gateway::Gateway;
use crate::load::words;
use crate::report::{mib, seconds, Report};
use oap_probe::pages::{self, Samples};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep;

const ABOUT: &str = "\
Honest peers send objects in frames of 1,000,000 bytes, as many as the window allows, all at the same time: 80 connections \
of one address, 400 of one address, 200 addresses with a connection each. Then some that send 0.4 MB/s beside tricklers \
who hold the room that they can get.";

const BODY_BYTES: usize = 1_000_000;

const MOST: u64 = 128 << 20;

/// What a slow peer sends a second.
const SLOW: usize = 400_000;

pub async fn drill(program: &Path, short: bool) -> io::Result<Report> {
    let mut report = Report::new("Honest peers with large frames", ABOUT, short);
    let object = Arc::new(Object::new(if short { 2 } else { 8 } * BODY_BYTES, BODY_BYTES));
    let crowds: [(&str, u32, u32); 3] =
        [("80 of one address", 80, 1), ("400 of one address", 400, 1), ("200 addresses", 200, 200)];
    let mut rows = Vec::new();
    for (name, connections, addresses) in crowds {
        let gateway = Gateway::start(program, "").await?;
        let began = Instant::now();
        let lost = crowd(gateway.address, connections, addresses, &object).await?;
        let took = began.elapsed();
        let page = pages::metrics(&gateway.pages).await?;
        let (refused, peak) =
            (page.sum("svc_gateway_refused_total"), gateway.process.resident_peak()?);
        rows.push([name.to_owned(), seconds(took), mib(peak)]);
        report.check(&format!("{name}: not served"), "0", words(&lost), lost.is_empty());
        report.check(&format!("{name}: refused"), "0", refused, refused == 0.0);
        let quarantined = page.value("svc_gateway_quarantines_total");
        report.check(&format!("{name}: quarantined"), "0", quarantined, quarantined == 0.0);
        report.check(&format!("{name}: resident, at most"), "128 MiB", mib(peak), peak <= MOST);
    }
    report.table("Crowds", ["who", "served in", "resident, at most"], &rows);
    mix(program, short, &mut report).await?;
    slow(program, &mut report).await?;
    Ok(report)
}

async fn crowd(
    to: SocketAddr,
    connections: u32,
    addresses: u32,
    object: &Arc<Object>,
) -> io::Result<BTreeMap<String, u64>> {
    let mut peers = JoinSet::new();
    // All have greeted before the first sends: this process may be too busy afterwards to greet in time.
    for mut client in greeted(to, connections, addresses).await? {
        let object = Arc::clone(object);
        peers.spawn(async move { client.request(&object).await });
    }
    failures(peers).await
}

async fn greeted(to: SocketAddr, count: u32, addresses: u32) -> io::Result<Vec<Client>> {
    let first = u32::from(Ipv4Addr::new(127, 0, 4, 1));
    let mut clients = Vec::new();
    for number in 0..count {
        let client = Client::greeted(Ipv4Addr::from(first + number % addresses), to).await;
        clients.push(client.map_err(|failure| io::Error::other(failure.to_string()))?);
    }
    Ok(clients)
}

async fn failures(mut peers: JoinSet<Result<(), Failure>>) -> io::Result<BTreeMap<String, u64>> {
    let mut failures = BTreeMap::new();
    while let Some(ended) = peers.join_next().await {
        if let Err(failure) = ended.map_err(io::Error::other)? {
            *failures.entry(failure.to_string()).or_default() += 1;
        }
    }
    Ok(failures)
}

/// Slow peers are served though tricklers take as many of the room's frames as they can get.
async fn slow(program: &Path, report: &mut Report) -> io::Result<()> {
    const PEERS: u8 = 8;
    let gateway = Gateway::start(program, "memory_bytes = 33554432\nframe_seconds = 4\n").await?;
    let to = gateway.address;
    let mut tricklers = JoinSet::new();
    for number in 1..=16 {
        tricklers.spawn(trickle(Ipv4Addr::new(127, 0, 5, number), to));
    }
    sleep(Duration::from_millis(500)).await;
    let mut peers = JoinSet::new();
    for number in 1..=PEERS {
        peers.spawn(send_slowly(Ipv4Addr::new(127, 0, 6, number), to));
    }
    let began = Instant::now();
    let lost = failures(peers).await?;
    let ok = lost.is_empty();
    report.check("0.4 MB/s beside tricklers: not served", "0", words(&lost), ok);
    report.note(&format!("{PEERS} peers of 0.4 MB/s took {}.", seconds(began.elapsed())));
    let page = pages::metrics(&gateway.pages).await?;
    let late = page.value("svc_gateway_refused_total{cause=\"frame_timeout\"}");
    report.check("tricklers ended", "some", late, late > 0.0);
    Ok(())
}

async fn send_slowly(from: Ipv4Addr, to: SocketAddr) -> Result<(), Failure> {
    let mut client = Client::greeted(from, to).await?;
    client.open("slow").await?;
    client.slowly(&vec![0; BODY_BYTES], SLOW).await?;
    client.close().await
}

/// Begins a large frame, and goes on with a byte at a time; and again, when that is ended.
async fn trickle(from: Ipv4Addr, to: SocketAddr) {
    loop {
        let Ok(mut client) = Client::greeted(from, to).await else { continue };
        if client.open("trickle").await.is_ok() {
            let _ = client.slowly(&vec![0; BODY_BYTES], 20).await;
        }
    }
}

/// Of each cause, where there are some.
fn refusals(page: &Samples) -> String {
    let causes = page.by_label("svc_gateway_refused_total").into_iter();
    let some = causes.filter(|(_, count)| *count > 0.0);
    some.map(|(cause, count)| format!("{count} × {cause}")).collect::<Vec<_>>().join(", ")
}

/// Everything at once: idle connections, large frames, scrapers.
async fn mix(program: &Path, short: bool, report: &mut Report) -> io::Result<()> {
    const LARGE: u32 = 400;
    let idle_count = if short { 2_000 } else { 11_500 };
    let gateway = Gateway::start(program, "").await?;
    let to = gateway.address;
    let mut idle = Vec::new();
    for number in 0..idle_count {
        let from = Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 0, 7, 1)) + number / 100);
        idle.push(Client::greeted(from, to).await.map_err(|e| io::Error::other(e.to_string()))?);
    }
    let mut scrapers = JoinSet::new();
    for _ in 0..8 {
        let base = gateway.pages.clone();
        scrapers.spawn(async move { while pages::metrics(&base).await.is_ok() {} });
    }
    let object = Arc::new(Object::new(4 * BODY_BYTES, BODY_BYTES));
    let lost = crowd(to, LARGE, 40, &object).await?;
    scrapers.shutdown().await;
    let page = pages::metrics(&gateway.pages).await?;
    let refused = refusals(&page);
    let peak = gateway.process.resident_peak()?;
    let name = format!("{idle_count} idle and {LARGE} with large frames");
    report.check(&format!("{name}: not served"), "0", words(&lost), lost.is_empty());
    report.check(&format!("{name}: refused"), "none", &refused, refused.is_empty());
    report.check(&format!("{name}: resident, at most"), "128 MiB", mib(peak), peak <= MOST);
    Ok(())
}
