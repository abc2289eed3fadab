//! The handshake and the credit algebra of section 4, both directions.

pub(crate) mod event;
pub(crate) mod flow;
pub(crate) mod rules;
#[allow(clippy::module_inception)] // The layer is named after its one public type.
pub(crate) mod session;
pub(crate) mod states;
