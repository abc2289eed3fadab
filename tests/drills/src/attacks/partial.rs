//! A frame that never completes: its bytes trickle, so that no read ever waits for long.

use super::{Scene, ATTACKER};
use crate::client::dial;
use crate::hostile::{encoded, ending, hello, prefix, Ending};
use crate::report::{seconds, Report};
use oap::{Frame, Kind, Start, MAX_FRAME_BYTES, MAX_HEADER_BYTES, PREFIX_BYTES};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;
use tokio::time::interval;

const NAME: &str = "partial frame";

const PEERS: usize = 20;

const TRICKLE: Duration = Duration::from_millis(50);

const DEADLINE: Duration = Duration::from_secs(2);

const KEYS: &str = "frame_seconds = 2\nhandshake_seconds = 2\nquarantine_offences = 0\n";

pub async fn attack(program: &Path, report: &mut Report) -> io::Result<()> {
    let scene = Scene::start(program, KEYS).await?;
    let start = Frame::Start(Start { stream: "partial" });
    let data = [prefix(MAX_FRAME_BYTES, Kind::Data as u8, 0, 2), vec![0x08, 0x01]].concat();
    let of_data = [encoded(&[hello(), start]), data].concat();
    let of_hello = prefix(PREFIX_BYTES + MAX_HEADER_BYTES, Kind::Hello as u8, 0, 2_048);
    let mut rows = Vec::new();
    for (what, wire) in [("DATA of 1 MiB", of_data), ("HELLO of 2 KiB", of_hello)] {
        let to = scene.gateway.address;
        let mut peers = JoinSet::new();
        for _ in 0..PEERS {
            peers.spawn(trickle(to, wire.clone()));
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

/// Sends a byte each period until the gateway closes; how long that took, and how it ended.
async fn trickle(to: SocketAddr, wire: Vec<u8>) -> io::Result<(Duration, Ending)> {
    // The gateway's clock starts while this connects, at the earliest.
    let began = Instant::now();
    let mut socket = dial(ATTACKER, to).await?;
    socket.write_all(&wire).await?;
    let (mut reader, mut writer) = socket.split();
    let mut periods = interval(TRICKLE);
    let drip = async {
        loop {
            periods.tick().await;
            if writer.write_all(&[0]).await.is_err() {
                // Until the reading side knows.
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        ended = ending(&mut reader) => Ok((began.elapsed(), ended)),
        () = drip => unreachable!("it drips for ever"),
    }
}
