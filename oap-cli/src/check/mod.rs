//! `oap check`: the conformance suite against a live host.

mod case;
mod cases;
mod peer;
mod play;
mod report;

use crate::address::Address;
use crate::answer::Answer;
use crate::transport::{self, Identity, Listener, Trust};
use anyhow::{ensure, Context};
use case::{Case, Level};
use clap::{Args, Subcommand, ValueEnum};
use play::{Caller, Outcome, Times, Verdict};
use report::Report;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Checks a host: every rule of sections 1 to 4 of the spec that can be seen from outside.
#[derive(Args)]
#[command(after_help = "Examples:
  oap check connect localhost:9900
  oap check connect tls://example.org:9901 --only 4.11 --html report.html
  oap check listen 127.0.0.1:0 --run 'my-client 127.0.0.1:{port}'

The host has to take streams of any name, and to acknowledge what it takes. A host that puts peers into quarantine
has to leave this one out: svc-gateway --quarantine-offences 0.")]
pub struct Check {
    #[command(subcommand)]
    role: Role,
}

#[derive(Subcommand)]
enum Role {
    /// Checks a host that listens
    Connect(Connect),
    /// Checks a host that connects, once for each case
    Listen(Listen),
}

#[derive(Args)]
struct Connect {
    /// HOST:PORT, tls://HOST:PORT or unix:PATH
    address: Address,
    #[command(flatten)]
    trust: Trust,
    #[command(flatten)]
    suite: Suite,
}

#[derive(Args)]
struct Listen {
    /// Where to listen: HOST:PORT, tls://HOST:PORT or unix:PATH; port 0 is any free one
    address: Address,
    /// A shell command (on Windows a command line) that starts the host for each case; {port} and {address} are replaced
    #[arg(long, value_name = "COMMAND")]
    run: Option<String>,
    #[command(flatten)]
    identity: Identity,
    #[command(flatten)]
    suite: Suite,
}

#[derive(Args)]
struct Suite {
    /// Only the rules of that number or section; may be given again
    #[arg(long, value_name = "RULE")]
    only: Vec<String>,
    /// The highest level that counts
    #[arg(long, value_enum, default_value = "should")]
    level: Weight,
    /// Write the report as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the report as an HTML page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// What the page links its rules to
    #[arg(long, default_value = "OAP-1.md", value_name = "URL")]
    spec: String,
    /// Seconds to wait for what has to come
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    patience: f64,
    /// Seconds to wait for what must not come
    #[arg(long, default_value_t = 0.3, value_parser = seconds)]
    silence: f64,
    /// Cases that are played at the same time
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    parallel: u16,
}

#[derive(Clone, Copy, ValueEnum)]
enum Weight {
    Must,
    Should,
}

/// Up to an hour.
fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    match (0.0..=3_600.0).contains(&seconds) {
        true => Ok(seconds),
        false => Err("not in 0..=3600".to_owned()),
    }
}

impl Check {
    pub async fn run(self) -> anyhow::Result<Answer> {
        match self.role {
            Role::Connect(connect) => connect.run().await,
            Role::Listen(listen) => listen.run().await,
        }
    }
}

impl Connect {
    async fn run(self) -> anyhow::Result<Answer> {
        let cases = self.suite.cases()?;
        // Whether anybody is there at all.
        drop(transport::connect(&self.address, &self.trust).await?);
        let (slots, times) = (self.suite.slots(), self.suite.times());
        let mut playing = Vec::new();
        for case in cases.clone() {
            let slot = Arc::clone(&slots).acquire_owned().await?;
            let (address, trust) = (self.address.clone(), self.trust.clone());
            playing.push(tokio::spawn(async move {
                let stream = transport::connect(&address, &trust).await?;
                let outcome = play::play(&case, stream, Caller::Us, times).await;
                drop(slot);
                Ok(outcome)
            }));
        }
        self.suite.report(self.address.to_string(), &cases, playing).await
    }
}

impl Listen {
    async fn run(self) -> anyhow::Result<Answer> {
        let cases = self.suite.cases()?;
        let listener = Listener::bind(&self.address, &self.identity).await?;
        let address = listener.address()?;
        eprintln!("listening {address}");
        let (slots, times) = (self.suite.slots(), self.suite.times());
        let mut playing = Vec::new();
        for case in cases.clone() {
            let slot = Arc::clone(&slots).acquire_owned().await?;
            let child = self.run.as_ref().map(|command| started(command, &address)).transpose()?;
            let accepted = match timeout(times.patience, listener.accept()).await {
                Err(_) if child.is_some() => {
                    return Err(anyhow::anyhow!("the command did not connect to {address}"));
                }
                Err(_) => listener.accept().await?,
                Ok(accepted) => accepted?,
            };
            playing.push(tokio::spawn(async move {
                let outcome = play::play(&case, accepted.ready().await?, Caller::Host, times).await;
                drop((child, slot));
                Ok(outcome)
            }));
        }
        let name = self.run.clone().unwrap_or(address);
        self.suite.report(name, &cases, playing).await
    }
}

/// Starts the host; it ends with its case.
fn started(command: &str, address: &str) -> anyhow::Result<tokio::process::Child> {
    let port = address.rsplit(':').next().unwrap_or_default();
    let command = command.replace("{port}", port).replace("{address}", address);
    let mut started = command_of(&command);
    started.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    started.spawn().with_context(|| format!("can't start {command}"))
}

#[cfg(unix)]
fn command_of(line: &str) -> Command {
    let mut shell = Command::new("sh");
    // The shell gives its place to the command, so that ending the one ends the other.
    shell.args(["-c", &format!("exec {line}")]);
    shell
}

/// Without a shell: ending that one would not end what it has started.
#[cfg(windows)]
fn command_of(line: &str) -> Command {
    let (program, arguments) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"'),
        None => line.split_once(' '),
    }
    .unwrap_or((line, ""));
    let mut command = Command::new(program);
    command.raw_arg(arguments);
    command
}

impl Suite {
    /// The cases that are wanted.
    fn cases(&self) -> anyhow::Result<Vec<Case>> {
        let wanted = |case: &Case| {
            let is = |only: &String| only == case.rule || only == case.section();
            self.only.is_empty() || self.only.iter().any(is)
        };
        let cases: Vec<_> = cases::all().into_iter().filter(wanted).collect();
        ensure!(!cases.is_empty(), "no case is for {}", self.only.join(", "));
        Ok(cases)
    }

    fn slots(&self) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(self.parallel.into()))
    }

    fn times(&self) -> Times {
        let [patience, silence] = [self.patience, self.silence].map(Duration::from_secs_f64);
        Times { patience, silence }
    }

    async fn report(
        &self,
        host: String,
        cases: &[Case],
        playing: Vec<JoinHandle<anyhow::Result<Outcome>>>,
    ) -> anyhow::Result<Answer> {
        let mut outcomes = Vec::new();
        for played in playing {
            outcomes.push(played.await?.unwrap_or_else(|error| not_played(&error)));
        }
        let level = match self.level {
            Weight::Must => Level::Must,
            Weight::Should => Level::Should,
        };
        let report = Report::new(host, cases, outcomes, level);
        report.print();
        if let Some(file) = &self.junit {
            report.write_junit(file)?;
        }
        if let Some(file) = &self.html {
            report.write_html(file, &self.spec)?;
        }
        Ok(if report.broken() == 0 { Answer::Yes } else { Answer::No })
    }
}

/// A host that is gone keeps no rule.
fn not_played(error: &anyhow::Error) -> Outcome {
    let must = Verdict::Broken(format!("no connection: {error:#}"));
    Outcome { must, should: None, got: Vec::new() }
}
