//! Two real connections over a transport with little room, as a state that a model checker can walk: what may happen
//! next, what follows from it, and what must hold.

use crate::pipe::Pipe;
use oap::{
    Config, Connection, ConnectionOptions, ConnectionState, EndReason, Kind, Piece, Reason, Row,
    SendError,
};
use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};

/// What an application does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    Start,
    Data,
    End,
    /// Waits until it has taken an END.
    AwaitEnd,
    /// Waits until all that it sent is acknowledged.
    AwaitDelivery,
    Close,
    Abort,
}

/// What is broken on purpose, to show that the check finds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mistake {
    None,
    /// A host that takes what its application has not been given.
    TakesTooEarly,
    /// A transport that loses a write.
    LosesAWrite,
    /// A transport that brings a write twice.
    RepeatsAWrite,
    /// A host that never says that the input has ended, nor handles time.
    MissesTheEnd,
    /// A host that reports bytes as written that are not.
    WritesTooLittle,
}

/// The bounds of one check.
#[derive(Clone, Copy, Debug)]
pub struct Talk {
    pub name: &'static str,
    pub scripts: [&'static [Step]; 2],
    pub window: u64,
    /// Bytes that may be on their way to a side.
    pub room: usize,
    pub send_buffer: u64,
    pub receive_buffer: u64,
    /// Whether the transport may fail at any time.
    pub fails: bool,
    /// Whether a deadline may pass at any time.
    pub times_out: bool,
    /// Whether what arrives may be cut.
    pub cuts: bool,
    pub mistake: Mistake,
}

impl Talk {
    fn connection(&self) -> Connection {
        let config =
            Config::default().with_ack_window_frames(self.window).expect("a window in its range");
        let options = ConnectionOptions::default()
            .with_send_buffer(self.send_buffer)
            .and_then(|options| options.with_receive_buffer(self.receive_buffer));
        Connection::new(config, options.expect("sizes in their range"), 0)
    }
}

/// What happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// An application does its next step.
    Script(usize),
    /// An application takes a frame.
    Take(usize),
    /// A host writes what there is room for.
    Write(usize),
    /// So many bytes are read.
    Read(usize, usize),
    /// A host reads the end of its input.
    ReadEnd(usize),
    /// A host shuts its writing side.
    Shut(usize),
    /// A host hears that its transport has failed.
    Fail(usize),
    /// The transport breaks.
    Break,
    /// It is time for the next deadline.
    Time,
}

/// One side: the connection and what its host and application know.
#[derive(Clone, Debug)]
struct Side {
    connection: Connection,
    /// Steps done.
    done: usize,
    /// DATA that were queued.
    sent: u32,
    /// DATA that were given, and those among them that were taken.
    given: u32,
    taken: u32,
    /// The kinds of the frames that are given and not taken.
    untaken: VecDeque<u8>,
    /// By the frames given: whether the peer's stream is open, and whether an END was taken.
    peer_open: bool,
    end_taken: bool,
    shut: bool,
    /// The transport is closed here.
    closed: bool,
    /// The transport has failed, and the host may hear of it.
    failing: bool,
    heard_end: bool,
    /// The application's last send waits.
    waits: bool,
}

/// Two sides and what is on its way to each.
#[derive(Clone, Debug)]
pub struct Line {
    sides: [Side; 2],
    pipes: [Pipe; 2],
    now: u64,
    broke: bool,
    timed_out: bool,
    /// The first check that an event broke.
    pub broken: Option<&'static str>,
}

/// Does a step of a script; a DATA carries its number.
fn queue(connection: &mut Connection, step: Step, number: u8, now: u64) -> Result<(), SendError> {
    match step {
        Step::Start => connection.start(now, "s"),
        Step::Data => connection.data(now, None, &[number]).map(drop),
        Step::End => connection.end_stream(now, 0),
        Step::AwaitEnd | Step::AwaitDelivery => Ok(()),
        Step::Close => {
            connection.close(now, None);
            Ok(())
        }
        Step::Abort => {
            connection.abort();
            Ok(())
        }
    }
}

impl Line {
    pub fn new(talk: &Talk) -> Self {
        let side = || Side {
            connection: talk.connection(),
            done: 0,
            sent: 0,
            given: 0,
            taken: 0,
            untaken: VecDeque::new(),
            peer_open: false,
            end_taken: false,
            shut: false,
            closed: false,
            failing: false,
            heard_end: false,
            waits: false,
        };
        Line {
            sides: [side(), side()],
            pipes: Default::default(),
            now: 0,
            broke: false,
            timed_out: false,
            broken: None,
        }
    }

