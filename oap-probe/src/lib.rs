//! What `oap` and the drills do to a host: bytes good and bad, peers that misbehave, connections from chosen addresses.

#![forbid(unsafe_code)]

mod dial;
pub mod hostile;
mod play;
pub mod wire;

pub use dial::dial;
pub use play::{ending, Ending};
