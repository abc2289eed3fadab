//! Half an hour of honest load in a gateway that may write nothing: its memory stays flat, its files stay shut, and the
//! last minute is as good as the first.

use crate::client::Object;
use crate::gateway::Gateway;
use crate::latency::{between, percentile};
use crate::load::{words, Load, Plan, Tally};
use crate::report::{mib, ms, seconds, Report};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{interval, sleep, MissedTickBehavior};

const ABOUT: &str = "\
Honest clients stream objects into a gateway that runs with `--amnesia=on`; streams open and close, and connections come \
and go all the while. Its resident set, its open files and what it caused to be written to storage are read from `/proc` \
each second. At the end a rush of clients that never pause shows the resident set at full load.";

const MOST_AT_LOAD: u64 = 128 << 20;
const MOST_AFTER: u64 = 256 << 20;

/// What the second half may add to the resident set, by the line through its samples.
const MOST_GROWTH: f64 = (4 << 20) as f64;

/// First and last part whose throughput is compared: a minute, in a short soak less.
const PART: Duration = Duration::from_secs(60);

const OBJECT_BYTES: usize = 256 << 10;

const RUSH_OBJECT_BYTES: usize = 8_000_000;

/// After which what load needed has been given back.
const SETTLED: Duration = Duration::from_secs(5);

struct Sample {
    at: Duration,
    resident: u64,
}

/// What was seen of the gateway's process.
#[derive(Default)]
struct Seen {
    samples: Vec<Sample>,
    files: BTreeSet<PathBuf>,
    written: u64,
}

pub async fn drill(program: &Path, length: Duration, short: bool) -> io::Result<Report> {
    let mut report = Report::new("Amnesia soak", ABOUT, short);
    let gateway = Gateway::start(program, "amnesia = \"on\"\n").await?;
    let load = Load::start(steady(), gateway.address);
    let written_before = gateway.process.written_to_disk()?;
    let cpu_before = gateway.process.cpu()?;
    let mut seen = observe(&gateway, &load, length).await?;
    let cpu = gateway.process.cpu()? - cpu_before;
    let tally = load.stop().await;
    let load = Load::start(rush(), gateway.address);
    let rush_length = Duration::from_secs(if short { 3 } else { 10 });
    sleep(rush_length).await;
    let rushed = load.stop().await;
    sleep(SETTLED).await;
    let after = gateway.process.resident()?;
    seen.written = gateway.process.written_to_disk()? - written_before;
    seen.files.extend(gateway.process.open_files()?);
    let peak = gateway.process.resident_peak()?;
    let stopped = gateway.stop().await?;
    restart(program, rush_length, &mut report).await?;

    minutes(&mut report, &seen, &tally, length);
    memory(&mut report, &seen, peak, after);
    report.check("bytes written to storage", "0", seen.written, seen.written == 0);
    let files = format!("{:?}", seen.files);
    report.check("files open", "none", files, seen.files.is_empty());
    throughput(&mut report, &tally, length, cpu);
    let megabytes = (rushed.served.len() * RUSH_OBJECT_BYTES) as f64 / 1e6;
    let rate = megabytes / rush_length.as_secs_f64();
    report.note(&format!("The rush of {} clients came to {rate:.0} MB/s.", rush().clients));
    let lost = tally.lost() + rushed.lost();
    let why = format!("{} and {}", tally.why_lost(), rushed.why_lost());
    report.check("requests lost, and in the rush", "0 and 0", why, lost == 0);
    let turned_away = words(&tally.turned_away);
    report.check("connections turned away", "0", turned_away, tally.turned_away.is_empty());
    report.check("end after SIGTERM", "exit status 0", stopped, stopped.success());
    Ok(report)
}

/// Starts anew, with amnesia and without, in turn: the resident set, and what amnesia costs.
async fn restart(program: &Path, length: Duration, report: &mut Report) -> io::Result<()> {
    const ROUNDS: u32 = 3;
    let (mut requests, mut resident) = ([0, 0], 0);
    for _ in 0..ROUNDS {
        for (served, amnesia) in requests.iter_mut().zip(["on", "off"]) {
            let gateway = Gateway::start(program, &format!("amnesia = \"{amnesia}\"\n")).await?;
            let load = Load::start(rush(), gateway.address);
            sleep(length / ROUNDS).await;
            *served += load.stop().await.served.len();
            resident = gateway.process.resident()?.max(resident);
        }
    }
    let [on, off] = requests.map(|requests| requests as f64);
    let change = (on / off - 1.0) * 100.0;
    report.check("resident after a restart", "256 MiB", mib(resident), resident <= MOST_AFTER);
    let measured = format!("{change:+.1} %");
    let ok = change.abs() <= 10.0;
    report.check_speed("throughput with amnesia, against without", "within 10 %", measured, ok);
    Ok(())
}

