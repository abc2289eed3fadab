//! Section 4 as a table: where a direction stands, and what the next frame in it does.

use crate::frame::Kind;
use crate::reject::{Fault, Reason};

/// Where a direction stands when its sender sends the next frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// No HELLO yet.
    Silent,
    /// Has sent its HELLO, and has not had the other's.
    Greeted,
    /// Both HELLOs have passed, no stream is open.
    Idle,
    /// A stream is open.
    Open,
    /// A frame that this side received was rejected. One state for both directions.
    Rejected,
    /// An ERROR has passed, either way. One state for both directions.
    Ended,
}

impl State {
    #[cfg(test)]
    pub const ALL: [State; STATES] =
        [State::Silent, State::Greeted, State::Idle, State::Open, State::Rejected, State::Ended];
}

const STATES: usize = State::Ended as usize + 1;

/// The effect of a frame in a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cell {
    /// It leads there, if the rule of its kind holds.
    To(State),
    /// It is a breach.
    Breach(Fault),
}

use Cell::{Breach, To};
use State::{Ended, Greeted, Idle, Open};

pub(crate) type Table = [[Cell; Kind::ALL.len()]; STATES];

/// Rules 4.1, 4.2, 4.6, 4.12 and 4.16: a row a [`State`], a column a [`Kind`]. Where the other side has greeted, a
/// HELLO leads both directions to Idle.
#[rustfmt::skip]
pub(crate) const TABLE: Table = [
    //             HELLO        START     DATA       ACK       END        ERROR
    /* Silent   */ [To(Greeted), FIRST,    FIRST,     FIRST,    FIRST,     To(Ended)],
    /* Greeted  */ [AGAIN,       EARLY,    EARLY,     EARLY,    EARLY,     To(Ended)],
    /* Idle     */ [AGAIN,       To(Open), NO_STREAM, To(Idle), NO_STREAM, To(Ended)],
    /* Open     */ [AGAIN,       OPENED,   To(Open),  To(Open), To(Idle),  To(Ended)],
    /* Rejected */ [OVER,        OVER,     OVER,      OVER,     OVER,      To(Ended)],
    /* Ended    */ [OVER,        OVER,     OVER,      OVER,     OVER,      OVER],
];

/// Whether DATA is good in an open stream alone, and leaves it open.
pub(crate) const fn data_leads_from_open_to_open() -> bool {
    let mut state = 0;
    while state < STATES {
        let good = match TABLE[state][Kind::Data as usize - 1] {
            To(next) => state == Open as usize && next as usize == Open as usize,
            Breach(_) => state != Open as usize,
        };
        if !good {
            return false;
        }
        state += 1;
    }
    true
}

const FIRST: Cell = breach(Reason::BadHello, "the first frame", "is neither HELLO nor ERROR");
const AGAIN: Cell = breach(Reason::BadHello, "HELLO", "was sent before");
const EARLY: Cell = breach(Reason::BadHello, "the handshake", "is not complete");
const NO_STREAM: Cell = breach(Reason::CreditViolation, "stream", "is not open");
const OPENED: Cell = breach(Reason::CreditViolation, "stream", "is open already");
const OVER: Cell = breach(Reason::CreditViolation, "session", "has ended");

const fn breach(reason: Reason, field: &'static str, detail: &'static str) -> Cell {
    Breach(Fault::new(reason, field, detail))
}
