//! What `oap explain` knows, as WebAssembly for a page: bytes go in, JSON comes out. No file, no network, no clock.

mod answers;
mod exports;
mod gathered;
mod input;
mod samples;

pub use answers::{curve, overview, step, steps};
pub use gathered::Gathered;
pub use input::{inspected, Given, Options};
pub use samples::{sample, Sample};
