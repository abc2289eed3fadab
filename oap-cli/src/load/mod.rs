//! `oap load`: a host under load, measured by its acknowledgements.

mod flow;
mod hostile;
mod pace;
mod stats;

use crate::address::Address;
use crate::answer::Answer;
use crate::progress;
use crate::transport::{self, Trust};
use clap::Args;
use flow::{Flow, Plan};
use hostile::Crowd;
use ipnet::IpNet;
use oap::{MAX_FRAME_BYTES, MAX_HEAD_BYTES};
use oap_probe::pages;
use pace::Pace;
use serde_json::{json, Value};
use stats::{Counts, Stats, QUANTILES};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{interval, Instant};

/// Loads a host: streams of DATA on many connections, and the time to the ACK of each.
///
/// At a rate, the latency of a DATA counts from when it was due, so a host that stalls is not spared. Without one each
/// connection sends as fast as its credit allows, and the latency counts from when the DATA was made.
#[derive(Args)]
#[command(after_help = "Examples:
  oap load localhost:9900 --connections 50 --size 32 --duration 10
  oap load localhost:9900 --rate 20000 --metrics http://localhost:9909
  oap load localhost:9900 --hostile garbage:5,slow:20 --json
  oap load 127.0.0.1:9900 --connections 200 --from 127.0.0.0/8")]
pub struct Load {
    /// HOST:PORT, tls://HOST:PORT or unix:PATH
    address: Address,
    /// Connections
    #[arg(long, short, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    connections: u32,
    /// Body bytes of each DATA
    #[arg(long, short, default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(0..=MAX_BODY))]
    size: u32,
    /// DATA of each stream; a connection sends one stream after the other
    #[arg(long, short, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
    messages: u64,
    /// DATA a second on all connections together [default: as fast as it goes]
    #[arg(long, short, value_parser = positive)]
    rate: Option<f64>,
    /// Seconds
    #[arg(long, short, default_value_t = 10.0, value_parser = positive)]
    duration: f64,
    /// Send objects, one a stream, so that the host hashes them
    #[arg(long)]
    objects: bool,
    /// Wait for no receipts
    #[arg(long)]
    no_receipts: bool,
    /// Connect from these addresses of this machine, one after the other
    #[arg(long, value_name = "ADDRESS[/BITS]", value_parser = network)]
    from: Option<IpNet>,
    /// Compare with what the host counts at http://HOST:PORT/metrics
    #[arg(long, value_name = "URL")]
    metrics: Option<String>,
    #[arg(long, value_name = "KIND[:N],…", value_delimiter = ',', help = hostile::help())]
    hostile: Vec<Crowd>,
    /// Show the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    trust: Trust,
}

const MAX_BODY: i64 = (MAX_FRAME_BYTES - MAX_HEAD_BYTES) as i64;
/// The metric of frames by kind.
const FRAMES: &str = "oap_frames_total";

