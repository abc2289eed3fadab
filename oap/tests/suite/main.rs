//! What the crate promises as a whole, one file a subject. Where bytes or steps are made up by chance, `model` says
//! what the spec asks of them.

mod connection_memory;
mod connection_pair;
mod debug;
mod decoder;
mod errors;
mod limits;
mod memory;
mod no_allocation;
mod properties;
mod receipts;
mod session;
mod spec;
mod strategies;
mod streams;
mod table;

#[cfg(feature = "tokio-codec")]
mod codec;

use oap_plain::{frames, game, model, sides, ways};
