//! A frame that never completes: its bytes trickle, so that no read ever waits for long.

use super::{Scene, ATTACKER};
use crate::hostile::play;
use crate::report::{seconds, Report};
use oap_probe::hostile::{Hostile, SLOW, SLOW_HELLO};
use oap_probe::Ending;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const NAME: &str = "partial frame";

const PEERS: usize = 20;

const DEADLINE: Duration = Duration::from_secs(2);

const KEYS: &str = "frame_seconds = 2\nhandshake_seconds = 2\nquarantine_offences = 0\n";

pub async fn attack(program: &Path, report: &mut Report) -> io::Result<()> {
    let scene = Scene::start(program, KEYS).await?;
    let mut rows = Vec::new();
    for (what, slow) in [("DATA of 1 MiB", SLOW), ("HELLO of 2 KiB", SLOW_HELLO)] {
        let to = scene.gateway.address;
        let mut peers = JoinSet::new();
        for _ in 0..PEERS {
            peers.spawn(timed(slow, to));
        }
        let (mut took, mut endings) = (Vec::new(), BTreeMap::<Ending, u64>::new());
        while let Some(ended) = peers.join_next().await {
            let (time, ending) = ended.map_err(io::Error::other)??;
            took.push(time);
            *endings.entry(ending).or_default() += 1;
        }
        let (least, most) = (took.iter().min().copied(), took.iter().max().copied());
        let (least, most) = (least.unwrap_or_default(), most.unwrap_or_default());
        let range = format!("{} to {}", seconds(least), seconds(most));
        rows.push([what.to_owned(), PEERS.to_string(), range.clone(), format!("{endings:?}")]);
        let bound = format!("{} or a little later", seconds(DEADLINE));
        let ok = least >= DEADLINE && !endings.contains_key(&Ending::Open);
        report.check(&format!("{NAME}, {what}: closed after"), &bound, range, ok);
    }
    report.table("A frame that never completes", ["frame", "peers", "closed after", "how"], &rows);
    scene.end(report, NAME).await;
    Ok(())
}

/// How long the gateway bore it, and how that ended. Its clock starts while this connects, at the earliest.
async fn timed(slow: Hostile, to: SocketAddr) -> io::Result<(Duration, Ending)> {
    let began = Instant::now();
    let ending = play(&slow, ATTACKER, to).await?;
    Ok((began.elapsed(), ending))
}
