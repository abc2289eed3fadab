//! Two connection engines over a channel that delays, cuts and stops: every schedule ends in *clean*, or in an error
//! that is true.

use bytes::{Buf, Bytes};
use oap::{
    BytesFrame, Config, Connection, ConnectionOptions, ConnectionState, EndReason, Frame, Piece,
    Reason, Row, SendError,
};
use proptest::prelude::*;
use std::collections::VecDeque;

const SECOND: u64 = 1_000_000_000;
const WINDOW: u64 = 4;
const RECEIVE_BUFFER: u64 = 3_000;
const SEND_BUFFER: u64 = 2_000;
const LARGEST_BODY: usize = 700;
const LARGEST_READ: usize = 900;

#[derive(Clone, Debug)]
enum Action {
    Pass { ns: u64 },
    Take { side: usize, frames: usize },
    Start { side: usize },
    Data { side: usize, len: usize, copied: bool },
    End { side: usize },
    Write { side: usize, max: usize },
    Deliver { side: usize, max: usize },
    Close { side: usize },
    Abort { side: usize },
    Cut { side: usize },
}

/// What honest ends do.
fn action() -> impl Strategy<Value = Action> {
    let side = 0..2usize;
    let max = 1..LARGEST_READ;
    prop_oneof![
        1 => (0..SECOND / 4).prop_map(|ns| Action::Pass { ns }),
        6 => (side.clone(), 0..3usize).prop_map(|(side, frames)| Action::Take { side, frames }),
        4 => side.clone().prop_map(|side| Action::Start { side }),
        12 => (side.clone(), 0..LARGEST_BODY, any::<bool>())
            .prop_map(|(side, len, copied)| Action::Data { side, len, copied }),
        1 => side.clone().prop_map(|side| Action::End { side }),
        12 => (side.clone(), max.clone()).prop_map(|(side, max)| Action::Write { side, max }),
        12 => (side, max).prop_map(|(side, max)| Action::Deliver { side, max }),
    ]
}

/// What may come in between once.
fn disturbance() -> impl Strategy<Value = Action> {
    let side = 0..2usize;
    prop_oneof![
        side.clone().prop_map(|side| Action::Close { side }),
        side.clone().prop_map(|side| Action::Abort { side }),
        side.prop_map(|side| Action::Cut { side }),
        (SECOND..40 * SECOND).prop_map(|ns| Action::Pass { ns }),
    ]
}

/// One end with its application: what it sent, was given and took.
struct End {
    engine: Connection,
    /// Bodies that lie with the host, in the order in which they are written.
    bodies: VecDeque<Vec<u8>>,
    /// Lengths of the DATA accepted; a body is its number, repeated.
    sent: Vec<usize>,
    /// Frames given and not taken: the length of a DATA's body.
    given: VecDeque<Option<usize>>,
    taken_data: usize,
    given_data: usize,
    /// Bytes on the way to this end.
    wire: VecDeque<u8>,
    /// The peer has shut its writing side; `wire` is all there will be.
    wire_ended: bool,
    shut: bool,
    failed: bool,
}

impl End {
    fn new() -> End {
        let config = Config::default().with_ack_window_frames(WINDOW).unwrap();
        let options = ConnectionOptions::default()
            .with_receive_buffer(RECEIVE_BUFFER)
            .and_then(|options| options.with_send_buffer(SEND_BUFFER))
            .unwrap();
        End {
            engine: Connection::new(config, options, 0),
            bodies: VecDeque::new(),
            sent: Vec::new(),
            given: VecDeque::new(),
            taken_data: 0,
            given_data: 0,
            wire: VecDeque::new(),
            wire_ended: false,
            shut: false,
            failed: false,
        }
    }

    fn over(&self) -> bool {
        self.engine.state() == ConnectionState::Ended
    }
}

struct World {
    now: u64,
    ends: [End; 2],
    /// A schedule that breaks the transport excuses errors of it.
    broken: bool,
}

impl World {
    fn new() -> World {
        World { now: 0, ends: [End::new(), End::new()], broken: false }
    }

