//! The command line.

use oap_tokio::oap::{Config, ConnectionOptions};
use oap_tokio::{BoxError, Options, ServerOptions};
use std::collections::HashMap;
use std::time::Duration;

const FLAGS: [&str; 2] = ["echo", "nowait"];
const VALUES: [&str; 12] = [
    "port",
    "slow",
    "chunk",
    "window",
    "max-frame",
    "receive-buffer",
    "send-buffer",
    "handshake",
    "idle",
    "stall",
    "close",
    "max-connections",
];
/// The option of the engine that each option sets, and by how much it is multiplied.
const LIMITS: [(&str, &str, u64); 6] = [
    ("receive-buffer", "receive_buffer", 1),
    ("send-buffer", "send_buffer", 1),
    ("handshake", "handshake_timeout_ns", 1_000_000),
    ("idle", "idle_timeout_ns", 1_000_000),
    ("stall", "stall_timeout_ns", 1_000_000),
    ("close", "close_timeout_ns", 1_000_000),
];

#[derive(Default)]
pub struct Arguments {
    words: Vec<String>,
    flags: Vec<String>,
    values: HashMap<String, u64>,
}

impl Arguments {
    pub fn of(mut given: impl Iterator<Item = String>) -> Result<Self, BoxError> {
        let mut arguments = Arguments::default();
        while let Some(word) = given.next() {
            match word.strip_prefix("--") {
                None => arguments.words.push(word),
                Some(name) if FLAGS.contains(&name) => arguments.flags.push(name.to_owned()),
                Some(name) if VALUES.contains(&name) => {
                    let value = given.next().ok_or_else(|| format!("{word} needs a value"))?;
                    arguments.values.insert(name.to_owned(), value.parse()?);
                }
                Some(_) => return Err(format!("{word} is no option").into()),
            }
        }
        Ok(arguments)
    }

    pub fn command(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }

    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|given| given == flag)
    }

    pub fn value(&self, name: &str) -> Option<u64> {
        self.values.get(name).copied()
    }

    /// What a connection is made with, from the defaults of its side.
    pub fn options(&self, default: &Options) -> Result<Options, BoxError> {
        let mut options = default.clone();
        if let Some(chunk) = self.value("chunk") {
            options = options.with_chunk(usize::try_from(chunk)?);
        }
        let (config, limits) = (self.config(default.config())?, self.limits(default.limits())?);
        Ok(options.with_config(config).with_limits(limits))
    }

    fn config(&self, default: &Config) -> Result<Config, BoxError> {
        let mut config = *default;
        if let Some(window) = self.value("window") {
            config = config.with_ack_window_frames(window)?;
        }
        if let Some(max_frame) = self.value("max-frame") {
            config = config.with_max_frame(max_frame)?;
        }
        Ok(config)
    }

    fn limits(&self, default: &ConnectionOptions) -> Result<ConnectionOptions, BoxError> {
        let mut limits = *default;
        for (name, option, factor) in LIMITS {
            if let Some(value) = self.value(name) {
                let set = limits.with_named(option, value.saturating_mul(factor));
                limits = set.ok_or("no such option")??;
            }
        }
        Ok(limits)
    }

    pub fn server_options(&self) -> Result<ServerOptions, BoxError> {
        let default = ServerOptions::default();
        let connection = self.options(default.connection())?;
        let options = default.with_connection(connection);
        Ok(match self.value("max-connections") {
            Some(most) => options.with_max_connections(usize::try_from(most)?),
            None => options,
        })
    }

    /// How long that many body bytes take at the pace of `--slow`.
    pub fn pause(&self, bytes: usize) -> Option<Duration> {
        let pace = self.value("slow").filter(|&pace| pace > 0)?;
        Some(Duration::from_secs_f64(bytes as f64 / pace as f64))
    }
}