fn positive(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    match number > 0.0 && number < 1e9 {
        true => Ok(number),
        false => Err("not over 0 and under 1,000,000,000".to_owned()),
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let alone = text.parse::<IpAddr>().map(IpNet::from);
    alone.or_else(|_| text.parse()).map_err(|_| "neither an address nor ADDRESS/BITS".to_owned())
}

impl Load {
    pub async fn run(self) -> anyhow::Result<Answer> {
        let before = self.counted().await?;
        let stats = Arc::new(Stats::new());
        let begun = Instant::now();
        let mut work = self.start(&stats, begun).await?;
        let showing = tokio::spawn(show(Arc::clone(&stats), self.json));
        while let Some(done) = work.join_next().await {
            if let Err(error) = done? {
                stats.lock().fail(format!("{error:#}"));
            }
        }
        showing.abort();
        let took = begun.elapsed();
        let host = match before {
            Some(before) => Some(difference(&before, &self.counted().await?.unwrap_or_default())),
            None => None,
        };
        let counts = stats.lock().clone();
        match self.json {
            true => println!("{}", with_host(counts.json(took), host.as_ref())),
            false => print(&counts, took, host.as_ref()),
        }
        let all = counts.failures.is_empty() && counts.acknowledged == counts.sent;
        Ok(if all && counts.refused == 0 { Answer::Yes } else { Answer::No })
    }

    /// Connects all, then lets them go at once.
    async fn start(
        &self,
        stats: &Arc<Stats>,
        begun: Instant,
    ) -> anyhow::Result<JoinSet<anyhow::Result<()>>> {
        // The hostile ones come behind the others, so that they share no address while there are enough.
        let mut sources = self.from.map(|net| net.hosts().cycle());
        let mut source = || sources.as_mut()?.next();
        let mut streams = Vec::new();
        for _ in 0..self.connections {
            streams.push(transport::connect_from(source(), &self.address, &self.trust).await?);
        }
        let connected = Instant::now();
        let until = connected + Duration::from_secs_f64(self.duration);
        let plan = Arc::new(self.plan(until));
        let mut work = JoinSet::new();
        for (place, stream) in (0..).zip(streams) {
            let pace = Pace::new(begun.max(connected), self.rate, place, self.connections);
            let flow = Flow::new(Arc::clone(&plan), pace, Arc::clone(stats), stream);
            work.spawn(flow.run());
        }
        for &Crowd { kind, count } in &self.hostile {
            for _ in 0..count {
                let (from, address, trust) = (source(), self.address.clone(), self.trust.clone());
                let stats = Arc::clone(stats);
                work.spawn(async move {
                    hostile::run(kind, from, &address, &trust, &stats, until).await;
                    Ok(())
                });
            }
        }
        Ok(work)
    }

    fn plan(&self, until: Instant) -> Plan {
        let body = vec![0x5a; self.size as usize];
        let objects = self.objects;
        let obj = objects.then(|| format!("b3:{}", blake3::hash(&body).to_hex()));
        let stream = if objects { "objects/load" } else { "load" }.to_owned();
        // DATA that follow each other with one address are one object.
        let messages = if objects { 1 } else { self.messages };
        let receipts = !self.no_receipts;
        Plan { stream, obj, body, messages, until, receipts }
    }

    /// Frames that the host has counted, by kind.
    async fn counted(&self) -> anyhow::Result<Option<BTreeMap<String, f64>>> {
        let Some(base) = &self.metrics else { return Ok(None) };
        Ok(Some(pages::metrics(base).await?.by_label(FRAMES).into_iter().collect()))
    }
}

fn difference(
    before: &BTreeMap<String, f64>,
    after: &BTreeMap<String, f64>,
) -> BTreeMap<String, f64> {
    let less = |kind: &String| before.get(kind).copied().unwrap_or(0.0);
    after.iter().map(|(kind, count)| (kind.clone(), count - less(kind))).collect()
}

fn with_host(mut result: Value, host: Option<&BTreeMap<String, f64>>) -> Value {
    if let Some(host) = host {
        result["host_frames"] = json!(host);
    }
    result
}

fn print(counts: &Counts, took: Duration, host: Option<&BTreeMap<String, f64>>) {
    let seconds = took.as_secs_f64();
    let (sent, acknowledged) = (counts.sent, counts.acknowledged);
    let rate = acknowledged as f64 / seconds;
    let megabytes = counts.bytes as f64 / seconds / 1e6;
    println!("sent          {sent} DATA on {} streams", counts.streams);
    println!("acknowledged  {acknowledged} DATA, {rate:.0} a second, {megabytes:.1} MB/s");
    println!("receipts      {}, {} of them refusals", counts.receipts, counts.refused);
    let quantiles = QUANTILES.map(|(name, percent)| format!("{name} {}", counts.quantile(percent)));
    println!("latency, µs   {}", quantiles.join(", "));
    for (why, count) in &counts.failures {
        println!("failed        {count} connections: {why}");
    }
    for (what, count) in &counts.hostile {
        println!("hostile       {count} {what}");
    }
    if let Some(host) = host {
        let counted: Vec<_> = host.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        println!("host counted  {}", counted.join(", "));
    }
}

/// The live line, on a terminal only.
async fn show(stats: Arc<Stats>, quiet: bool) {
    let line = progress::line(quiet);
    let mut ticks = interval(Duration::from_secs(1));
    let mut before = 0;
    loop {
        ticks.tick().await;
        let (acknowledged, p50, p99) = {
            let counts = stats.lock();
            (counts.acknowledged, counts.quantile(50.0), counts.quantile(99.0))
        };
        let rate = acknowledged - before;
        before = acknowledged;
        line.set_message(format!(
            "{acknowledged} acknowledged, {rate}/s, p50 {p50} µs, p99 {p99} µs"
        ));
    }
}