    fn act(&mut self, action: &Action) {
        let now = self.now;
        match *action {
            Action::Pass { ns } => self.pass(ns),
            Action::Take { side, frames } => self.take(side, frames),
            Action::Start { side } => {
                let _ = self.ends[side].engine.start(now, "stream");
            }
            Action::Data { side, len, copied } => self.send(side, len, copied),
            Action::End { side } => {
                let _ = self.ends[side].engine.end_stream(now, 0);
            }
            Action::Write { side, max } => self.write(side, max),
            Action::Deliver { side, max } => self.deliver(side, max),
            Action::Close { side } => self.ends[side].engine.close(now, None),
            Action::Abort { side } => {
                self.broken = true;
                self.ends[side].engine.abort();
            }
            Action::Cut { side } => {
                self.broken = true;
                let keep = self.ends[side].wire.len() / 2;
                self.ends[side].wire.truncate(keep);
                self.ends[side].wire_ended = true;
            }
        }
        self.check();
    }

    fn pass(&mut self, ns: u64) {
        self.now += ns;
        for end in &mut self.ends {
            end.engine.handle_timeout(self.now);
        }
    }

    fn take(&mut self, side: usize, frames: usize) {
        let end = &mut self.ends[side];
        let frames = frames.min(end.given.len());
        end.taken_data += end.given.drain(..frames).flatten().count();
        end.engine.take(self.now, frames);
    }

    fn send(&mut self, side: usize, len: usize, copied: bool) {
        let end = &mut self.ends[side];
        let body = vec![end.sent.len() as u8; len];
        let queued = if copied {
            end.engine.data(self.now, None, &body)
        } else {
            end.engine.data_head(self.now, None, len)
        };
        match queued {
            Ok(seq) => {
                end.sent.push(len);
                assert_eq!(seq, end.sent.len() as u64);
                if !copied && len > 0 {
                    end.bodies.push_back(body);
                }
            }
            Err(SendError::Refused(fault)) => assert_eq!(fault.field(), "stream", "{fault}"),
            Err(_) => {}
        }
    }

    fn write(&mut self, side: usize, max: usize) {
        let now = self.now;
        let [own, peer] = self.sides(side);
        if own.over() {
            return;
        }
        let mut bytes = Vec::new();
        let mut bodies = own.bodies.iter();
        for piece in own.engine.transmit(now) {
            match piece {
                Piece::Bytes(piece) => bytes.extend_from_slice(piece),
                Piece::Body(left) => {
                    let body = bodies.next().unwrap();
                    bytes.extend_from_slice(&body[body.len() - left..]);
                }
            }
        }
        bytes.truncate(max);
        own.engine.transmitted(now, bytes.len());
        let bodies_left = count_bodies(&mut own.engine, now);
        while own.bodies.len() > bodies_left {
            own.bodies.pop_front();
        }
        if !peer.wire_ended {
            peer.wire.extend(bytes);
        }
        own.shut |= own.engine.wants_shutdown();
        peer.wire_ended |= own.shut;
    }

    fn deliver(&mut self, side: usize, max: usize) {
        let now = self.now;
        let end = &mut self.ends[side];
        if !end.engine.wants_read() || end.over() {
            return;
        }
        let max = max.min(end.wire.len());
        let mut chunk: Bytes = end.wire.drain(..max).collect::<Vec<u8>>().into();
        let owned = max % 2 == 0;
        let mut rows = [Row::default(); 3];
        while !chunk.is_empty() {
            if owned {
                let (bytes, found) = end.engine.receive_bytes(now, &mut chunk, &mut rows);
                let frames = rows[..found].iter().map(|row| BytesFrame::from_row(&bytes, row));
                for frame in frames {
                    end.given.push_back(given(frame.unwrap().frame(), &mut end.given_data));
                }
            } else {
                let table = end.engine.receive(now, &chunk, &mut rows);
                for frame in &table {
                    end.given.push_back(given(frame, &mut end.given_data));
                }
                let consumed = table.consumed();
                chunk.advance(consumed);
            }
        }
        if end.wire.is_empty() && end.wire_ended {
            end.engine.receive_end(now);
        }
    }

