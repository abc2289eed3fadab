//! Why a connection ended (C.13): the same words in every language.

use crate::reject::{Fault, Reject};
use alloc::{borrow::ToOwned, boxed::Box, format, string::String};
use core::fmt;

/// Why a connection ended. The first reason is kept; every later call tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EndReason {
    /// Everything that was sent is acknowledged, and the peer's input ended between streams.
    Clean,
    /// The peer's input ended inside its stream (C.8).
    Incomplete,
    /// The peer closed before it took all that was sent (C.11).
    Unacknowledged,
    /// The peer broke a rule (C.10).
    Rejected(Reject),
    /// The peer sent an ERROR (C.9).
    PeerError(PeerError),
    /// The peer sent no HELLO in time (C.1).
    HandshakeTimeout,
    /// No byte passed either way for too long (C.12).
    IdleTimeout,
    /// Both sides waited for each other's credit (C.4).
    Stalled,
    /// The close took too long (C.11).
    CloseTimeout,
    /// The transport failed.
    Reset,
    /// This side gave up.
    Aborted,
}

/// The names of the reasons, in the order of their codes: the first has code 1.
pub const END_REASONS: [&str; 11] = [
    "clean",
    "incomplete",
    "unacknowledged",
    "reject",
    "peer_error",
    "handshake_timeout",
    "idle_timeout",
    "stalled",
    "close_timeout",
    "reset",
    "aborted",
];

impl EndReason {
    /// The number of the reason in the C ABI: 1..=11.
    pub const fn code(&self) -> u8 {
        match self {
            EndReason::Clean => 1,
            EndReason::Incomplete => 2,
            EndReason::Unacknowledged => 3,
            EndReason::Rejected(_) => 4,
            EndReason::PeerError(_) => 5,
            EndReason::HandshakeTimeout => 6,
            EndReason::IdleTimeout => 7,
            EndReason::Stalled => 8,
            EndReason::CloseTimeout => 9,
            EndReason::Reset => 10,
            EndReason::Aborted => 11,
        }
    }

    /// The name without detail: one of [`END_REASONS`].
    pub const fn name(&self) -> &'static str {
        END_REASONS[self.code() as usize - 1]
    }

    /// The word with its detail: `clean`, `reject:truncated`, `peer_error:7`.
    pub fn word(&self) -> String {
        match self {
            EndReason::Rejected(reject) => format!("reject:{}", reject.reason()),
            EndReason::PeerError(error) => format!("peer_error:{}", error.code),
            _ => self.name().to_owned(),
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EndReason::Clean => "the connection ended cleanly",
            EndReason::Incomplete => "the peer's input ended inside a stream",
            EndReason::Unacknowledged => "the peer closed before it took all that was sent",
            EndReason::Rejected(reject) => return write!(f, "the peer broke a rule: {reject}"),
            EndReason::PeerError(error) => {
                return write!(f, "the peer sent an ERROR of code {}", error.code)
            }
            EndReason::HandshakeTimeout => "the peer sent no HELLO in time",
            EndReason::IdleTimeout => "no byte passed for longer than the idle timeout",
            EndReason::Stalled => {
                "both sides wait for each other's credit: take what is received while you send"
            }
            EndReason::CloseTimeout => "the close took longer than its timeout",
            EndReason::Reset => "the transport failed",
            EndReason::Aborted => "the connection was aborted",
        })
    }
}

#[cfg(feature = "std")]
impl std::error::Error for EndReason {}

/// An ERROR that the peer sent. Its text is the peer's and stands in no message of ours.
#[derive(Clone, PartialEq, Eq)]
pub struct PeerError {
    pub(crate) code: u32,
    pub(crate) reason: Box<str>,
}

impl PeerError {
    /// The code, 0..=65,535.
    pub const fn code(&self) -> u32 {
        self.code
    }

    /// The peer's own words, at most 1,024 bytes without control characters.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

impl fmt::Debug for PeerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerError").field("code", &self.code).finish_non_exhaustive()
    }
}

/// The event that a send waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// The peer's HELLO (C.1).
    Handshake,
    /// An acknowledgement of the peer (section 4 of the spec).
    Credit,
    /// Room among the bytes that wait to be written (C.5).
    Room,
}

impl Wait {
    /// `handshake`, `credit` or `room`.
    pub const fn name(self) -> &'static str {
        match self {
            Wait::Handshake => "handshake",
            Wait::Credit => "credit",
            Wait::Room => "room",
        }
    }
}

/// Why a frame was not queued. Nothing was, and the connection goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SendError {
    /// Not now: try again when that is there.
    Waits(Wait),
    /// Never: the peer would have to reject it.
    Refused(Fault),
    /// The connection closes or has ended: [`Connection::end_reason`](super::Connection::end_reason) may tell why.
    Closed,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Waits(wait) => write!(f, "the send waits for {}", wait.name()),
            SendError::Refused(fault) => fault.fmt(f),
            SendError::Closed => f.write_str("the connection is closed"),
        }
    }
}

#[cfg(feature = "std")]
impl std::error::Error for SendError {}
