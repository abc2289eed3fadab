//! The Rust testee: one JSON request a line on stdin, one JSON answer a line on stdout.

mod connection;
mod envelope;
mod monitor;
mod ops;

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = match serde_json::from_str(&line?) {
            Ok(request) => ops::answer(request).unwrap_or_else(ops::usage),
            Err(error) => ops::usage(error.to_string()),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}
