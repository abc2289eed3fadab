//! Programs that run beside a test: the tool itself, the gateway, the host programs.

use crate::program::BINARY;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{channel, Receiver};
use std::thread;
use std::time::Duration;

/// Longer than anything takes; a test that waits for it has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Leaves no process behind.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    /// What it was told to listen on, or chose.
    pub address: String,
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (to_test, lines) = channel();
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).all(|line| to_test.send(line).is_ok())
        });
        Running { child, lines, address: String::new() }
    }

    /// `oap` with these arguments, once it says where it listens.
    pub fn oap(args: &[&str]) -> Self {
        let mut running = Running::start(Command::new(BINARY).args(args).stderr(Stdio::null()));
        let line = running.line();
        running.address = line.strip_prefix("listening ").expect(&line).to_owned();
        running
    }

    /// A host program of that language.
    pub fn host(name: &str, options: &[&str]) -> Self {
        let program = root().join("tests/conformance/hosts").join(name);
        let mut command = Command::new(program);
        let mut running = Running::start(command.arg("serve").args(options).stderr(Stdio::null()));
        let line = running.line();
        let port = line.strip_prefix("listening ").expect("is it built?");
        running.address = format!("127.0.0.1:{port}");
        running
    }

    pub fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line")
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn end(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// svc-gateway, with its HTTP endpoints.
pub struct Gateway {
    running: Running,
    pub address: String,
    pub endpoints: String,
}

impl Gateway {
    pub fn start(options: &[&str]) -> Self {
        let program = root().join("target/release/svc-gateway");
        let base = ["--listen", "127.0.0.1:0", "--metrics-addr", "127.0.0.1:0"];
        let mut command = Command::new(program);
        command.args(base).args(["--quarantine-offences", "0"]).args(options);
        let running = Running::start(&mut command);
        let mut gateway = Gateway { running, address: String::new(), endpoints: String::new() };
        gateway.address = gateway.told("listening");
        gateway.endpoints = format!("http://{}", gateway.told("serving_metrics"));
        gateway
    }

    /// The address in the next event of that name.
    fn told(&self, event: &str) -> String {
        self.event(event)["addr"].as_str().unwrap().to_owned()
    }

    /// The next event of that name.
    pub fn event(&self, name: &str) -> serde_json::Value {
        loop {
            let line: serde_json::Value = serde_json::from_str(&self.running.line()).unwrap();
            if line["event"] == name {
                return line;
            }
        }
    }
}
