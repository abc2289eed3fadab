//! The reference host of OAP/1: it takes streams, verifies the objects on them, and answers with a receipt.

#![forbid(unsafe_code)]

mod accept_errors;
mod admission;
mod certificate_watch;
mod config;
mod config_sources;
mod connection;
mod deadlines;
mod fair_queue;
mod hash_pool;
mod host;
mod http;
mod inbound;
mod intake;
mod lifecycle;
mod listener;
mod log_queue;
mod logging;
mod metrics;
mod objects;
mod peer;
mod preflight;
mod process;
mod protocol_sniff;
mod quarantine;
mod reader;
mod refusal;
mod reload;
mod report;
mod room;
mod service;
mod service_manager;
mod signals;
mod socket;
mod status;
mod stream_log;
mod stream_rate;
mod telemetry;
mod threads;
mod tls;
mod unix_socket;
mod values;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use config::Config;
use config_sources::Sources;
use host::Parts;
use logging::LAST_LINES;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;
use threads::Threads;
use tls::Identity;
use tracing_subscriber::filter::Targets;

/// The reference host of OAP/1.
///
/// Takes each key of the configuration as a flag, else from the environment (SVC_GATEWAY_ and the key in capitals),
/// else from the file. Logs JSON lines to stdout, as RUST_LOG says. Runs until SIGINT or SIGTERM, and then until no
/// stream is open. Exits with 2 where the configuration is bad.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Args {
    /// Says whether the configuration is good, and does nothing else
    #[arg(long)]
    check_config: bool,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Prints the BLAKE3 address of a file
    Address { file: PathBuf },
}

/// How long hashing may go on when the runtime is told to stop: one read's work.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(500);

const BAD_CONFIG: u8 = 2;

fn main() -> ExitCode {
    let (Args { check_config, command }, matches) = args();
    if let Some(Command::Address { file }) = command {
        return exit_code(address(&file));
    }
    match config::sources(&matches).and_then(|sources| Good::load(sources, check_config)) {
        Err(error) => {
            complain(&error);
            ExitCode::from(BAD_CONFIG)
        }
        Ok(_) if check_config => exit_code(writeln!(io::stdout(), "the configuration is good")),
        Ok(good) => exit_code(good.serve()),
    }
}

/// A configuration that the gateway can start with.
struct Good {
    config: Config,
    sources: Sources,
    identity: Option<Identity>,
    threads: Threads,
    levels: Targets,
}

impl Good {
    /// Where nothing else is to follow, all is tried that can be without disturbing a gateway that runs.
    ///
    /// # Errors
    /// What it can't start with.
    fn load(sources: Sources, only_check: bool) -> Result<Self, String> {
        let (config, texts) = Config::load(&sources)?;
        let levels = logging::levels()?;
        let explain = |problem| texts.explain(&problem);
        let identity = Identity::read(&config).map_err(explain)?;
        config.places().map_err(explain)?;
        if only_check {
            preflight::check(&config, identity.as_ref()).map_err(explain)?;
        }
        let threads = Threads::new(&config).map_err(explain)?;
        Ok(Good { config, sources, identity, threads, levels })
    }

    fn serve(self) -> io::Result<()> {
        let Good { config, sources, identity, threads, levels } = self;
        let log = logging::start(levels)?;
        let runtime = threads.runtime()?;
        let parts = Parts { config, sources, identity, threads, log: log.clone() };
        let served = runtime.block_on(host::run(parts));
        runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
        log.flush(LAST_LINES);
        served
    }
}

/// Each argument has its variable; a switch that only the command line makes sense of has none.
fn args() -> (Args, ArgMatches) {
    let matches = config::with_keys(Args::command()).get_matches();
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    (args, matches)
}

fn exit_code(done: io::Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// On stderr; where nobody reads that, the process ends all the same.
fn complain(error: &str) {
    let line = format!("svc-gateway: {error}\n");
    let (done, said) = channel();
    let say = move || {
        let _ = io::stderr().write_all(line.as_bytes());
        let _ = done.send(());
    };
    if thread::Builder::new().spawn(say).is_ok() {
        let _ = said.recv_timeout(LAST_LINES);
    }
}

fn address(file: &std::path::Path) -> io::Result<()> {
    let address = objects::address_of_file(file)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
    writeln!(io::stdout(), "{address}")
}
