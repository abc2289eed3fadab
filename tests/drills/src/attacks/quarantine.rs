//! One hostile peer, alone: it may not turn `/readyz` off, and its connections no longer reach the decoder.

use super::{Scene, ATTACKER};
use crate::client::Client;
use crate::hostile::play;
use crate::report::{seconds, Report};
use oap::Reason;
use oap_probe::hostile::BREACHES;
use oap_probe::pages;
use oap_probe::Ending;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::time::sleep;

const NAME: &str = "quarantine";

/// So many that they are played long before the quarantine is over.
const CONNECTIONS: u64 = 200;

const OFFENCES: u64 = 10;

const LASTS: Duration = Duration::from_secs(10);

/// The first connection that was turned away came a little later than the quarantine.
const EARLY: Duration = Duration::from_millis(500);

const KEYS: &str = "quarantine_offences = 10\nquarantine_seconds = 10\n";

const NEIGHBOUR: Ipv4Addr = Ipv4Addr::new(127, 0, 1, 2);

pub async fn attack(program: &Path, report: &mut Report) -> io::Result<()> {
    let scene = Scene::start(program, KEYS).await?;
    let to = scene.gateway.address;
    let (mut refused, mut away, mut others, mut held) = (0, 0, 0, None);
    // This gateway allows feature bits, and who is cut off in a frame is no offender.
    let no_offence = [Some(Reason::BadHelloPq), Some(Reason::Truncated)];
    let cases = BREACHES.iter().filter(|case| !no_offence.contains(&case.reason)).cycle();
    for case in cases.take(CONNECTIONS as usize) {
        match play(case, ATTACKER, to).await? {
            ending if ending.is(case.reason) => refused += 1,
            Ending::TurnedAway => {
                away += 1;
                held.get_or_insert_with(Instant::now);
            }
            _ => others += 1,
        }
    }
    let neighbour = Client::greeted(NEIGHBOUR, to).await.is_ok();
    let page = pages::metrics(&scene.gateway.pages).await?;
    let counted = page.sum("oap_rejects_total") as u64;
    let released = let_in_again(to, held.unwrap_or_else(Instant::now)).await;

    let rows = [
        ["connections of the hostile peer".into(), CONNECTIONS.to_string()],
        ["refused with their reason".into(), refused.to_string()],
        ["turned away before the decoder".into(), away.to_string()],
        ["ended otherwise".into(), others.to_string()],
        ["rejects counted".into(), counted.to_string()],
    ];
    report.table("One hostile peer in quarantine", ["what", "measured"], &rows);
    let name = |what: &str| format!("{NAME}: {what}");
    let words = |refused, away| format!("{refused}, then {away}");
    let bound = words(OFFENCES, CONNECTIONS - OFFENCES);
    let ok = words(refused, away) == bound;
    report.check(&name("refused, then turned away"), &bound, words(refused, away), ok);
    report.check(&name("rejects counted"), "10", counted, counted == OFFENCES);
    let served = if neighbour { "served" } else { "not served" };
    report.check(&name("the peer at the next address"), "served", served, neighbour);
    let measured = released.map_or("never".into(), seconds);
    let bound = format!("after about {}", seconds(LASTS));
    let ok = released.is_some_and(|after| after >= LASTS - EARLY);
    report.check(&name("the peer is let in again"), &bound, measured, ok);
    scene.end(report, NAME).await;
    Ok(())
}

/// When, since it was held.
async fn let_in_again(to: SocketAddr, held: Instant) -> Option<Duration> {
    while held.elapsed() < LASTS * 3 {
        if Client::greeted(ATTACKER, to).await.is_ok() {
            return Some(held.elapsed());
        }
        sleep(Duration::from_millis(100)).await;
    }
    None
}
