//! The native half of the Node package: the core behind Node-API. JavaScript owns all memory; one call decodes a whole
//! chunk into a table, or encodes a batch of frames from one. What users see is in `sdk-node/ts`.

// Under test, napi exports nothing.
#![cfg_attr(test, allow(dead_code))]

mod config;
mod constants;
mod decoder;
mod encode;
mod fill;
mod lane;
mod memory;
mod monitor;
mod reject;
mod session;
