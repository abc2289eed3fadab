//! The state, the steps out of it, and what must hold in it.

use crate::alphabet::{letters, Letter};
use crate::channel::Channel;
use crate::scenario::{Cuts, Fault, Scenario};
use oap::{encode_to, Flow, Frame, Kind, Row, Session};
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};

/// A step: a side sends a frame, or bytes on their way to it arrive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    Send(usize, Letter),
    /// So many bytes of the first frame.
    Arrive(usize, usize),
    /// All that is on its way, in one chunk.
    ArriveAll(usize),
}

/// What the hosts know, from what they sent and were given alone.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug)]
struct Host {
    /// Frames sent after HELLO.
    sent: u8,
    data_sent: u32,
    data_received: u32,
    /// The seq of the own stream's last DATA.
    last_of_stream: Option<u64>,
    /// By the frames given: whether the peer's stream is open.
    peer_open: bool,
    error_received: bool,
    /// DATA of its own that were ever acknowledged, and of the peer's that it acknowledged.
    acked: [u32; 2],
}

/// Two sides and what is on its way.
#[derive(Clone, Debug)]
pub struct World {
    sessions: [Session; 2],
    /// On the way to each side.
    channels: [Channel; 2],
    hosts: [Host; 2],
    /// The first check that a step broke.
    pub broken: Option<&'static str>,
}

impl World {
    pub fn new(scenario: &Scenario) -> Self {
        World {
            sessions: [0, 1].map(|side| Session::new(scenario.config(side))),
            channels: Default::default(),
            hosts: Default::default(),
            broken: None,
        }
    }

    /// Every step that may be next. What a session refuses is no step: `refusals_are_rejects` looks at it.
    pub fn actions(&self, scenario: &Scenario) -> Vec<Action> {
        if self.broken.is_some() {
            return Vec::new();
        }
        let mut actions = Vec::new();
        for side in 0..2 {
            let sends = self
                .letters(side, scenario)
                .into_iter()
                .filter(|letter| self.may_try(side, *letter, scenario));
            let tried = sends.filter(|letter| {
                scenario.fault == Fault::SendsWhatIsRefused || self.try_send(side, *letter).is_ok()
            });
            actions.extend(tried.map(|letter| Action::Send(side, letter)));
            actions.extend(self.arrivals(side, scenario.cuts));
        }
        actions
    }

    fn letters(&self, side: usize, scenario: &Scenario) -> Vec<Letter> {
        let session = &self.sessions[side];
        letters(
            &session.outbound(),
            &session.inbound(),
            scenario.first,
            self.hosts[side].last_of_stream,
        )
    }

    /// Whether a letter is within the bounds.
    fn may_try(&self, side: usize, letter: Letter, scenario: &Scenario) -> bool {
        match letter {
            Letter::Hello => true,
            _ if self.hosts[side].sent >= scenario.frames[side] => false,
            Letter::Ack(_) | Letter::Error => true,
            Letter::Start(objects) | Letter::Data(_, objects) => {
                scenario.streams[side] && objects == scenario.objects
            }
            Letter::End(_) => scenario.streams[side],
        }
    }

    fn arrivals(&self, side: usize, cuts: Cuts) -> Vec<Action> {
        let channel = &self.channels[side];
        let (left, arrived) = (channel.left(), channel.arrived());
        let mut lengths: Vec<usize> = match cuts {
            Cuts::EveryByte => (1..=left).collect(),
            Cuts::Corners => [4, 8, arrived + left.saturating_sub(1)]
                .map(|end| end.saturating_sub(arrived))
                .into(),
            Cuts::Frames => Vec::new(),
        };
        lengths.push(left);
        lengths.retain(|&length| (1..=left).contains(&length));
        lengths.sort_unstable();
        lengths.dedup();
        let some = lengths.into_iter().map(|length| Action::Arrive(side, length));
        let all = (!channel.is_empty()).then_some(Action::ArriveAll(side));
        some.chain(all).collect()
    }

    /// What a session makes of a frame; the world stays as it is.
    fn try_send(&self, side: usize, letter: Letter) -> Result<(Session, Vec<u8>), oap::Fault> {
        let mut session = self.sessions[side].clone();
        let mut wire = Vec::new();
        match session.send_to(&self.frame(side, letter), &mut wire) {
            Ok(_) => Ok((session, wire)),
            Err(oap::EncodeError::Refused(fault)) => Err(fault),
            Err(other) => unreachable!("a growing buffer: {other}"),
        }
    }