    /// An end that is over closes its socket: the other one sees the end of input, and its own writes fail.
    fn close_sockets(&mut self) {
        for side in 0..2 {
            let [own, peer] = self.sides(side);
            if own.over() {
                peer.wire_ended = true;
                if peer.engine.wants_write() && !peer.failed {
                    peer.failed = true;
                    peer.engine.transport_failed();
                }
            }
        }
    }

    fn sides(&mut self, side: usize) -> [&mut End; 2] {
        let [first, second] = &mut self.ends;
        if side == 0 {
            [first, second]
        } else {
            [second, first]
        }
    }

    /// Lets both applications take everything and close, until both ends are over.
    fn finish(&mut self) {
        for round in 0..2_000 {
            for side in 0..2 {
                self.take(side, usize::MAX);
                self.write(side, usize::MAX);
                self.deliver(side, LARGEST_READ);
                if round == 40 {
                    self.ends[side].engine.close(self.now, None);
                }
            }
            self.close_sockets();
            self.check();
            if self.ends.iter().all(End::over) {
                return;
            }
            self.pass(SECOND / 10);
        }
        let states = self.ends.each_ref().map(|end| (end.engine.state(), end.wire.len()));
        panic!("not over: {states:?}");
    }

    /// What holds at any time.
    fn check(&self) {
        for side in 0..2 {
            let (own, peer) = (&self.ends[side], &self.ends[1 - side]);
            let acknowledged = own.sent.len() - own.engine.outbound().in_flight as usize;
            assert!(acknowledged <= peer.taken_data, "acknowledged before it was taken");
            let queued = own.engine.queued() as u64;
            assert!(queued <= SEND_BUFFER + LARGEST_BODY as u64 + 64, "{queued} queued");
            let held = own.engine.untaken();
            let waits = own.engine.outbound().credit() == 0;
            assert!(waits || held <= RECEIVE_BUFFER + 2 * LARGEST_READ as u64, "{held} held");
        }
    }

    /// The reasons are true.
    fn judge(&self) {
        for side in 0..2 {
            let (own, peer) = (&self.ends[side], &self.ends[1 - side]);
            match own.engine.end_reason().expect("an end that is over has a reason") {
                EndReason::Clean => assert_eq!(own.sent.len(), peer.taken_data, "not delivered"),
                EndReason::Unacknowledged => assert!(
                    own.engine.outbound().in_flight > 0
                        || self.broken
                        || peer.engine.end_reason().is_some()
                ),
                EndReason::Rejected(reject) => {
                    assert!(self.broken && reject.reason() == Reason::Truncated, "{reject}");
                }
                EndReason::PeerError(error) => {
                    assert!(self.broken && error.code() == Reason::Truncated.code());
                }
                EndReason::Incomplete => assert!(self.broken),
                // The close that follows may still get what was in flight acknowledged.
                EndReason::Stalled => assert!(!own.sent.is_empty()),
                _ => {}
            }
        }
    }
}

/// The length of a DATA's body, which is the right one.
fn given(frame: Frame<'_>, given_data: &mut usize) -> Option<usize> {
    let Frame::Data(data) = frame else { return None };
    let number = *given_data as u8;
    assert!(data.body.iter().all(|&byte| byte == number), "order");
    *given_data += 1;
    Some(data.body.len())
}

fn count_bodies(engine: &mut Connection, now: u64) -> usize {
    engine.transmit(now).filter(|piece| matches!(piece, Piece::Body(_))).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 200 }))]

    #[test]
    fn every_schedule_ends_in_clean_or_in_an_error_that_is_true(
        mut actions in prop::collection::vec(action(), 0..300),
        disturbance in prop::option::of((disturbance(), any::<prop::sample::Index>())),
    ) {
        if let Some((action, place)) = disturbance {
            actions.insert(place.index(actions.len() + 1), action);
        }
        let mut world = World::new();
        for side in [0, 1] {
            world.write(side, usize::MAX);
            world.deliver(1 - side, LARGEST_READ);
        }
        for action in &actions {
            world.act(action);
        }
        world.finish();
        world.judge();
    }
}