    /// All that may happen next.
    pub fn events(&self, talk: &Talk) -> Vec<Event> {
        if self.broken.is_some() {
            return Vec::new();
        }
        let mut events: Vec<Event> = (0..2).flat_map(|side| self.events_of(side, talk)).collect();
        if talk.fails && !self.broke && !self.is_over() {
            events.push(Event::Break);
        }
        let time_is_due = talk.times_out || events.is_empty();
        if time_is_due && self.deadline().is_some() && talk.mistake != Mistake::MissesTheEnd {
            events.push(Event::Time);
        }
        events
    }

    fn events_of(&self, at: usize, talk: &Talk) -> Vec<Event> {
        let side = &self.sides[at];
        if side.closed {
            return Vec::new();
        }
        let (connection, arriving) = (&side.connection, &self.pipes[at]);
        let reads = connection.wants_read();
        let half = arriving.len() / 2;
        let possible = [
            (self.may_step(at, talk), Event::Script(at)),
            (!side.untaken.is_empty(), Event::Take(at)),
            (connection.wants_write() && self.pipes[1 - at].len() < talk.room, Event::Write(at)),
            (reads && talk.cuts && half > 0, Event::Read(at, half)),
            (reads && !arriving.is_empty(), Event::Read(at, arriving.len())),
            (reads && arriving.is_empty() && arriving.ended, Event::ReadEnd(at)),
            (connection.wants_shutdown() && !side.shut, Event::Shut(at)),
            (side.failing, Event::Fail(at)),
        ];
        let misses = |event: &Event| {
            talk.mistake == Mistake::MissesTheEnd && matches!(event, Event::ReadEnd(_))
        };
        possible
            .into_iter()
            .filter(|(may, event)| *may && !misses(event))
            .map(|(_, event)| event)
            .collect()
    }

    fn may_step(&self, at: usize, talk: &Talk) -> bool {
        let side = &self.sides[at];
        match talk.scripts[at].get(side.done) {
            None => false,
            Some(Step::AwaitEnd) => side.end_taken,
            Some(Step::AwaitDelivery) => side.connection.outbound().in_flight == 0,
            Some(Step::Close | Step::Abort) => true,
            Some(step) => {
                !side.waits || queue(&mut side.connection.clone(), *step, 0, self.now).is_ok()
            }
        }
    }

    fn deadline(&self) -> Option<u64> {
        let open = self.sides.iter().filter(|side| !side.closed);
        open.filter_map(|side| side.connection.next_timeout()).min()
    }

    /// What follows from an event, with what it broke.
    pub fn next(&self, event: Event, talk: &Talk) -> Line {
        let mut line = self.clone();
        let reasons = line.reasons();
        match event {
            Event::Script(at) => line.step(at, talk),
            Event::Take(at) => line.take(at),
            Event::Write(at) => line.write(at, talk),
            Event::Read(at, len) => line.read(at, len, talk),
            Event::ReadEnd(at) => line.read_end(at),
            Event::Shut(at) => line.shut(at),
            Event::Fail(at) => line.sides[at].connection.transport_failed(),
            Event::Break => line.break_off(),
            Event::Time => line.pass_time(),
        }
        for (at, reason) in reasons.iter().enumerate() {
            line.close_where_ended(at);
            if reason.is_none() {
                line.judge_reason(at);
            }
        }
        line.check(talk);
        line
    }

    fn reasons(&self) -> [Option<EndReason>; 2] {
        [0, 1].map(|at| self.sides[at].connection.end_reason().cloned())
    }

    fn step(&mut self, at: usize, talk: &Talk) {
        let (now, side) = (self.now, &mut self.sides[at]);
        let step = talk.scripts[at][side.done];
        let queued = queue(&mut side.connection, step, side.sent as u8, now);
        side.sent += u32::from(step == Step::Data && queued.is_ok());
        side.waits = matches!(queued, Err(SendError::Waits(_)));
        side.done += usize::from(!side.waits);
        let refused = matches!(queued, Err(SendError::Refused(_)));
        self.expect(!refused, "nothing of a good script is refused");
    }

