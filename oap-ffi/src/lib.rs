//! liboap: the C ABI over the core. Its manual is `include/oap.h`, which cbindgen makes from the comments here.

#![allow(non_camel_case_types)]
#![deny(unsafe_op_in_unsafe_fn, missing_docs, clippy::undocumented_unsafe_blocks)]
// The safety rules of every function are those of the header's preamble.
#![allow(clippy::missing_safety_doc)]

pub mod config;
pub mod connection;
pub mod connection_options;
pub mod decoder;
pub mod encode;
pub mod frame;
pub mod handle;
pub mod monitor;
pub mod names;
pub mod pointer;
pub mod reject;
pub mod row;
pub mod session;
pub mod status;
pub mod stream_decoder;
mod table;
#[cfg(target_family = "wasm")]
pub mod wasm;
