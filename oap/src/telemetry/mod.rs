//! The golden metrics and the readiness of a process.

pub(crate) mod exposition;
pub(crate) mod histogram;
pub(crate) mod monitor;
pub(crate) mod names;
pub(crate) mod readiness;
pub(crate) mod snapshot;
pub(crate) mod totals;
