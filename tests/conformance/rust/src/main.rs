//! The Rust testee: one JSON request a line on stdin, one JSON answer a line on stdout.

mod connection;
mod envelope;
mod fields;
mod monitor;
mod ops;
mod settings;

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    // Bytes: a line that is no UTF-8 has an answer too.
    for line in io::stdin().lock().split(b'\n') {
        let answer = match serde_json::from_slice(&line?) {
            Ok(request) => ops::answer(request).unwrap_or_else(ops::usage),
            Err(error) => ops::usage(error.to_string()),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}