    fn frame(&self, side: usize, letter: Letter) -> Frame<'static> {
        letter.frame(self.sessions[side].hello())
    }

    /// The state after a step, with what the step broke.
    pub fn next(&self, action: Action, scenario: &Scenario) -> World {
        let mut world = self.clone();
        match action {
            Action::Send(side, letter) => world.send(side, letter, scenario.fault),
            Action::Arrive(side, length) => {
                let bytes = world.channels[side].take(length);
                world.arrive(side, &bytes, scenario);
            }
            Action::ArriveAll(side) => {
                let bytes = world.channels[side].take_all();
                world.arrive(side, &bytes, scenario);
            }
        }
        world.note_acked();
        world.broken = world.broken.or_else(|| world.breach(scenario));
        world
    }

    fn send(&mut self, side: usize, letter: Letter, fault: Fault) {
        let ended = self.sessions[side].has_ended();
        let frame = self.frame(side, letter);
        let wire = match self.try_send(side, letter) {
            Ok((session, wire)) => {
                self.expect(!ended, "an ERROR is the last frame");
                self.sessions[side] = session;
                wire
            }
            Err(_) => {
                let mut wire = Vec::new();
                encode_to(&frame, &mut wire).expect("good fields");
                wire
            }
        };
        self.hosts[side].note_sent(letter);
        self.carry(1 - side, frame.kind(), wire, fault);
    }

    fn carry(&mut self, to: usize, kind: Kind, wire: Vec<u8>, fault: Fault) {
        let channel = &mut self.channels[to];
        match (fault, kind) {
            (Fault::LosesData, Kind::Data) | (Fault::LosesEnd, Kind::End) => {}
            (Fault::RepeatsAck, Kind::Ack) => {
                channel.push(wire.clone());
                channel.push(wire);
            }
            (Fault::ReordersAck, Kind::Ack) => channel.push_early(wire),
            _ => channel.push(wire),
        }
    }

    fn arrive(&mut self, side: usize, bytes: &[u8], scenario: &Scenario) {
        let mut rest = bytes;
        let mut rows = [Row::default(); 4];
        loop {
            let session = &mut self.sessions[side];
            let before = session.inbound().open;
            let Ok(table) = session.recv(rest, &mut rows) else {
                return self.expect(false, "what a session sends the other takes");
            };
            let (consumed, more) = (table.consumed(), table.more());
            let found = table.rows().to_vec();
            found.iter().for_each(|row| self.give(side, row));
            self.forget(side, before, scenario);
            rest = &rest[consumed..];
            if !more {
                return self.expect(rest.is_empty(), "all of a chunk is taken");
            }
        }
    }

    /// The host of a side is given a frame.
    fn give(&mut self, side: usize, row: &Row) {
        let host = &mut self.hosts[side];
        let (open, ended) = (host.peer_open, host.error_received);
        match Kind::from_byte(row.kind) {
            Some(Kind::Start) => host.peer_open = true,
            Some(Kind::End) => host.peer_open = false,
            Some(Kind::Data) => host.data_received += 1,
            Some(Kind::Error) => host.error_received = true,
            _ => {}
        }
        self.expect(!ended, "nothing is given after an ERROR");
        self.expect(open || row.kind != Kind::Data as u8, "no DATA outside a stream");
    }

    /// The planted faults of a receiving session.
    fn forget(&mut self, side: usize, was_open: bool, scenario: &Scenario) {
        let session = &mut self.sessions[side];
        let forgets = match scenario.fault {
            Fault::ForgetsError => session.has_ended(),
            Fault::ForgetsAtEnd => was_open && !session.inbound().open,
            _ => false,
        };
        if forgets {
            session.reset();
        }
    }

    /// What was acknowledged never becomes less, at either end.
    fn note_acked(&mut self) {
        for side in 0..2 {
            let (session, host) = (&self.sessions[side], &self.hosts[side]);
            let own = host.data_sent.checked_sub(session.outbound().in_flight);
            let peer = host.data_received.checked_sub(session.inbound().in_flight);
            let (Some(own), Some(peer)) = (own, peer) else {
                return self.expect(false, "what is in flight was sent");
            };
            let before = std::mem::replace(&mut self.hosts[side].acked, [own, peer]);
            self.expect(own >= before[0] && peer >= before[1], "acknowledgement only advances");
        }
    }

    fn expect(&mut self, holds: bool, check: &'static str) {
        if !holds && self.broken.is_none() {
            self.broken = Some(check);
        }
    }

    /// What does not hold in this state.
    fn breach(&self, scenario: &Scenario) -> Option<&'static str> {
        let checks: [(bool, &'static str); 5] = [
            (self.credit_is_kept(), "in flight is never over the window"),
            (
                self.sessions.iter().all(|session| session.verdict().is_none()),
                "what a session sends the other takes",
            ),
            (self.ended_is_silent(scenario), "an ERROR is the last frame"),
            (self.ends_agree(), "both ends agree once all has arrived"),
            (
                self.refusals_are_rejects(scenario),
                "what one refuses to send the other would reject",
            ),
        ];
        checks.into_iter().find(|check| !check.0).map(|check| check.1)
    }

    fn flows(&self) -> impl Iterator<Item = Flow> + '_ {
        self.sessions.iter().flat_map(|session| [session.outbound(), session.inbound()])
    }

    fn credit_is_kept(&self) -> bool {
        self.flows().all(|flow| {
            flow.in_flight <= flow.window && flow.credit() == flow.window - flow.in_flight
        })
    }

    fn ended_is_silent(&self, scenario: &Scenario) -> bool {
        (0..2).filter(|&side| self.sessions[side].has_ended()).all(|side| {
            self.letters(side, scenario)
                .into_iter()
                .all(|letter| self.try_send(side, letter).is_err())
        })
    }

    fn is_quiet(&self) -> bool {
        self.channels.iter().all(Channel::is_empty)
    }

    fn ends_agree(&self) -> bool {
        let [a, b] = &self.sessions;
        if !self.is_quiet() {
            return true;
        }
        let ended = a.has_ended();
        let same = a.outbound() == b.inbound() && b.outbound() == a.inbound();
        ended == b.has_ended() && (ended || same && a.staged() == 0 && b.staged() == 0)
    }

    /// Once both sides know the same: each letter passes both the sender's session and the receiver's, or neither, by
    /// the same label.
    fn refusals_are_rejects(&self, scenario: &Scenario) -> bool {
        let same = |side: usize, letter: Letter| {
            let refusal = self.try_send(side, letter).err().map(|fault| fault.reason());
            let mut wire = Vec::new();
            encode_to(&self.frame(side, letter), &mut wire).expect("good fields");
            let mut peer = self.sessions[1 - side].clone();
            let reject =
                peer.recv(&wire, &mut [Row::default()]).err().map(|reject| reject.reason());
            refusal == reject
        };
        // What arrives after an ERROR of its own a session discards unjudged.
        let judged = self.is_quiet() && !self.sessions.iter().any(Session::has_ended);
        !judged
            || (0..2).all(|side| {
                self.letters(side, scenario).into_iter().all(|letter| same(side, letter))
            })
    }

    /// The flows of what each side sent, by its own session.
    pub fn outbound(&self) -> [Flow; 2] {
        [0, 1].map(|side| self.sessions[side].outbound())
    }

    pub fn has_ended(&self) -> [bool; 2] {
        [0, 1].map(|side| self.sessions[side].has_ended())
    }
}

impl Host {
    fn note_sent(&mut self, letter: Letter) {
        self.sent += u8::from(letter != Letter::Hello);
        match letter {
            Letter::Start(_) => self.last_of_stream = None,
            Letter::Data(seq, _) => {
                self.data_sent += 1;
                self.last_of_stream = Some(seq);
            }
            _ => {}
        }
    }
}

/// All of a state: a session's `Debug` shows every field but its staged bytes, which the channel has.
impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        struct Text<'h, H>(&'h mut H);
        impl<H: Hasher> Write for Text<'_, H> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.write(text.as_bytes());
                Ok(())
            }
        }
        write!(Text(state), "{:?}", self.sessions).expect("a hasher takes all");
        (&self.channels, &self.hosts, self.broken).hash(state);
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        let all = |world: &World| format!("{:?}", world);
        all(self) == all(other)
    }
}
