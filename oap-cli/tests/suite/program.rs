//! The program as a child.

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::thread;

pub const BINARY: &str = env!("CARGO_BIN_EXE_oap");

/// What a run of the program gave.
pub struct Ran {
    pub status: i32,
    pub out: Vec<u8>,
    pub err: String,
}

impl Ran {
    /// Standard output as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.out).expect("text")
    }

    /// Its lines as JSON.
    pub fn json_lines(&self) -> Vec<serde_json::Value> {
        self.text().lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }
}

pub fn oap(args: &[&str]) -> Ran {
    oap_with(args, b"")
}

/// Runs it with that standard input.
pub fn oap_with(args: &[&str], input: &[u8]) -> Ran {
    let mut child = Command::new(BINARY)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    // It may end without reading all.
    let feeding = thread::spawn(move || drop(stdin.write_all(&input)));
    let ran = ran(child.wait_with_output().unwrap());
    feeding.join().unwrap();
    ran
}

pub fn ran(output: Output) -> Ran {
    let Output { status, stdout, stderr } = output;
    let err = String::from_utf8(stderr).expect("text");
    Ran { status: status.code().expect("no signal"), out: stdout, err }
}
