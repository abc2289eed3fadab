//! Section 4: the rules of a session as a table of states and kinds. One rule book serves both directions.

use crate::config::{Config, SeqRolloverPolicy};
use crate::frame::{Frame, Kind};
use crate::limits::DEFAULT_ACK_WINDOW;
use crate::reject::{Fault, Reason};
use crate::row::Row;
use crate::session::flow::Flow;

/// Where a direction stands when its sender sends the next frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// No HELLO yet.
    Silent,
    /// Has sent its HELLO, and has not had the other's.
    Greeted,
    /// Both HELLOs have passed, no stream is open.
    Idle,
    /// A stream is open.
    Open,
    /// What this side received was rejected.
    Rejected,
    /// An ERROR has passed, either way.
    Ended,
}

/// What a frame does to a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Greet,
    Open,
    Carry,
    Acknowledge,
    Close,
    Finish,
    Breach(Fault),
}

use Step::{Acknowledge, Breach, Carry, Close, Finish, Greet, Open};

/// Rules 4.1, 4.2, 4.6, 4.12 and 4.16: a row a [`State`], a column a kind.
#[rustfmt::skip]
const TABLE: [[Step; 6]; 6] = [
    //             HELLO   START   DATA       ACK          END        ERROR
    /* Silent   */ [Greet, FIRST,  FIRST,     FIRST,       FIRST,     Finish],
    /* Greeted  */ [AGAIN, EARLY,  EARLY,     EARLY,       EARLY,     Finish],
    /* Idle     */ [AGAIN, Open,   NO_STREAM, Acknowledge, NO_STREAM, Finish],
    /* Open     */ [AGAIN, OPENED, Carry,     Acknowledge, Close,     Finish],
    /* Rejected */ [OVER,  OVER,   OVER,      OVER,        OVER,      Finish],
    /* Ended    */ [OVER,  OVER,   OVER,      OVER,        OVER,      OVER],
];

const FIRST: Step = hello("the first frame", "is neither HELLO nor ERROR");
const AGAIN: Step = hello("HELLO", "was sent before");
const EARLY: Step = hello("the handshake", "is not complete");
const NO_STREAM: Step = Breach(credit("stream", "is not open"));
const OPENED: Step = Breach(credit("stream", "is open already"));
const OVER: Step = Breach(credit("session", "has ended"));

const fn hello(field: &'static str, detail: &'static str) -> Step {
    Breach(Fault::new(Reason::BadHello, field, detail))
}

const fn credit(field: &'static str, detail: &'static str) -> Fault {
    Fault::new(Reason::CreditViolation, field, detail)
}

/// What the rules ask of a frame.
#[derive(Clone, Copy)]
pub(crate) enum Event<'a> {
    Hello { max_frame: u32, ack_window: Option<u32> },
    Start { stream: &'a [u8] },
    Data { seq: u64, has_obj: bool },
    Ack { up_to: u64 },
    End { seq: u64 },
    Error,
}

impl<'a> Event<'a> {
    /// The event of a frame whose fields are good.
    pub fn of_frame(frame: &Frame<'a>) -> Self {
        match frame {
            Frame::Hello(hello) => {
                Event::Hello { max_frame: hello.max_frame as u32, ack_window: hello.ack_window }
            }
            Frame::Start(start) => Event::Start { stream: start.stream.as_bytes() },
            Frame::Data(data) => Event::Data { seq: data.seq, has_obj: data.obj.is_some() },
            Frame::Ack(ack) => Event::Ack { up_to: ack.up_to },
            Frame::End(end) => Event::End { seq: end.seq },
            Frame::Error(_) => Event::Error,
        }
    }

    /// The event of a row that the decode loop filled.
    #[inline]
    pub fn of_row(row: &Row, bytes: &'a [u8]) -> Self {
        match Kind::from_byte(row.kind) {
            Some(Kind::Hello) => Event::Hello {
                max_frame: row.value,
                ack_window: row.has(Row::HAS_ACK_WINDOW).then_some(row.ack_window.into()),
            },
            Some(Kind::Start) => Event::Start { stream: row.text(bytes).unwrap_or_default() },
            Some(Kind::Data) => Event::Data { seq: row.seq, has_obj: row.has(Row::HAS_OBJ) },
            Some(Kind::Ack) => Event::Ack { up_to: row.seq },
            Some(Kind::End) => Event::End { seq: row.seq },
            Some(Kind::Error) | None => Event::Error,
        }
    }

