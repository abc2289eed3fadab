//! What all connections are served with: the limits, the numbers, the memory and the threads that they share.

use crate::config::Config;
use crate::hash_pool::HashPool;
use crate::metrics::Metrics;
use crate::quarantine::Quarantine;
use crate::room::Room;
use crate::stream_log::StreamLog;
use crate::telemetry::Telemetry;
use crate::threads::Threads;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use tokio_util::sync::CancellationToken;

pub struct Service {
    config: RwLock<Arc<Config>>,
    pub telemetry: Telemetry,
    pub metrics: Metrics,
    pub quarantine: Quarantine,
    pub room: Arc<Room>,
    pub hash_pool: Arc<HashPool>,
    pub stream_log: StreamLog,
    pub draining: CancellationToken,
}

impl Service {
    /// # Errors
    /// Where two metrics have one name: no configuration makes it so.
    pub fn new(config: Config, threads: Threads) -> io::Result<Self> {
        Ok(Service {
            telemetry: Telemetry::new(&config),
            metrics: Metrics::new(config.strict_headers).map_err(io::Error::other)?,
            quarantine: Quarantine::new(&config),
            room: Room::new(config.memory_bytes.0),
            hash_pool: HashPool::new(threads.hashing),
            stream_log: StreamLog::default(),
            draining: CancellationToken::new(),
            config: RwLock::new(Arc::new(config)),
        })
    }

    /// As it is now: SIGHUP changes it.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on.
    pub fn set_config(&self, config: Config) {
        self.quarantine.set_rules(&config);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
    }
}
