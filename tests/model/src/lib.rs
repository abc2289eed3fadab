//! Two real sessions and the bytes on their way, as a state that a model checker can walk: what may happen next, what
//! follows from it, and what must hold. The sessions are the implementation; nothing of section 4 is written here again
//! but what the checks say.
//!
//! [`Line`] does the same for two connections over a transport.

mod alphabet;
mod channel;
mod connections;
mod pipe;
mod scenario;
mod world;

pub use alphabet::Letter;
pub use channel::Channel;
pub use connections::{Event, Line, Mistake, Step, Talk};
pub use pipe::Pipe;
pub use scenario::{Cuts, Fault, Scenario};
pub use world::{Action, World};
