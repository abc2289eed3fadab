//! What the process may use and may leave behind.

use crate::config::Config;
use crate::report;
use rustix::process::{
    getrlimit, set_dumpable_behavior, setrlimit, DumpableBehavior, Resource, Rlimit,
};
use std::io;

/// Descriptors beside those of connections.
const OTHERS: u64 = 64;

/// As many descriptors as the system lets it have; and with amnesia no core dump.
///
/// # Errors
/// Where the system refuses what amnesia needs.
pub fn prepare(config: &Config) -> io::Result<()> {
    let most = getrlimit(Resource::Nofile).maximum;
    let wanted = config.max_connections.0 + OTHERS;
    // Where it can't be raised, what it is has to do; accept then waits for a descriptor.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most });
    if most.is_some_and(|most| most < wanted) {
        report::few_descriptors(most.unwrap_or(0), wanted);
    }
    if config.amnesia.0 {
        setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
        set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    }
    Ok(())
}
