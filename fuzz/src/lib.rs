//! What the targets share: how an input gives configurations, cuts, frames and moves, and the plain reading of the spec.

pub use oap_plain::{frames, game, model, sides, ways};

pub mod foreign;
pub mod input;
pub mod linked;
pub mod made;
pub mod misplaced;