    const fn kind(&self) -> Kind {
        match self {
            Event::Hello { .. } => Kind::Hello,
            Event::Start { .. } => Kind::Start,
            Event::Data { .. } => Kind::Data,
            Event::Ack { .. } => Kind::Ack,
            Event::End { .. } => Kind::End,
            Event::Error => Kind::Error,
        }
    }
}

/// What a HELLO advertises: it binds what the other side sends (rule 4.3).
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerLimits {
    pub max_frame: u32,
    pub ack_window: u32,
}

impl PeerLimits {
    pub fn new(max_frame: u32, ack_window: Option<u32>) -> Self {
        PeerLimits { max_frame, ack_window: ack_window.unwrap_or(DEFAULT_ACK_WINDOW) }
    }
}

/// An open stream.
#[derive(Clone, Copy, Debug)]
struct Stream {
    objects: bool,
    /// Whether it has carried DATA: the direction's last one is its own.
    carried: bool,
}

/// What one side has sent, as far as the rules ask.
#[derive(Clone, Copy, Debug, Default)]
struct Direction {
    limits: Option<PeerLimits>,
    stream: Option<Stream>,
    /// Apart from its number, so that ten thousand sessions stay small.
    has_last: bool,
    last: u64,
    /// DATA not yet acknowledged: the last `in_flight` seqs up to `last`.
    in_flight: u32,
}

impl Direction {
    /// The seq of its last DATA.
    fn last(&self) -> Option<u64> {
        self.has_last.then_some(self.last)
    }
}

/// Who sends a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sender {
    Own = 0,
    Peer = 1,
}

/// What ends a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    None,
    Rejected,
    Ended,
}

/// The state of both directions. It never asks which of them is its own.
#[derive(Clone, Debug)]
pub(crate) struct RuleBook {
    enforce_obj: bool,
    rollover: SeqRolloverPolicy,
    directions: [Direction; 2],
    ending: Ending,
}

impl RuleBook {
    pub fn new(config: &Config) -> Self {
        RuleBook {
            enforce_obj: config.enforce_obj_header_on_objects(),
            rollover: config.seq_rollover_policy(),
            directions: [Direction::default(); 2],
            ending: Ending::None,
        }
    }

    pub fn limits_of(&self, sender: Sender) -> Option<PeerLimits> {
        self.directions[sender as usize].limits
    }

    pub fn flow(&self, sender: Sender) -> Flow {
        let (from, to) = self.sides(sender);
        Flow {
            open: from.stream.is_some(),
            objects: from.stream.is_some_and(|stream| stream.objects),
            last_seq: from.last(),
            in_flight: from.in_flight,
            window: to.limits.map_or(0, |limits| limits.ack_window),
        }
    }

    /// Rule 4.7: the seq of the stream's last DATA, or 0.
    pub fn end_seq(&self, sender: Sender) -> u64 {
        end_seq(self.sides(sender).0)
    }

    pub fn has_ended(&self) -> bool {
        self.ending == Ending::Ended
    }

    /// Rule 4.16: what was received has been rejected.
    pub fn reject(&mut self) {
        if self.ending == Ending::None {
            self.ending = Ending::Rejected;
        }
    }

    fn sides(&self, sender: Sender) -> (&Direction, &Direction) {
        let [own, peer] = &self.directions;
        match sender {
            Sender::Own => (own, peer),
            Sender::Peer => (peer, own),
        }
    }

    fn state(&self, sender: Sender) -> State {
        let (from, to) = self.sides(sender);
        match (self.ending, from.limits, to.limits, from.stream) {
            (Ending::Ended, ..) => State::Ended,
            (Ending::Rejected, ..) => State::Rejected,
            (_, None, ..) => State::Silent,
            (_, _, None, _) => State::Greeted,
            (.., None) => State::Idle,
            (.., Some(_)) => State::Open,
        }
    }

