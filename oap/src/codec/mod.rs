//! Decoding and encoding: one frame, a buffer of them, a stream of chunks.

pub(crate) mod bytes_frame;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod partial_frame;
pub(crate) mod table;
