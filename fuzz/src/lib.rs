//! What the targets share: the core's own tests (the plain reading of the spec, every way into a decoder, the bench of a
//! session, the pair), and how an input says configurations, cuts, frames and moves.

#[allow(dead_code)]
#[path = "../../oap/tests/suite/frames.rs"]
pub mod frames;
#[path = "../../oap/tests/suite/game.rs"]
pub mod game;
#[path = "../../oap/tests/suite/model.rs"]
pub mod model;
#[path = "../../oap/tests/suite/sides.rs"]
pub mod sides;
#[path = "../../oap/tests/suite/ways.rs"]
pub mod ways;

pub mod foreign;
pub mod input;
pub mod made;
