//! Section 4: the rules of a session. One rule book serves both directions: no rule asks whose frame it is.

use crate::config::{Config, SeqRolloverPolicy};
use crate::reject::{Fault, Reason};
use crate::session::event::{Event, PeerLimits};
use crate::session::flow::Flow;
use crate::session::states::{self, Cell, State, Table, TABLE};

const fn credit(field: &'static str, detail: &'static str) -> Fault {
    Fault::new(Reason::CreditViolation, field, detail)
}

const MISSING_OBJ: Fault =
    Fault::new(Reason::MissingObj, "DATA.obj", "is required on an object stream");

/// The side that sends a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sender {
    Own = 0,
    Peer = 1,
}

/// The frames that one side has sent, as far as the rules ask.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Direction {
    /// Silent, Greeted, Idle or Open.
    state: State,
    /// Whether the open stream is an object stream.
    objects: bool,
    /// Whether the open stream has carried DATA: the direction's last one is its own.
    carried: bool,
    /// Apart from its number, so that ten thousand sessions stay small.
    has_last: bool,
    last: u64,
    /// DATA not yet acknowledged: the last `in_flight` seqs up to `last`.
    in_flight: u32,
    /// The limits that its HELLO advertised; zeros while it is silent.
    limits: PeerLimits,
}

impl Direction {
    const SILENT: Direction = Direction {
        state: State::Silent,
        objects: false,
        carried: false,
        has_last: false,
        last: 0,
        in_flight: 0,
        limits: PeerLimits { max_frame: 0, ack_window: 0 },
    };

    fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// The seq of its last DATA.
    fn last(&self) -> Option<u64> {
        self.has_last.then_some(self.last)
    }

    /// Rule 4.7: the seq that an END has to say, that of the stream's last DATA, or 0.
    fn end_seq(&self) -> u64 {
        if self.carried {
            self.last
        } else {
            0
        }
    }

    #[inline(always)]
    fn carry(&mut self, seq: u64) {
        (self.has_last, self.last, self.carried) = (true, seq, true);
        self.in_flight += 1;
    }

    /// Rule 4.11: DATA that stay in flight once `up_to` is acknowledged, modulo 2^64 (rule 4.17).
    fn in_flight_after(&self, up_to: u64) -> u32 {
        let behind = self.last().map_or(u64::MAX, |last| last.wrapping_sub(up_to));
        u32::try_from(behind).unwrap_or(u32::MAX).min(self.in_flight)
    }
}

/// A frame that has passed the rules, and what it changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Step {
    sender: Sender,
    /// Where it leads the direction, or with [`State::Ended`] both.
    next: State,
    change: Change,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    Greet(PeerLimits),
    Open { objects: bool },
    Carry { seq: u64 },
    Acknowledge { in_flight: u32 },
    Close,
    Finish,
}

/// Where a session stands: all that the frames sent and received have changed. A copy of it undoes what follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SessionState {
    directions: [Direction; 2],
    /// The side that sent the ERROR that ended it.
    ended_by: Option<Sender>,
}

impl SessionState {
    /// Neither side has spoken.
    pub const fn new() -> Self {
        SessionState { directions: [Direction::SILENT; 2], ended_by: None }
    }

    /// The limits that a side's HELLO advertised.
    pub fn limits_of(&self, sender: Sender) -> Option<PeerLimits> {
        let direction = &self.directions[sender as usize];
        (direction.state != State::Silent).then_some(direction.limits)
    }

    pub fn flow(&self, sender: Sender) -> Flow {
        let (from, to) = self.sides(sender);
        Flow {
            open: from.is_open(),
            objects: from.is_open() && from.objects,
            last_seq: from.last(),
            in_flight: from.in_flight,
            window: to.limits.ack_window,
        }
    }

    /// The seq of a direction's next DATA; 1 where the choice is free (rule 4.8).
    #[inline(always)]
    pub fn next_seq(&self, sender: Sender) -> u64 {
        self.sides(sender).0.last().map_or(1, |last| last.wrapping_add(1))
    }

    /// The seq that an END has to say (rule 4.7).
    pub fn end_seq(&self, sender: Sender) -> u64 {
        self.sides(sender).0.end_seq()
    }

    pub fn has_ended(&self) -> bool {
        self.ended_by.is_some()
    }

    /// Whether what still arrives is discarded: an ERROR has been sent (rule 4.12).
    pub fn discards(&self) -> bool {
        self.ended_by == Some(Sender::Own)
    }

    fn sides(&self, sender: Sender) -> (&Direction, &Direction) {
        let [own, peer] = &self.directions;
        match sender {
            Sender::Own => (own, peer),
            Sender::Peer => (peer, own),
        }
    }

