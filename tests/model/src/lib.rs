//! Two real sessions and the bytes on their way, as a state that a model checker can walk: what may happen next, what
//! follows from it, and what must hold. The sessions are the implementation; nothing of section 4 is written here again
//! but what the checks say.

mod alphabet;
mod channel;
mod scenario;
mod world;

pub use alphabet::Letter;
pub use channel::Channel;
pub use scenario::{Cuts, Fault, Scenario};
pub use world::{Action, World};
