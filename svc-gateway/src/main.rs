//! The reference host of OAP/1: it takes streams over TCP, verifies the objects on them, and answers with a receipt.

#![forbid(unsafe_code)]

mod connection;
mod listener;
mod objects;
mod report;

use clap::{Parser, Subcommand};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The reference host of OAP/1.
///
/// Says `listening on ADDR:PORT` first, then a line for each stream and each reject. Runs until SIGINT or SIGTERM.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Args {
    /// Where to listen; with port 0 the system chooses one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Bytes of the largest object that is held and verified
    #[arg(long, value_name = "N", default_value_t = 64 << 20)]
    max_object_bytes: usize,

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
        args => serve(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("svc-gateway: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &Args) -> io::Result<()> {
    let runtime = Runtime::new()?;
    let served = runtime.block_on(listener::run(args.listen, args.max_object_bytes));
    runtime.shutdown_timeout(LAST_WORK);
    served
}