    fn take(&mut self, at: usize) {
        let (now, side) = (self.now, &mut self.sides[at]);
        let kind = side.untaken.pop_front();
        side.taken += u32::from(kind == Some(Kind::Data as u8));
        side.end_taken |= kind == Some(Kind::End as u8);
        side.connection.take(now, 1);
    }

    fn write(&mut self, at: usize, talk: &Talk) {
        let room = talk.room - self.pipes[1 - at].len();
        let (now, side) = (self.now, &mut self.sides[at]);
        let waiting: Vec<u8> = side
            .connection
            .transmit(now)
            .flat_map(|piece| match piece {
                Piece::Bytes(bytes) => bytes.to_vec(),
                Piece::Body(_) => Vec::new(),
            })
            .take(room)
            .collect();
        side.connection.transmitted(now, waiting.len());
        self.carry(at, &waiting, talk.mistake);
    }

    fn carry(&mut self, from: usize, written: &[u8], mistake: Mistake) {
        if self.broke {
            return;
        }
        let established = self.sides[from].connection.state() != ConnectionState::Handshake;
        let (to, pipe) = (&self.sides[1 - from], &mut self.pipes[1 - from]);
        if to.closed {
            // The answer of a socket that is not there any more.
            self.sides[from].failing = true;
            return;
        }
        match mistake {
            Mistake::LosesAWrite if established => {}
            Mistake::WritesTooLittle => pipe.push(&written[..written.len() - 1]),
            Mistake::RepeatsAWrite => {
                pipe.push(written);
                pipe.push(written);
            }
            _ => pipe.push(written),
        }
    }

    fn read(&mut self, at: usize, len: usize, talk: &Talk) {
        let bytes = self.pipes[at].take(len);
        let (mut rest, mut rows) = (&bytes[..], [Row::default(); 4]);
        while !rest.is_empty() {
            let (now, side) = (self.now, &mut self.sides[at]);
            let table = side.connection.receive(now, rest, &mut rows);
            let given = table.rows().to_vec();
            let bodies: Vec<Option<u8>> = given
                .iter()
                .map(|row| row.body(table.bytes()).and_then(|body| body.first().copied()))
                .collect();
            let consumed = table.consumed();
            for (row, body) in given.iter().zip(bodies) {
                self.give(at, row.kind, body);
            }
            if talk.mistake == Mistake::TakesTooEarly {
                self.sides[at].connection.take(self.now, given.len());
            }
            rest = &rest[consumed..];
        }
    }

    fn give(&mut self, at: usize, kind: u8, body: Option<u8>) {
        let side = &mut self.sides[at];
        let (given, open) = (side.given, side.peer_open);
        side.untaken.push_back(kind);
        match Kind::from_byte(kind) {
            Some(Kind::Start) => side.peer_open = true,
            Some(Kind::End) => side.peer_open = false,
            _ => side.given += 1,
        }
        if kind == Kind::Data as u8 {
            self.expect(body == Some(given as u8), "DATA comes as it was sent, in order");
            self.expect(open, "DATA comes inside a stream");
        }
    }

    fn read_end(&mut self, at: usize) {
        self.sides[at].heard_end = true;
        self.sides[at].connection.receive_end(self.now);
    }

    fn shut(&mut self, at: usize) {
        self.sides[at].shut = true;
        self.pipes[1 - at].ended = !self.broke;
    }

    /// What is on its way is lost, and both hosts will hear of it.
    fn break_off(&mut self) {
        self.broke = true;
        for at in 0..2 {
            self.pipes[at].clear();
            self.pipes[at].ended = false;
            self.sides[at].failing = true;
        }
    }

    fn pass_time(&mut self) {
        self.timed_out = true;
        self.now = self.deadline().unwrap_or(self.now).max(self.now);
        for side in self.sides.iter_mut().filter(|side| !side.closed) {
            side.connection.handle_timeout(self.now);
        }
    }

    /// A host closes its transport once the connection has ended. What was not read there answers with a reset.
    fn close_where_ended(&mut self, at: usize) {
        let side = &mut self.sides[at];
        if side.connection.state() != ConnectionState::Ended || side.closed {
            return;
        }
        side.closed = true;
        side.untaken.clear();
        let unread = !self.pipes[at].is_empty();
        self.pipes[at].clear();
        self.pipes[1 - at].ended = !self.broke;
        self.sides[1 - at].failing |= unread;
    }

