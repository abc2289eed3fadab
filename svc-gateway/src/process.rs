//! What the process may use and may leave behind.

use crate::config::Config;
use crate::{http, report};
use rustix::process::{
    getrlimit, set_dumpable_behavior, setrlimit, DumpableBehavior, Resource, Rlimit,
};
use std::io;

/// Descriptors beside those of connections: clients of the endpoints, and the process's own.
const OTHERS: u64 = http::MAX_CLIENTS as u64 + 64;

/// As many descriptors as the system lets it have; and with amnesia no core dump.
///
/// # Errors
/// Where the system refuses what amnesia needs.
pub fn prepare(config: &Config) -> io::Result<()> {
    let most = getrlimit(Resource::Nofile).maximum;
    // Where it can't be raised, what it is has to do.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most });
    if config.amnesia.0 {
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    Ok(())
}

/// How many connections there may be: as many as are configured, or as the descriptors are enough for.
pub fn max_connections(config: &Config) -> u64 {
    let have = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    connections(config.max_connections.0, have)
}

/// Descriptors are kept back, so that the endpoints answer when all connections are taken.
fn connections(wanted: u64, have: u64) -> u64 {
    if have < wanted + OTHERS {
        report::few_descriptors(have, wanted + OTHERS);
    }
    wanted.min(have.saturating_sub(OTHERS).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_endpoints() {
        assert_eq!(connections(12_000, 1_024), 1_024 - OTHERS);
        assert_eq!(connections(500, 1_024), 500);
        assert_eq!((connections(12_000, u64::MAX), connections(12_000, 10)), (12_000, 1));
    }
}