    /// Judges the next frame of a direction and changes nothing. `rejected`: what was received has been rejected.
    #[inline(always)]
    pub fn check(
        &self,
        config: &Config,
        rejected: bool,
        sender: Sender,
        event: Event,
    ) -> Result<Step, Fault> {
        self.check_by(&TABLE, config, rejected, sender, event)
    }

    #[inline(always)]
    fn check_by(
        &self,
        table: &Table,
        config: &Config,
        rejected: bool,
        sender: Sender,
        event: Event,
    ) -> Result<Step, Fault> {
        let (from, to) = self.sides(sender);
        let state = match self.ended_by {
            Some(_) => State::Ended,
            None if rejected => State::Rejected,
            None => from.state,
        };
        let next = match table[state as usize][event.kind() as usize - 1] {
            Cell::To(next) => next,
            Cell::Breach(fault) => return Err(fault),
        };
        let change = match event {
            Event::Hello(limits) => Change::Greet(limits),
            Event::Start { objects } => Change::Open { objects },
            Event::Data { seq, has_obj } => {
                check_data(config, from, to, seq, has_obj)?;
                Change::Carry { seq }
            }
            Event::Ack { up_to } => Change::Acknowledge { in_flight: check_ack(to, up_to)? },
            Event::End { seq } => {
                check_end(from, seq)?;
                Change::Close
            }
            Event::Error => Change::Finish,
        };
        Ok(Step { sender, next, change })
    }

    /// Takes a DATA that [`SessionState::check`] has passed: [`SessionState::apply`] for the kind that there are most of.
    #[inline(always)]
    pub fn apply_data(&mut self, sender: Sender, seq: u64) {
        const _: () = assert!(states::data_leads_from_open_to_open());
        self.directions[sender as usize].carry(seq);
    }

    /// Takes the step of a frame that [`SessionState::check`] has passed.
    #[inline(always)]
    pub fn apply(&mut self, step: Step) {
        let Step { sender, next, change } = step;
        let [own, peer] = &mut self.directions;
        let (from, to) = match sender {
            Sender::Own => (own, peer),
            Sender::Peer => (peer, own),
        };
        match change {
            Change::Greet(limits) => from.limits = limits,
            Change::Open { objects } => (from.objects, from.carried) = (objects, false),
            Change::Carry { seq } => from.carry(seq),
            Change::Acknowledge { in_flight } => to.in_flight = in_flight,
            Change::Close => {}
            Change::Finish => {}
        }
        match next {
            State::Ended => self.ended_by = Some(sender),
            State::Greeted if to.state == State::Greeted => {
                (from.state, to.state) = (State::Idle, State::Idle);
            }
            State::Silent | State::Greeted | State::Idle | State::Open | State::Rejected => {
                from.state = next;
            }
        }
    }
}

/// Rule 4.13: obj, seq, credit, in this order; the table has seen to the open stream.
#[inline(always)]
fn check_data(
    config: &Config,
    from: &Direction,
    to: &Direction,
    seq: u64,
    has_obj: bool,
) -> Result<(), Fault> {
    if from.objects && !has_obj && config.enforce_obj_header_on_objects() {
        return Err(MISSING_OBJ);
    }
    check_seq(config, from.last(), seq)?;
    let window = to.limits.ack_window;
    if from.in_flight >= window {
        return Err(credit("DATA", "has no credit").limit(window.into()));
    }
    Ok(())
}

/// Rules 4.8 and 4.9.
#[inline(always)]
fn check_seq(config: &Config, last: Option<u64>, seq: u64) -> Result<(), Fault> {
    match last {
        Some(u64::MAX) if config.seq_rollover_policy() == SeqRolloverPolicy::Error => {
            Err(credit("DATA.seq", "is used up").limit(u64::MAX))
        }
        Some(last) if seq != last.wrapping_add(1) => {
            Err(credit("DATA.seq", "is not the next one").limit(last.wrapping_add(1)))
        }
        _ => Ok(()),
    }
}

/// Rule 4.11: DATA that stay in flight behind the ACK.
#[inline(always)]
fn check_ack(acked: &Direction, up_to: u64) -> Result<u32, Fault> {
    let in_flight = acked.in_flight_after(up_to);
    if in_flight < acked.in_flight {
        Ok(in_flight)
    } else {
        Err(credit("ACK.up_to", "names no DATA in flight"))
    }
}

