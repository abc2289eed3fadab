//! `oap`: one program that explains, encodes, sends, checks, loads, records and watches OAP/1.

mod address;
mod answer;
mod check;
mod colour;
mod completions;
mod decode;
mod encode;
mod explain;
mod input;
mod load;
mod local_socket;
mod man;
mod progress;
mod receive;
mod record;
mod send;
mod stop;
mod summary;
mod top;
mod transport;
mod version;

use answer::{Answer, STATUSES};
use clap::{CommandFactory, Parser, Subcommand};
use std::future::Future;
use std::process::ExitCode;
use tokio::runtime::Builder;

/// One program for OAP/1: explains bytes, moves files, checks hosts, loads them, records and watches them.
#[derive(Parser)]
#[command(name = "oap", version, after_help = STATUSES)]
struct Oap {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Explain(explain::Explain),
    Encode(encode::Encode),
    Decode(decode::Decode),
    Send(send::Send),
    Receive(receive::Receive),
    Check(check::Check),
    Load(load::Load),
    Record(record::Record),
    Top(top::Top),
    Version(version::Version),
    Completions(completions::Completions),
    Man(man::Man),
}

fn main() -> ExitCode {
    match run(Oap::parse().command) {
        Ok(answer) => answer.into(),
        Err(error) => answer::failed(&error),
    }
}

/// Runs what waits for peers.
fn wait(command: impl Future<Output = anyhow::Result<Answer>>) -> anyhow::Result<Answer> {
    run_on(&mut Builder::new_multi_thread(), command)
}

/// Runs what waits for one peer: to wake another thread costs more than the work does.
fn wait_for_one(command: impl Future<Output = anyhow::Result<Answer>>) -> anyhow::Result<Answer> {
    run_on(&mut Builder::new_current_thread(), command)
}

fn run_on(
    threads: &mut Builder,
    command: impl Future<Output = anyhow::Result<Answer>>,
) -> anyhow::Result<Answer> {
    let runtime = threads.enable_all().build()?;
    let answer = runtime.block_on(command);
    // A read of standard input may never return.
    runtime.shutdown_background();
    answer
}

fn run(command: Command) -> anyhow::Result<Answer> {
    match command {
        Command::Explain(explain) => explain.run(),
        Command::Encode(encode) => encode.run(),
        Command::Decode(decode) => decode.run(),
        Command::Send(send) => wait_for_one(send.run()),
        Command::Receive(receive) => wait(receive.run()),
        Command::Check(check) => wait(check.run()),
        Command::Load(load) => wait(load.run()),
        Command::Record(record) => wait(record.run()),
        Command::Top(top) => wait(top.run()),
        Command::Version(version) => version.run(),
        Command::Completions(completions) => completions.run(&mut Oap::command()),
        Command::Man(man) => man.run(Oap::command()),
    }
}
