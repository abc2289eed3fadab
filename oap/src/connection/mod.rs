//! A connection without its transport: when to acknowledge, wait, stop and close. One engine for every language.
//!
//! The rules are those of `docs/connection.md`; their numbers (C.1 to C.13) stand where each is kept.

mod close;
mod deadlines;
mod engine;
mod options;
mod outgoing;
mod reason;
mod receive;
mod send;
mod state;
mod untaken;

pub use engine::{Connection, ABORTED};
pub use options::{ConnectionOptions, CONNECTION_OPTIONS, CONNECTION_WINDOW};
pub use outgoing::{Piece, Pieces};
pub use reason::{EndReason, PeerError, SendError, Wait, END_REASONS};
pub use state::ConnectionState;
