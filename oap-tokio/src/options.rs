//! The choices of a host for a connection.

use oap::{Config, ConnectionOptions, Monitor, STREAM_CHUNK_BYTES};
use std::sync::Arc;

/// The choices of a host for its connections. The default is right for most.
///
/// ```
/// use oap_tokio::{oap::ConnectionOptions, Options};
///
/// let limits = ConnectionOptions::default().with_idle_timeout_ns(60_000_000_000)?;
/// let options = Options::default().with_limits(limits).with_chunk(16_384);
/// assert_eq!(options.limits().idle_timeout_ns(), 60_000_000_000);
/// # Ok::<(), oap::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Options {
    config: Config,
    limits: ConnectionOptions,
    chunk: usize,
    monitor: Option<Arc<Monitor>>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            config: ConnectionOptions::default_config(),
            limits: ConnectionOptions::default(),
            chunk: STREAM_CHUNK_BYTES,
            monitor: None,
        }
    }
}

impl Options {
    /// Sets what the session is made with: its window, its largest frame, its policies.
    pub fn with_config(self, config: Config) -> Self {
        Options { config, ..self }
    }

    /// Sets the timeouts and the sizes of the buffers.
    pub fn with_limits(self, limits: ConnectionOptions) -> Self {
        Options { limits, ..self }
    }

    /// Sets the largest body in bytes that a whole stream is cut into, 65,536 by default; 0 counts as 1.
    pub fn with_chunk(self, chunk: usize) -> Self {
        Options { chunk: chunk.max(1), ..self }
    }

    /// Sets the monitor in which the connections are counted, and told how long decoding and encoding take.
    pub fn with_monitor(self, monitor: &Arc<Monitor>) -> Self {
        Options { monitor: Some(Arc::clone(monitor)), ..self }
    }

    /// The configuration of the session.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The timeouts and the sizes of the buffers.
    pub const fn limits(&self) -> &ConnectionOptions {
        &self.limits
    }

    /// The largest body in bytes that a whole stream is cut into.
    pub const fn chunk(&self) -> usize {
        self.chunk
    }

    pub(crate) const fn monitor(&self) -> Option<&Arc<Monitor>> {
        self.monitor.as_ref()
    }

    pub(crate) fn engine(&self) -> oap::Connection {
        match &self.monitor {
            Some(monitor) => oap::Connection::with_monitor(self.config, self.limits, 0, monitor),
            None => oap::Connection::new(self.config, self.limits, 0),
        }
    }
}
