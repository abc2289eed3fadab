//! Ten thousand connections, all of them at work, with honest load beside them.

use crate::client::{Client, Failure, Object};
use crate::gateway::Gateway;
use crate::latency::{between, percentile};
use crate::load::{words, Load, Plan};
use crate::profile::Profile;
use crate::report::{mib, ms, seconds, Report};
use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{watch, Semaphore};
use tokio::task::JoinSet;
use tokio::time::sleep;

const ABOUT: &str = "\
Connections from many loopback addresses are opened and held: each sends a small DATA a second on an open stream and \
waits for its ACK, while honest clients stream objects. At the end every connection has to give a receipt for its stream.";

/// Opened at a time.
const OPENING: usize = 128;

/// Connections of each source address.
const AN_ADDRESS: u32 = 100;

const TRICKLE: Duration = Duration::from_secs(1);

const BODY: &[u8] = &[0; 32];

pub struct Options {
    pub count: u32,
    pub short: bool,
    /// Samples stacks, too.
    pub profiled: bool,
}

/// How connections ended that had not to.
type Failures = BTreeMap<String, u64>;

pub async fn drill(program: &Path, options: &Options) -> io::Result<Report> {
    let count = options.count;
    let length = Duration::from_secs(if options.short { 5 } else { 30 });
    let mut report = Report::new(&format!("{count} connections"), ABOUT, options.short);
    let config = format!("max_connections = {}\n", count + 100);
    let gateway = Gateway::start(program, &config).await?;
    let empty = gateway.process.resident()?;
    let began = Instant::now();
    let (stop, stopped) = watch::channel(false);
    let mut held = hold(count, gateway.address, &stopped).await;
    let opened = began.elapsed();
    let resident_idle = gateway.process.resident()?;
    let descriptors = gateway.process.descriptors()?;

    let load = Load::start(plan(), gateway.address);
    let cpu_before = gateway.process.cpu()?;
    let profile = if options.profiled {
        Some(Profile::take(gateway.pid(), program, length).await?)
    } else {
        sleep(length).await;
        None
    };
    let cpu = gateway.process.cpu()? - cpu_before;
    let resident_load = gateway.process.resident()?;
    let until = load.now();
    let tally = load.stop().await;

    stop.send_replace(true);
    let mut failures = Failures::new();
    let mut receipts = 0;
    while let Some(ended) = held.join_next().await {
        match ended.map_err(io::Error::other)? {
            Ok(()) => receipts += 1,
            Err(failure) => *failures.entry(failure.to_string()).or_default() += 1,
        }
    }
    let peak = gateway.process.resident_peak()?;

    let took = between(&tally.served, Duration::ZERO, until);
    let each = resident_idle.saturating_sub(empty) / u64::from(count);
    let rows = [
        ["cores".into(), std::thread::available_parallelism()?.to_string()],
        ["connections".into(), count.to_string()],
        ["time to open them".into(), seconds(opened)],
        ["descriptors of the gateway".into(), descriptors.to_string()],
        ["resident, no connection".into(), mib(empty)],
        ["resident, all open".into(), mib(resident_idle)],
        ["resident a connection".into(), format!("{:.1} KiB", each as f64 / 1024.0)],
        ["resident, honest load beside them".into(), mib(resident_load)],
        ["resident, at most".into(), mib(peak)],
        ["honest requests".into(), tally.served.len().to_string()],
        ["their p95".into(), ms(percentile(&took, 95))],
        ["processor time of the gateway".into(), format!("{} in {}", seconds(cpu), seconds(until))],
    ];
    report.table("Figures", ["what", "measured"], &rows);
    report.check("connections that failed", "0", words(&failures), failures.is_empty());
    report.check("receipts at the end", &count.to_string(), receipts, receipts == count);
    report.check("honest requests lost", "0", tally.why_lost(), tally.lost() == 0);
    if let Some(profile) = profile {
        let shares = profile.shares()?;
        let measured = format!("{:.1} % of {} samples", shares.percent(), shares.all);
        let ok = shares.all > 0 && shares.percent() < 20.0;
        report.check("the library's share of processor time", "under 20 %", measured, ok);
        report.note(PROFILED);
    }
    Ok(report)
}

const PROFILED: &str = "\
The share is measured by `perf record -e cpu-clock` on a gateway with line tables and frame pointers: a sample is the \
library's where one of its functions, inlined or not, stands anywhere in the stack.";

fn plan() -> Plan {
    Plan {
        clients: 8,
        object: Arc::new(Object::new(256 << 10, 64 << 10)),
        pause: Duration::from_millis(20),
        requests_a_connection: u64::MAX,
    }
}

/// Opens them all; each is then held by a task of its own.
async fn hold(
    count: u32,
    to: SocketAddr,
    stopped: &watch::Receiver<bool>,
) -> JoinSet<Result<(), Failure>> {
    let opening = Arc::new(Semaphore::new(OPENING));
    let mut held = JoinSet::new();
    for number in 0..count {
        // It is never closed.
        let Ok(permit) = Arc::clone(&opening).acquire_owned().await else { break };
        let stopped = stopped.clone();
        let from = Ipv4Addr::from(u32::from(Ipv4Addr::new(127, 0, 4, 1)) + number / AN_ADDRESS);
        held.spawn(async move {
            let client = Client::greeted(from, to).await;
            drop(permit);
            trickle(client?, &stopped).await
        });
    }
    // All permits back: all have been opened, or have failed.
    let _ = opening.acquire_many(OPENING as u32).await;
    held
}

async fn trickle(mut client: Client, stopped: &watch::Receiver<bool>) -> Result<(), Failure> {
    client.open("trickle").await?;
    while !*stopped.borrow() {
        client.data(None, BODY).await?;
        client.acknowledged().await?;
        sleep(TRICKLE).await;
    }
    client.close().await
}