fn steady() -> Plan {
    Plan {
        clients: 32,
        object: Arc::new(Object::new(OBJECT_BYTES, 32 << 10)),
        pause: Duration::from_millis(60),
        requests_a_connection: 50,
    }
}

fn rush() -> Plan {
    Plan {
        clients: 64,
        object: Arc::new(Object::new(RUSH_OBJECT_BYTES, 1_000_000)),
        pause: Duration::ZERO,
        requests_a_connection: 10,
    }
}

async fn observe(gateway: &Gateway, load: &Load, length: Duration) -> io::Result<Seen> {
    let mut seen = Seen::default();
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    while load.now() < length {
        ticks.tick().await;
        seen.samples.push(Sample { at: load.now(), resident: gateway.process.resident()? });
        seen.files.extend(gateway.process.open_files()?);
    }
    Ok(seen)
}

/// A row for each of ten parts of the soak.
fn minutes(report: &mut Report, seen: &Seen, tally: &Tally, length: Duration) {
    let part = length / 10;
    let row = |number: u32| {
        let (from, until) = (part * number, part * (number + 1));
        let within = |at: Duration| (from..until).contains(&at);
        let resident = seen.samples.iter().filter(|sample| within(sample.at));
        let most = resident.map(|sample| sample.resident).max().unwrap_or_default();
        let took = between(&tally.served, from, until);
        [
            format!("{} to {}", seconds(from), seconds(until)),
            took.len().to_string(),
            format!("{:.1} MB/s", megabytes_a_second(took.len(), part)),
            ms(percentile(&took, 50)),
            ms(percentile(&took, 95)),
            mib(most),
        ]
    };
    let rows: Vec<_> = (0..10).map(row).collect();
    let columns = ["time", "requests", "throughput", "p50", "p95", "most resident"];
    report.table("Over time", columns, &rows);
}

fn memory(report: &mut Report, seen: &Seen, peak: u64, after: u64) {
    let half = &seen.samples[seen.samples.len() / 2..];
    let time = half.last().map_or(Duration::ZERO, |last| last.at - half[0].at);
    let growth = slope(half) * time.as_secs_f64();
    report.check("resident at full load, at most", "128 MiB", mib(peak), peak <= MOST_AT_LOAD);
    report.check("resident after the load", "256 MiB", mib(after), after <= MOST_AFTER);
    let grows = format!("{:+.2} MiB in {}", growth / f64::from(1 << 20), seconds(time));
    let bound = format!("under {}", mib(MOST_GROWTH as u64));
    report.check_speed(
        "growth in the second half of the steady load",
        &bound,
        grows,
        growth < MOST_GROWTH,
    );
}

/// Bytes a second, by least squares.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let x = |sample: &Sample| sample.at.as_secs_f64();
    let y = |sample: &Sample| sample.resident as f64;
    let mean_x = samples.iter().map(x).sum::<f64>() / count;
    let mean_y = samples.iter().map(y).sum::<f64>() / count;
    let over = samples.iter().map(|s| (x(s) - mean_x) * (y(s) - mean_y)).sum::<f64>();
    let under = samples.iter().map(|s| (x(s) - mean_x).powi(2)).sum::<f64>();
    over / under
}

fn throughput(report: &mut Report, tally: &Tally, length: Duration, cpu: Duration) {
    let part = PART.min(length / 4);
    let count = |from, until| between(&tally.served, from, until).len();
    // Its first second is spent with connecting.
    let start = Duration::from_secs(1);
    let first = megabytes_a_second(count(start, start + part), part);
    let last = megabytes_a_second(count(length - part, length), part);
    let change = (last / first - 1.0) * 100.0;
    let measured = format!("{first:.1} to {last:.1} MB/s, {change:+.1} %");
    let what = format!("throughput, first to last {}", seconds(part));
    report.check_speed(&what, "within 10 %", measured, change.abs() <= 10.0);
    let megabytes = (tally.served.len() * OBJECT_BYTES) as f64 / 1e6;
    report.note(&format!(
        "{} requests of {} on {} connections. The gateway used {} of processor time: {:.2} ms a megabyte.",
        tally.served.len(),
        mib(OBJECT_BYTES as u64),
        tally.connections,
        seconds(cpu),
        cpu.as_secs_f64() * 1e3 / megabytes,
    ));
}

fn megabytes_a_second(requests: usize, time: Duration) -> f64 {
    (requests * OBJECT_BYTES) as f64 / 1e6 / time.as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_line_through_the_samples() {
        let sample = |at, resident| Sample { at: Duration::from_secs(at), resident };
        assert_eq!(slope(&[sample(0, 100), sample(1, 103), sample(2, 106)]), 3.0);
        assert_eq!(slope(&[sample(5, 9), sample(6, 9), sample(7, 9)]), 0.0);
        assert!(slope(&[sample(0, 9), sample(1, 8), sample(2, 8)]) < 0.0);
    }
}
