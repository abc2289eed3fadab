//! The gateway as a drill's child, with a configuration of the drill's own.

use crate::process::Process;
use rustix::process::{kill_process, Pid, Signal};
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::{sleep, timeout};

/// Longer than the gateway takes to start or to drain.
const PATIENCE: Duration = Duration::from_secs(30);

/// Both addresses are the system's choice, so that drills don't meet.
const ADDRESSES: &str = "listen = \"127.0.0.1:0\"\nmetrics_addr = \"127.0.0.1:0\"\n";

/// Killed where it is dropped.
pub struct Gateway {
    child: Child,
    pub address: SocketAddr,
    /// Where its pages are.
    pub pages: String,
    pub process: Process,
    log: Arc<Mutex<Vec<String>>>,
}

impl Gateway {
    /// With those keys of its configuration, in TOML.
    ///
    /// # Errors
    /// Where it does not start; what it said is on stderr.
    pub async fn start(program: &Path, keys: &str) -> io::Result<Self> {
        let config = File::with(&format!("{ADDRESSES}{keys}"))?;
        let mut command = Command::new(program);
        command.arg("--config").arg(&config.0).kill_on_drop(true);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let gone = io::ErrorKind::BrokenPipe;
        tokio::spawn(pass_on(child.stderr.take().ok_or(gone)?));
        let mut lines = BufReader::new(child.stdout.take().ok_or(gone)?).lines();
        let address = told(&mut lines, "listening").await?;
        let pages = format!("http://{}", told(&mut lines, "serving_metrics").await?);
        let log = Arc::default();
        tokio::spawn(listen(lines, Arc::clone(&log)));
        let process = Process::new(child.id().ok_or(gone)?);
        Ok(Gateway { child, address, pages, process, log })
    }

    /// Its process identifier.
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// The lines that it has logged since it serves, but those of streams.
    pub fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first line with those words behind the first `skip`; empty where it does not come.
    pub async fn said(&self, skip: usize, words: &str) -> String {
        for _ in 0..100 {
            if let Some(line) = self.log().iter().skip(skip).find(|line| line.contains(words)) {
                return line.clone();
            }
            sleep(Duration::from_millis(20)).await;
        }
        String::new()
    }

    /// Asks it to drain and waits for its end.
    pub async fn stop(mut self) -> io::Result<ExitStatus> {
        let pid = Pid::from_raw(self.pid() as i32).ok_or(io::ErrorKind::NotFound)?;
        kill_process(pid, Signal::TERM)?;
        timeout(PATIENCE, self.child.wait()).await?
    }
}

/// A file that goes when it is dropped: the gateway reads its configuration once.
struct File(PathBuf);

impl File {
    fn with(text: &str) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let (own, number) = (std::process::id(), NUMBER.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(format!("oap-drill-{own}-{number}.toml"));
        std::fs::write(&path, text)?;
        Ok(File(path))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The address in the line of that event.
async fn told(lines: &mut Lines<BufReader<ChildStdout>>, event: &str) -> io::Result<SocketAddr> {
    while let Some(line) = timeout(PATIENCE, lines.next_line()).await?? {
        let line: Value = serde_json::from_str(&line)?;
        if line["event"] == event {
            let address = line["addr"].as_str().unwrap_or_default();
            return address.parse().map_err(io::Error::other);
        }
    }
    Err(io::Error::other(format!("the gateway ended before it logged the event {event}")))
}

/// Always, so that the gateway never waits for its log to be read.
async fn listen(mut lines: Lines<BufReader<ChildStdout>>, log: Arc<Mutex<Vec<String>>>) {
    while let Ok(Some(line)) = lines.next_line().await {
        if !line.contains(r#""event":"stream""#) {
            log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    }
}

/// Its stderr is a pipe, so that no file of the drill's is open in it.
async fn pass_on(stderr: ChildStderr) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        eprintln!("{line}");
    }
}
