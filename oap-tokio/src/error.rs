//! Why a call failed.

use oap::{EndReason, Fault};
use std::sync::Arc;
use std::{error, fmt, io};

/// The error of a failed source or handler.
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// Why a call failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// No connection could be made.
    Connect(io::Error),
    /// The connection has ended, for the reason that every later call tells, too.
    Ended(Ended),
    /// This side has closed the connection, or the peer has closed it in good order.
    Closed,
    /// The peer would have to reject it. Nothing was sent, and the connection goes on.
    Refused(Fault),
    /// The source of a stream failed. The stream is given up, and the connection goes on.
    Source(BoxError),
}

impl Error {
    /// Why the connection ended, where it did.
    pub const fn end_reason(&self) -> Option<&EndReason> {
        match self {
            Error::Ended(ended) => Some(&ended.reason),
            _ => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Connect(_) => f.write_str("no connection could be made"),
            Error::Ended(ended) => ended.fmt(f),
            Error::Closed => f.write_str("the connection is closed"),
            Error::Refused(fault) => fault.fmt(f),
            Error::Source(_) => f.write_str("the source of the stream failed"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Error::Connect(error) => Some(error),
            Error::Ended(ended) => error::Error::source(ended),
            Error::Source(error) => Some(error.as_ref()),
            Error::Closed | Error::Refused(_) => None,
        }
    }
}

/// The end of a connection: the first reason for it (C.13).
#[derive(Clone, Debug)]
pub struct Ended {
    pub(crate) reason: EndReason,
    pub(crate) failure: Option<Arc<io::Error>>,
}

impl Ended {
    /// Why it ended.
    pub const fn reason(&self) -> &EndReason {
        &self.reason
    }

    /// The error of the transport, where it failed.
    pub fn transport_error(&self) -> Option<&io::Error> {
        self.failure.as_deref()
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)
    }
}

impl error::Error for Ended {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.failure.as_deref().map(|failure| failure as _)
    }
}
