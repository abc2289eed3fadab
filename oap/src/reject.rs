//! Section 3: the closed set of rejects, with their labels and codes.

use core::fmt;

/// Why a frame is rejected: the closed set of rule 3.1. The discriminant is the code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
#[non_exhaustive]
pub enum Reason {
    /// HELLO fields that break section 2, or a breach of the handshake.
    BadHello = 1,
    /// A good HELLO with feature bits, where policy forbids them.
    BadHelloPq = 2,
    /// A length over the `max_frame` in force.
    FrameOversize = 3,
    /// A kind outside the six.
    UnknownEnvelope = 4,
    /// A prefix or header that breaks sections 1 and 2.
    HeaderMalformed = 5,
    /// DATA without `obj` on an object stream.
    MissingObj = 6,
    /// A breach of the session's rules.
    CreditViolation = 7,
    /// The input ended inside a frame.
    Truncated = 8,
}

impl Reason {
    /// All reasons in the order of their codes.
    pub const ALL: [Reason; 8] = [
        Reason::BadHello,
        Reason::BadHelloPq,
        Reason::FrameOversize,
        Reason::UnknownEnvelope,
        Reason::HeaderMalformed,
        Reason::MissingObj,
        Reason::CreditViolation,
        Reason::Truncated,
    ];

    /// The metric label, the same in every language.
    pub const fn label(self) -> &'static str {
        match self {
            Reason::BadHello => "bad_hello",
            Reason::BadHelloPq => "bad_hello_pq",
            Reason::FrameOversize => "frame_oversize",
            Reason::UnknownEnvelope => "unknown_envelope",
            Reason::HeaderMalformed => "header_malformed",
            Reason::MissingObj => "missing_obj",
            Reason::CreditViolation => "credit_violation",
            Reason::Truncated => "truncated",
        }
    }

    /// The ABI value, and the code of an ERROR frame sent for it: 1..=8.
    pub const fn code(self) -> u32 {
        self as u32
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// The rule that a frame breaks: its label, the field, and the limit where there is one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fault {
    reason: Reason,
    field: &'static str,
    detail: &'static str,
    limit: Option<u64>,
}

impl Fault {
    pub(crate) const fn new(reason: Reason, field: &'static str, detail: &'static str) -> Self {
        Fault { reason, field, detail, limit: None }
    }

    pub(crate) const fn limit(self, limit: u64) -> Self {
        Fault { limit: Some(limit), ..self }
    }

    /// Why: one of the closed set.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The field at fault, in the spec's words: `length`, `DATA.seq`, …
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The fault of the field, in words that read on from its name.
    pub const fn detail(&self) -> &'static str {
        self.detail
    }

    /// The limit that was passed, where the rule has one.
    pub const fn limit_value(&self) -> Option<u64> {
        self.limit
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} {}", self.reason, self.field, self.detail)?;
        match self.limit {
            Some(limit) => write!(f, " (limit {limit})"),
            None => Ok(()),
        }
    }
}

#[cfg(feature = "std")]
impl std::error::Error for Fault {}

/// The verdict on what was received: a [`Fault`] and where in the stream it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reject {
    fault: Fault,
    offset: u64,
    at: u64,
}

impl Reject {
    pub(crate) const fn new(fault: Fault, offset: u64, at: u64) -> Self {
        Reject { fault, offset, at }
    }

    /// Why: one of the closed set.
    pub const fn reason(&self) -> Reason {
        self.fault.reason
    }

    /// The rule that was broken.
    pub const fn fault(&self) -> &Fault {
        &self.fault
    }

    /// Where the rejected frame starts: bytes of the stream before it.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes of the stream that it took to know.
    pub const fn at(&self) -> u64 {
        self.at
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Reject { fault, offset, at } = self;
        write!(f, "{fault}; frame at byte {offset}, known at byte {at}")
    }
}

#[cfg(feature = "std")]
impl std::error::Error for Reject {}
