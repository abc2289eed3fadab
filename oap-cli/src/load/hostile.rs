//! Connections that misbehave, beside those that carry the load.

use crate::address::Address;
use crate::load::stats::Stats;
use crate::transport::{self, Trust};
use oap_probe::hostile::{self, Hostile};
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;
use tokio::time::{sleep, Instant};

/// So many connections at a time of a kind.
#[derive(Clone, Copy)]
pub struct Crowd {
    pub kind: &'static Hostile,
    pub count: u16,
}

impl FromStr for Crowd {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, count) = text.split_once(':').unwrap_or((text, "1"));
        let kind = hostile::all().find(|kind| kind.name == name);
        let kind = kind.ok_or_else(|| format!("{name} is none of {}", names()))?;
        let count = count.parse().map_err(|_| format!("{count} is not in 0..=65535"))?;
        Ok(Crowd { kind, count })
    }
}

pub fn help() -> String {
    format!("Connections that misbehave beside the load: {}", names())
}

fn names() -> String {
    hostile::all().map(|kind| kind.name).collect::<Vec<_>>().join(", ")
}

/// How long a host may take to end such a peer before the next one comes.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

/// Connects and misbehaves again and again until the time is up.
pub async fn run(
    kind: &Hostile,
    from: Option<IpAddr>,
    address: &Address,
    trust: &Trust,
    stats: &Stats,
    until: Instant,
) {
    while Instant::now() < until {
        let outcome = match transport::connect_from(from, address, trust).await {
            Ok(stream) => {
                let left = until.saturating_duration_since(Instant::now());
                kind.play(stream, left.min(PATIENCE)).await.to_string()
            }
            Err(_) => "not connected".to_owned(),
        };
        *stats.lock().hostile.entry(format!("{}: {outcome}", kind.name)).or_default() += 1;
        sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_names_kinds_and_counts() {
        let read = |text: &str| text.parse().map(|crowd: Crowd| (crowd.kind.name, crowd.count));
        assert_eq!(read("slow:7"), Ok(("slow", 7)));
        assert_eq!(read("cut"), Ok(("cut", 1)));
        assert!(read("odd").unwrap_err().contains("cut, oversize"));
        assert!(read("cut:x").unwrap_err().contains("x is not in 0..=65535"));
    }
}