    /// Judges the next frame of a direction and changes nothing.
    pub fn check(&self, sender: Sender, event: &Event<'_>) -> Result<(), Fault> {
        let (from, to) = self.sides(sender);
        let step = TABLE[self.state(sender) as usize][event.kind() as usize - 1];
        match (step, event) {
            (Breach(fault), _) => Err(fault),
            (Carry, Event::Data { seq, has_obj }) => self.check_data(from, to, *seq, *has_obj),
            (Acknowledge, Event::Ack { up_to }) => check_ack(to, *up_to),
            (Close, Event::End { seq }) => check_end(from, *seq),
            _ => Ok(()),
        }
    }

    /// Rule 4.13: obj, seq, credit, in this order; the table has seen to the open stream.
    fn check_data(
        &self,
        from: &Direction,
        to: &Direction,
        seq: u64,
        has_obj: bool,
    ) -> Result<(), Fault> {
        if self.enforce_obj && !has_obj && from.stream.is_some_and(|stream| stream.objects) {
            return Err(MISSING_OBJ);
        }
        self.check_seq(from.last(), seq)?;
        let window = to.limits.map_or(0, |limits| limits.ack_window);
        if from.in_flight >= window {
            return Err(credit("DATA", "has no credit").limit(window.into()));
        }
        Ok(())
    }

    /// Rules 4.8 and 4.9.
    fn check_seq(&self, last: Option<u64>, seq: u64) -> Result<(), Fault> {
        match last {
            Some(u64::MAX) if self.rollover == SeqRolloverPolicy::Error => {
                Err(credit("DATA.seq", "is used up").limit(u64::MAX))
            }
            Some(last) if seq != last.wrapping_add(1) => {
                Err(credit("DATA.seq", "is not the next one").limit(last.wrapping_add(1)))
            }
            _ => Ok(()),
        }
    }

    /// Lets a frame that [`RuleBook::check`] has passed take effect.
    pub fn apply(&mut self, sender: Sender, event: &Event<'_>) {
        let [own, peer] = &mut self.directions;
        let (from, to) = match sender {
            Sender::Own => (own, peer),
            Sender::Peer => (peer, own),
        };
        match *event {
            Event::Hello { max_frame, ack_window } => {
                from.limits = Some(PeerLimits::new(max_frame, ack_window));
            }
            Event::Start { stream } => {
                from.stream = Some(Stream { objects: is_object_stream(stream), carried: false });
            }
            Event::Data { seq, .. } => {
                (from.has_last, from.last) = (true, seq);
                from.in_flight += 1;
                from.stream = from.stream.map(|s| Stream { carried: true, ..s });
            }
            Event::Ack { up_to } => to.in_flight = in_flight_after(to, up_to),
            Event::End { .. } => from.stream = None,
            Event::Error => self.ending = Ending::Ended,
        }
    }
}

const MISSING_OBJ: Fault =
    Fault::new(Reason::MissingObj, "DATA.obj", "is required on an object stream");

/// Rule 4.13: named `objects` or `objects/…`.
fn is_object_stream(name: &[u8]) -> bool {
    name.strip_prefix(b"objects").is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
}

/// Rule 4.11: DATA that stay in flight once `up_to` is acknowledged, modulo 2^64 (rule 4.17).
fn in_flight_after(acked: &Direction, up_to: u64) -> u32 {
    let behind = acked.last().map_or(u64::MAX, |last| last.wrapping_sub(up_to));
    u32::try_from(behind).unwrap_or(u32::MAX).min(acked.in_flight)
}

/// Rule 4.11.
fn check_ack(acked: &Direction, up_to: u64) -> Result<(), Fault> {
    if in_flight_after(acked, up_to) < acked.in_flight {
        Ok(())
    } else {
        Err(credit("ACK.up_to", "names no DATA in flight"))
    }
}

fn end_seq(from: &Direction) -> u64 {
    let own = from.stream.is_some_and(|stream| stream.carried);
    from.last().filter(|_| own).unwrap_or(0)
}

/// Rule 4.7.
fn check_end(from: &Direction, seq: u64) -> Result<(), Fault> {
    let last = end_seq(from);
    if seq == last {
        Ok(())
    } else {
        Err(credit("END.seq", "is not that of the stream's last DATA").limit(last))
    }
}
