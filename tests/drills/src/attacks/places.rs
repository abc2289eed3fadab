//! One address that takes every place it can get, and says nothing.

use super::{Scene, ATTACKER};
use crate::client::{Client, Object};
use crate::report::Report;
use oap_probe::dial;
use oap_probe::pages;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;

const NAME: &str = "all places";

const PLACES: usize = 400;

/// So long that nobody has to go meanwhile.
const KEYS: &str = "max_connections = 400\nhandshake_seconds = 60\n";

const NEWCOMERS: u8 = 20;

pub async fn attack(program: &Path, report: &mut Report) -> io::Result<()> {
    let scene = Scene::start(program, KEYS).await?;
    let to = scene.gateway.address;
    let mut silent = Vec::new();
    for _ in 0..PLACES + 100 {
        silent.push(dial(Some(ATTACKER.into()), to).await?);
    }
    let object = Object::new(64 << 10, 8 << 10);
    let mut served = 0;
    for number in 1..=NEWCOMERS {
        let from = Ipv4Addr::new(127, 0, 3, number);
        let Ok(mut client) = Client::greeted(from, to).await else { continue };
        served += u8::from(client.request(&object).await.is_ok());
    }
    let page = pages::metrics(&scene.gateway.pages).await?;
    let refused = page.value("svc_gateway_refused_total{cause=\"peer_capacity\"}");
    let rows = [
        ["silent connections of one address".into(), silent.len().to_string()],
        ["refused of them".into(), refused.to_string()],
        ["others who came meanwhile and were served".into(), served.to_string()],
    ];
    report.table("All places for one address", ["what", "measured"], &rows);
    let name = |what: &str| format!("{NAME}: {what}");
    let ok = served == NEWCOMERS;
    report.check(&name("others served"), &NEWCOMERS.to_string(), served, ok);
    report.check(&name("places refused to it"), "some", refused, refused > 0.0);
    drop(silent);
    scene.end(report, NAME).await;
    Ok(())
}
