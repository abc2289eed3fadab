//! The reference host of OAP/1: it takes streams over TCP, verifies the objects on them, and answers with a receipt.

#![forbid(unsafe_code)]

mod connection;
mod host;
mod http;
mod objects;
mod report;
mod telemetry;

use clap::{Parser, Subcommand};
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The reference host of OAP/1.
///
/// Says `listening on ADDR:PORT` first, and `metrics on ADDR:PORT` next where it serves them; then a line for each
/// stream and each reject. Runs until SIGINT or SIGTERM, and then until no connection is open.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Args {
    #[command(flatten)]
    options: host::Options,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Prints the BLAKE3 address of a file
    Address { file: PathBuf },
}

/// What a connection may still be doing when the runtime is told to stop: one read's work.
const LAST_WORK: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let done = match Args::parse() {
        Args { command: Some(Command::Address { file }), .. } => report::address(&file),
        Args { options, .. } => serve(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("svc-gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: &host::Options) -> io::Result<()> {
    let runtime = Runtime::new()?;
    let served = runtime.block_on(host::run(options));
    runtime.shutdown_timeout(LAST_WORK);
    served
}
