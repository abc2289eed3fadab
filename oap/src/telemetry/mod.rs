//! The golden metrics and the readiness of a process.

#[cfg(not(feature = "std"))]
#[path = "absent.rs"]
pub(crate) mod monitor;
#[cfg_attr(not(feature = "std"), allow(dead_code))]
pub(crate) mod totals;

#[cfg(feature = "std")]
pub(crate) mod exposition;
#[cfg(feature = "std")]
pub(crate) mod histogram;
#[cfg(feature = "std")]
pub(crate) mod monitor;
#[cfg(feature = "std")]
pub(crate) mod names;
#[cfg(feature = "std")]
pub(crate) mod readiness;
#[cfg(feature = "std")]
pub(crate) mod snapshot;