/// Rule 4.7.
fn check_end(from: &Direction, seq: u64) -> Result<(), Fault> {
    let last = from.end_seq();
    if seq == last {
        Ok(())
    } else {
        Err(credit("END.seq", "is not that of the stream's last DATA").limit(last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Kind;

    /// Section 4 in plain words, as far as the table of states says it.
    #[derive(Clone, Copy, Default, PartialEq, Debug)]
    struct Plain {
        greeted: [bool; 2],
        open: [bool; 2],
        ended: bool,
    }

    impl Plain {
        /// How errors tell the breach, if the frame is one.
        fn breach(&self, from: usize, kind: Kind, rejected: bool) -> Option<&'static str> {
            let over = self.ended || rejected && kind != Kind::Error;
            match kind {
                _ if over => Some("credit_violation: session has ended"),
                Kind::Error => None,
                Kind::Hello if self.greeted[from] => Some("bad_hello: HELLO was sent before"),
                Kind::Hello => None,
                _ if !self.greeted[from] => {
                    Some("bad_hello: the first frame is neither HELLO nor ERROR")
                }
                _ if !self.greeted[1 - from] => Some("bad_hello: the handshake is not complete"),
                Kind::Start if self.open[from] => Some("credit_violation: stream is open already"),
                Kind::Data | Kind::End if !self.open[from] => {
                    Some("credit_violation: stream is not open")
                }
                Kind::Start | Kind::Data | Kind::Ack | Kind::End => None,
            }
        }

        fn pass(&mut self, from: usize, kind: Kind) {
            match kind {
                Kind::Hello => self.greeted[from] = true,
                Kind::Start => self.open[from] = true,
                Kind::End => self.open[from] = false,
                Kind::Error => self.ended = true,
                Kind::Data | Kind::Ack => {}
            }
        }
    }

    /// A frame of that kind that breaks nothing but, perhaps, the table. `None`: an ACK with nothing to acknowledge.
    fn event(state: &SessionState, sender: Sender, kind: Kind) -> Option<Event> {
        let (from, to) = state.sides(sender);
        Some(match kind {
            Kind::Hello => Event::Hello(PeerLimits { max_frame: 4_096, ack_window: 1_024 }),
            Kind::Start => Event::Start { objects: false },
            Kind::Data => Event::Data { seq: from.last.wrapping_add(1), has_obj: false },
            Kind::Ack if to.in_flight == 0 && from.state == State::Open => return None,
            Kind::Ack if to.in_flight == 0 && from.state == State::Idle => return None,
            Kind::Ack => Event::Ack { up_to: to.last },
            Kind::End => Event::End { seq: from.end_seq() },
            Kind::Error => Event::Error,
        })
    }

    /// Whether every frame after every frame, so many deep, meets what the plain reading says.
    fn agrees(table: &Table, state: SessionState, plain: Plain, depth: usize) -> bool {
        [Sender::Own, Sender::Peer].into_iter().all(|sender| {
            Kind::ALL.into_iter().all(|kind| {
                [false, true].into_iter().all(|rejected| {
                    let Some(event) = event(&state, sender, kind) else { return true };
                    let config = Config::default();
                    let said = state.check_by(table, &config, rejected, sender, event);
                    let breach = plain.breach(sender as usize, kind, rejected);
                    match said {
                        Err(fault) => breach == Some(&fault.to_string()),
                        Ok(step) if breach.is_none() && depth > 0 && !rejected => {
                            let (mut state, mut plain) = (state, plain);
                            state.apply(step);
                            plain.pass(sender as usize, kind);
                            agrees(table, state, plain, depth - 1)
                        }
                        Ok(_) => breach.is_none(),
                    }
                })
            })
        })
    }

    fn is_section_4(table: &Table) -> bool {
        let start = SessionState::new();
        let mut greeted = start;
        for sender in [Sender::Own, Sender::Peer] {
            let hello = event(&start, sender, Kind::Hello).unwrap();
            match greeted.check_by(table, &Config::default(), false, sender, hello) {
                Ok(step) => greeted.apply(step),
                Err(_) => return false,
            }
        }
        let both = Plain { greeted: [true; 2], ..Plain::default() };
        let depths = if cfg!(miri) { (1, 1) } else { (2, 4) };
        agrees(table, start, Plain::default(), depths.0) && agrees(table, greeted, both, depths.1)
    }

    #[test]
    fn the_table_is_section_4() {
        assert!(is_section_4(&TABLE));
    }

    #[test]
    #[cfg_attr(miri, ignore = "a few cells need depths that take Miri hours")]
    fn no_two_cells_of_the_table_can_be_exchanged() {
        let columns = Kind::ALL.len();
        let cells = State::ALL.len() * columns;
        let mut exchanged = 0;
        for (one, other) in (0..cells).flat_map(|one| (0..one).map(move |other| (one, other))) {
            let mut table = TABLE;
            let (a, b) =
                (table[one / columns][one % columns], table[other / columns][other % columns]);
            if a == b {
                continue;
            }
            (table[one / columns][one % columns], table[other / columns][other % columns]) = (b, a);
            assert!(!is_section_4(&table), "{one} and {other}");
            exchanged += 1;
        }
        assert!(exchanged > 300, "{exchanged}");
    }
}
