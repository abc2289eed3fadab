//! The states of a connection as a table.

/// Where a connection stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionState {
    /// The peer's HELLO has not come.
    Handshake,
    /// Both HELLOs have passed.
    Open,
    /// The peer's input has ended between streams; what is here can still be taken.
    PeerClosed,
    /// This side closes: what is queued is being written.
    Closing,
    /// All is written, the writing side is shut; acknowledgements are still read.
    Shut,
    /// It is over. The host closes its transport.
    Ended,
}

/// The calls that a state allows.
pub(super) struct Allowed {
    /// Frames may be queued.
    pub sends: bool,
    /// Received frames reach the application, and what it takes is acknowledged.
    pub delivers: bool,
    /// Bytes are read.
    pub reads: bool,
    /// Bytes are written.
    pub writes: bool,
}

const YES: bool = true;
const NO_: bool = false;

const fn allow(sends: bool, delivers: bool, reads: bool, writes: bool) -> Allowed {
    Allowed { sends, delivers, reads, writes }
}

#[rustfmt::skip]
const TABLE: [Allowed; ConnectionState::ALL.len()] = [
    //                    sends delivers reads writes
    /* Handshake  */ allow(NO_, YES,     YES,  YES),
    /* Open       */ allow(YES, YES,     YES,  YES),
    /* PeerClosed */ allow(NO_, YES,     NO_,  YES),
    /* Closing    */ allow(NO_, NO_,     YES,  YES),
    /* Shut       */ allow(NO_, NO_,     YES,  NO_),
    /* Ended      */ allow(NO_, NO_,     NO_,  NO_),
];

impl ConnectionState {
    /// All states, in the order of their numbers in the C ABI.
    pub const ALL: [ConnectionState; 6] = [
        ConnectionState::Handshake,
        ConnectionState::Open,
        ConnectionState::PeerClosed,
        ConnectionState::Closing,
        ConnectionState::Shut,
        ConnectionState::Ended,
    ];

    pub(super) const fn allowed(self) -> &'static Allowed {
        &TABLE[self as usize]
    }

    /// The name in vectors and logs: `handshake`, `open`, `peer_closed`, `closing`, `shut`, `ended`.
    pub const fn name(self) -> &'static str {
        match self {
            ConnectionState::Handshake => "handshake",
            ConnectionState::Open => "open",
            ConnectionState::PeerClosed => "peer_closed",
            ConnectionState::Closing => "closing",
            ConnectionState::Shut => "shut",
            ConnectionState::Ended => "ended",
        }
    }
}
