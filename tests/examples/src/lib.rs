//! Examples of docs/rust.md: an [`oap::Monitor`] in the registries that hosts in Rust have.

pub mod collector;
pub mod facade;
pub mod guide;