    /// Whether the reason that a side has just come to is true.
    fn judge_reason(&mut self, at: usize) {
        let (side, peer) = (&self.sides[at], &self.sides[1 - at]);
        let own = side.connection.outbound();
        let no_credit = own.credit() == 0 && side.connection.inbound().credit() == 0;
        let (holds, check) = match side.connection.end_reason() {
            None => return,
            Some(EndReason::Clean) => {
                (peer.taken == side.sent, "clean: all that was sent was taken")
            }
            Some(EndReason::Incomplete) => {
                (side.heard_end && side.peer_open, "incomplete: the end came inside a stream")
            }
            Some(EndReason::Unacknowledged) => {
                let left = own.in_flight > 0 || own.open || side.waits;
                (side.heard_end && left, "unacknowledged: something was not")
            }
            Some(EndReason::Reset) => (side.failing, "reset: the transport failed"),
            Some(EndReason::HandshakeTimeout) => {
                (self.timed_out && side.given == 0, "handshake_timeout: no HELLO came in time")
            }
            Some(EndReason::Stalled) => (no_credit, "stalled: neither side has credit"),
            Some(EndReason::CloseTimeout) => (self.timed_out, "close_timeout: the time is over"),
            Some(EndReason::Aborted) => (true, "aborted: by the script"),
            Some(EndReason::Rejected(reject)) if reject.reason() == Reason::Truncated => {
                let gone = peer.closed && peer.connection.end_reason() != Some(&EndReason::Clean);
                (side.heard_end && gone, "truncated: the peer ended inside a frame")
            }
            Some(_) => (false, "two good sides reject nothing"),
        };
        self.expect(holds, check);
    }

    fn expect(&mut self, holds: bool, check: &'static str) {
        if !holds && self.broken.is_none() {
            self.broken = Some(check);
        }
    }

    fn check(&mut self, talk: &Talk) {
        for at in 0..2 {
            let (side, peer) = (&self.sides[at], &self.sides[1 - at]);
            let acknowledged = side.sent - side.connection.outbound().in_flight;
            let queued = side.connection.queued() as u64;
            let rejected = matches!(side.connection.end_reason(), Some(EndReason::Rejected(_)));
            let error = if rejected { ERROR_BYTES } else { 0 };
            self.expect(acknowledged <= peer.taken, "what is acknowledged was taken");
            self.expect(
                queued <= talk.send_buffer + LARGEST_FRAME + error,
                "what waits to be written is bounded",
            );
        }
        let over = self.is_over();
        self.expect(
            over || !self.events(talk).is_empty(),
            "a connection that has not ended goes on",
        );
        let quiet = !self.broke && !self.timed_out && !talk.times_out;
        let waits_for_time = self.events(talk) == [Event::Time];
        self.expect(!(quiet && waits_for_time) || self.may_wait(), "nothing waits for a timer");
    }

    /// A close waits for a peer that has closed nothing, and whoever awaits an END for what may never come.
    fn may_wait(&self) -> bool {
        self.sides.iter().any(|side| side.closed)
    }

    pub fn is_over(&self) -> bool {
        self.sides.iter().all(|side| side.closed)
    }

    /// Why each side has ended, where it has.
    pub fn end_words(&self) -> [Option<&'static str>; 2] {
        [0, 1].map(|at| self.sides[at].connection.end_reason().map(EndReason::name))
    }
}

/// HELLO, the largest frame of these scripts.
const LARGEST_FRAME: u64 = 28;
/// Bytes of the ERROR that says `truncated`, which goes out behind what is queued.
const ERROR_BYTES: u64 = 21;

/// All of a state: a connection's `Debug` shows every field but the bytes that it holds; the queue is added, and what is
/// staged stands in the pipe.
impl Hash for Line {
    fn hash<H: Hasher>(&self, state: &mut H) {
        struct Text<'h, H>(&'h mut H);
        impl<H: Hasher> Write for Text<'_, H> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0.write(text.as_bytes());
                Ok(())
            }
        }
        write!(Text(state), "{:?}", self).expect("a hasher takes all");
        for side in &self.sides {
            side.connection.queued_bytes().hash(state);
        }
    }
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        let all = |line: &Line| {
            format!(
                "{:?}{:?}",
                line,
                [0, 1].map(|at| line.sides[at].connection.queued_bytes().to_vec())
            )
        };
        all(self) == all(other)
    }
}
