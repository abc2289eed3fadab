//! The host program of the conformance suite: `serve [options]`, `send PORT STREAM BYTES [options]`.

mod arguments;
mod send;
mod serve;

use arguments::Arguments;
use oap_tokio::BoxError;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

async fn run() -> Result<ExitCode, BoxError> {
    let arguments = Arguments::of(std::env::args().skip(1))?;
    match arguments.command()[..] {
        ["serve"] => serve::run(&arguments).await,
        ["send", port, stream, bytes] => {
            send::run(&arguments, port.parse()?, stream, bytes.parse()?).await
        }
        _ => Err("usage: serve [options] | send PORT STREAM BYTES [options]".into()),
    }
}
