//! A second reading of the spec, plain and slow, by which the core's tests and the fuzz targets judge the core: frames
//! and their bytes by hand, what sections 2 to 4 ask of a stream and of a session, and every way into a decoder.

pub mod frames;
pub mod game;
pub mod model;
pub mod sides;
pub mod ways;
