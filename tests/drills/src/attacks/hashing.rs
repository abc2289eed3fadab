//! More to hash than one thread can: readiness has to say so soon, and to take it back soon.

use super::Scene;
use crate::client::{Client, Failure, Object};
use crate::report::{seconds, Report};
use oap_probe::pages::Readyz;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

const NAME: &str = "too much to hash";

const PEERS: u8 = 60;

const KEY: &str = "oap_backpressure_ok";

const LIMIT: Duration = Duration::from_secs(5);

const KEYS: &str = "workers = 1\nmemory_bytes = 33554432\n";

pub async fn attack(program: &Path, short: bool, report: &mut Report) -> io::Result<()> {
    let scene = Scene::start(program, KEYS).await?;
    let (stop, stopped) = watch::channel(false);
    let object = Arc::new(Object::new(4_000_000, 1_000_000));
    let mut peers = JoinSet::new();
    for number in 1..=PEERS {
        let from = Ipv4Addr::new(127, 0, 3, number);
        peers.spawn(send(from, scene.gateway.address, Arc::clone(&object), stopped.clone()));
    }
    let began = Instant::now();
    let is_told = scene.watch.wait(LIMIT, |readyz| readyz.misses(KEY)).await;
    let told = began.elapsed();
    sleep(Duration::from_secs(if short { 1 } else { 5 })).await;
    stop.send_replace(true);
    let mut lost = 0;
    while let Some(sent) = peers.join_next().await {
        lost += u64::from(sent.map_err(io::Error::other)?.is_err());
    }
    let ended = Instant::now();
    let is_back = scene.watch.wait(LIMIT, Readyz::is_ready).await;
    let back = ended.elapsed();
    let name = |what: &str| format!("{NAME}: {what}");
    report.check(&name("/readyz turns 503"), "within 5 s", seconds(told), is_told);
    report.check(&name("/readyz is 200 again"), "within 5 s", seconds(back), is_back);
    report.check(&name("peers that were cut"), "0", lost, lost == 0);
    // All peers here are honest, and there is more to do than can be done: how long it takes is no verdict.
    let honest = scene.load.stop().await;
    report.check(&name("honest requests lost"), "0", honest.why_lost(), honest.lost() == 0);
    Ok(())
}

async fn send(
    from: Ipv4Addr,
    to: SocketAddr,
    object: Arc<Object>,
    stopped: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let mut client = Client::greeted(from, to).await?;
    while !*stopped.borrow() {
        client.request(&object).await?;
    }
    Ok(())
}
