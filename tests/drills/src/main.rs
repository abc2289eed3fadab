//! Drills: each starts a gateway of its own, attacks or loads it, judges what it did, and reports. Exit status 0 only
//! where every bound was met.

#![forbid(unsafe_code)]

mod ack_chaos;
mod attacks;
mod client;
mod connections;
mod gateway;
mod honest_large;
mod hostile;
mod hostile_frames;
mod latency;
mod load;
mod process;
mod profile;
mod report;
mod soak;
mod starve;
mod virtual_sessions;
mod watch;

use clap::{Args, Parser, Subcommand};
use report::Report;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{signal, SignalKind};

#[derive(Parser)]
#[command(version, about = "Attacks, chaos and soak against svc-gateway")]
struct Command {
    #[command(subcommand)]
    drill: Drill,

    #[command(flatten)]
    options: Options,
}

#[derive(Args)]
#[command(next_help_heading = "Options of all drills")]
struct Options {
    /// The gateway's program; the one beside this program if not given
    #[arg(long, value_name = "PATH", global = true)]
    gateway: Option<PathBuf>,

    /// Where to write the report as Markdown
    #[arg(long, value_name = "PATH", global = true)]
    report: Option<PathBuf>,

    /// The short form: the same steps in seconds
    #[arg(long, global = true)]
    short: bool,
}

impl Options {
    fn gateway(&self) -> io::Result<PathBuf> {
        match &self.gateway {
            Some(path) => Ok(path.clone()),
            None => Ok(std::env::current_exe()?.with_file_name("svc-gateway")),
        }
    }
}

#[derive(Subcommand)]
enum Drill {
    /// Hostile frames of every reason under honest load; /readyz browns out and recovers
    Hostile,
    /// Acknowledgements late, withheld, doubled, out of order, ahead; credit starved
    AckChaos,
    /// Honest load under --amnesia=on: memory, files, throughput over time
    AmnesiaSoak {
        /// How long
        #[arg(long, value_name = "N", default_value_t = 30.0)]
        minutes: f64,
    },
    /// Honest peers with large frames, many at a time, fast and slow
    HonestLarge,
    /// What the protocol leaves to the host: partial and stalled frames, churn, quarantine, other protocols
    Attacks,
    /// Ten thousand connections, all of them at work, with honest load beside them
    Connections {
        /// How many
        #[arg(long, value_name = "N", default_value_t = 10_000)]
        count: u32,

        /// Measure the library's share of processor time with perf
        #[arg(long)]
        profile: bool,
    },
}

fn main() -> ExitCode {
    let Command { drill, options } = Command::parse();
    match drilled(&drill, &options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("oap-drills: {error}");
            ExitCode::FAILURE
        }
    }
}

fn drilled(drill: &Drill, options: &Options) -> io::Result<bool> {
    process::raise_descriptor_limit()?;
    let report = tokio::runtime::Runtime::new()?.block_on(async {
        tokio::select! {
            report = run(drill, options) => report,
            stopped = stopped() => stopped,
        }
    })?;
    report.finish(options.report.as_deref())
}

/// A drill that is told to stop takes its gateway along.
async fn stopped() -> io::Result<Report> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Err(io::ErrorKind::Interrupted.into())
}

async fn run(drill: &Drill, options: &Options) -> io::Result<Report> {
    let (gateway, short) = (options.gateway()?, options.short);
    match drill {
        Drill::Hostile => hostile_frames::drill(&gateway, short).await,
        Drill::Attacks => attacks::drill(&gateway, short).await,
        Drill::HonestLarge => honest_large::drill(&gateway, short).await,
        Drill::AckChaos => ack_chaos::drill(&gateway, short).await,
        Drill::AmnesiaSoak { minutes } => {
            soak::drill(&gateway, Duration::from_secs_f64(minutes * 60.0), short).await
        }
        &Drill::Connections { count, profile: profiled } => {
            connections::drill(&gateway, &connections::Options { count, short, profiled }).await
        }
    }
}
