//! Starves the gateway's workers: each time one wakes up for a job, `strace` lets it wait.

use crate::gateway::Gateway;
use rustix::process::{kill_process, Pid, Signal};
use std::fs;
use std::io;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::{Child, Command};

/// Until it is ended.
pub struct Starved {
    strace: Child,
}

impl Starved {
    /// The worker, the only one, is the newest of the gateway's threads: all of them begin with the process.
    ///
    /// # Errors
    /// Where there is none, or strace does not start.
    pub fn start(gateway: &Gateway, late: Duration) -> io::Result<Self> {
        let mut strace = Command::new("strace");
        strace.args(["-q", "-o", "/dev/null", "-e", "trace=futex", "-e"]);
        strace.arg(format!("inject=futex:delay_exit={}", late.as_micros()));
        let worker = threads(gateway)?.into_iter().max().ok_or(io::ErrorKind::NotFound)?;
        strace.args(["-p", &worker.to_string()]);
        let strace = strace.stdin(Stdio::null()).kill_on_drop(true).spawn()?;
        Ok(Starved { strace })
    }

    pub async fn end(mut self) -> io::Result<()> {
        if let Some(strace) = self.strace.id().and_then(|id| Pid::from_raw(id as i32)) {
            kill_process(strace, Signal::INT)?;
        }
        self.strace.wait().await.map(drop)
    }
}

fn threads(gateway: &Gateway) -> io::Result<Vec<i32>> {
    let mut threads = Vec::new();
    for task in fs::read_dir(format!("/proc/{}/task", gateway.pid()))? {
        threads.extend(task?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    Ok(threads)
}
