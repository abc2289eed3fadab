//! What `oap` and the drills do to a host: bytes good and bad, peers that misbehave, connections from chosen addresses,
//! and questions about how it is.

#![forbid(unsafe_code)]

mod dial;
pub mod hostile;
pub mod pages;
mod play;
pub mod wire;

pub use dial::dial;
pub use play::{ending, Ending};
