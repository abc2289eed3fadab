//! One side of a session beside the plain reading of section 4, and two sides against each other.

use crate::frames::Owned;
use crate::game::{Game, Play};
use crate::model::{Model, OWN, PEER};
use crate::ways::{self, Trace};
use oap::{Config, Flow, Kind, Monitor, Reason, Reject, Row, Session};
use std::sync::Arc;

pub fn recv(session: &mut Session, bytes: &[u8], rows: usize) -> Trace {
    let mut trace = Trace::default();
    let given = match rows {
        0 => ways::take(session, bytes, &mut trace),
        _ => ways::feed(session, bytes, &mut vec![Row::default(); rows], &mut trace),
    };
    Trace { reject: given.err(), ..trace }
}

pub fn send(session: &mut Session, frame: &Owned) -> Result<Vec<u8>, Reason> {
    let mut out = Vec::new();
    match session.send_to(&frame.frame(), &mut out) {
        Ok(len) => {
            assert_eq!(len, out.len());
            Ok(out)
        }
        Err(error) => {
            assert!(out.is_empty());
            Err(error.reason().expect("a growing buffer"))
        }
    }
}

pub fn flow(flow: Flow) -> (bool, bool, Option<u64>, u32, u32) {
    assert_eq!(flow.credit(), flow.window - flow.in_flight);
    (flow.open, flow.objects, flow.last_seq, flow.in_flight, flow.window)
}

/// All that a session tells.
pub fn observed(session: &Session) -> impl PartialEq + std::fmt::Debug {
    let ends = (session.has_ended(), session.verdict().copied(), session.staged());
    let peer = (session.is_established(), session.peer_max_frame());
    (session.outbound(), session.inbound(), peer, ends, *session.config())
}

/// One side under test, its model, and a twin that never tries what is refused.
pub struct Bench {
    session: Session,
    twin: Session,
    model: Model,
    game: Game,
    pub pipe: Vec<u8>,
    monitor: Arc<Monitor>,
    /// Frames by kind, and rejects, that the monitor must have.
    counted: [u64; 6],
    rejects: u64,
}

impl Bench {
    pub fn new(config: Config) -> Self {
        let monitor = Arc::new(Monitor::default());
        Bench {
            session: Session::new(config).with_monitor(&monitor),
            twin: Session::new(config),
            model: Model::new(config),
            game: Game::default(),
            pipe: Vec::new(),
            monitor,
            counted: [0; 6],
            rejects: 0,
        }
    }

    /// The side sends the frame of a play.
    pub fn play(&mut self, play: &Play) {
        if let Some(frame) = self.game.frame(OWN, play) {
            self.send(&frame);
        }
    }

    /// The side sends the HELLO of its configuration.
    pub fn greet(&mut self) {
        self.send(&Owned::Hello(self.session.hello()));
    }

    /// The peer sends the frame of a play; its bytes wait in the pipe.
    pub fn arrive(&mut self, play: &Play) {
        if let Some(frame) = self.game.frame(PEER, play) {
            self.game.passed(PEER, &frame);
            self.pipe.extend(frame.wire());
        }
    }

    pub fn noise(&mut self, bytes: &[u8]) {
        self.pipe.extend(bytes);
    }

    pub fn finish(&mut self) {
        let before = self.session.verdict().copied();
        let finished = self.session.finish().err();
        assert_eq!(finished.map(|reject| reject.reason()), self.model.finish());
        assert_eq!(self.twin.finish().err(), finished);
        self.count_reject(before);
    }

    fn send(&mut self, frame: &Owned) {
        let before = observed(&self.session);
        let sent = send(&mut self.session, frame);
        assert_eq!(sent, self.model.send(frame), "{frame:?}");
        if sent.is_ok() {
            self.game.passed(OWN, frame);
            self.counted[frame.frame().kind() as usize - 1] += 1;
            assert_eq!(send(&mut self.twin, frame), sent);
        } else {
            assert_eq!(observed(&self.session), before, "{frame:?}");
        }
    }

    /// So many bytes of the pipe are received, with so many rows; 0: as owned frames.
    pub fn recv(&mut self, len: usize, rows: usize) {
        let before = self.session.verdict().copied();
        let bytes: Vec<u8> = self.pipe.drain(..len).collect();
        let trace = recv(&mut self.session, &bytes, rows);
        assert_eq!(recv(&mut self.twin, &bytes, 1), trace);
        let (frames, reject) = self.model.recv(&bytes);
        assert_eq!(trace.frames, frames);
        assert_eq!(trace.reject.map(|reject| reject.reason()), reject);
        frames.iter().for_each(|frame| self.counted[frame.frame().kind() as usize - 1] += 1);
        self.count_reject(before);
    }

    fn count_reject(&mut self, before: Option<Reject>) {
        if before.is_none() {
            self.rejects += self.session.verdict().map_or(0, |_| 1);
        }
    }

    /// What the session tells is what the plain reading has, and its monitor has counted just that.
    pub fn compare(&self) {
        assert_eq!(flow(self.session.outbound()), self.model.flow(OWN));
        assert_eq!(flow(self.session.inbound()), self.model.flow(PEER));
        assert_eq!(self.session.peer_max_frame(), self.model.peer_max_frame());
        assert_eq!(self.session.has_ended(), self.model.has_ended());
        assert_eq!(self.session.staged(), self.model.partial());
        assert_eq!(observed(&self.session), observed(&self.twin));
        self.compare_monitor();
    }

    fn compare_monitor(&self) {
        let snapshot = self.monitor.snapshot();
        assert_eq!(Kind::ALL.map(|kind| snapshot.frames(kind)), self.counted);
        assert_eq!(
            Reason::ALL.map(|reason| snapshot.rejects(reason)).iter().sum::<u64>(),
            self.rejects
        );
        let (open, _, _, in_flight, window) = self.model.flow(PEER);
        let over = self.model.has_ended() || self.session.verdict().is_some();
        let credit = if open { window - in_flight } else { 0 };
        let gauges = if over { (0, 0) } else { (credit.into(), in_flight.into()) };
        assert_eq!((snapshot.ack_window(), snapshot.inflight_frames()), gauges);
    }
}

/// Two sessions, and the bytes on their way to each.
pub struct Pair {
    pub sessions: [Session; 2],
    pub pipes: [Vec<u8>; 2],
    pub game: Game,
}

impl Pair {
    /// The same policies, their own limits; each has said its HELLO.
    pub fn new(configs: [Config; 2]) -> Self {
        let mut pair = Pair {
            sessions: configs.map(Session::new),
            pipes: Default::default(),
            game: Game::default(),
        };
        for side in 0..2 {
            let hello = Owned::Hello(pair.sessions[side].hello());
            assert!(pair.send(side, &hello));
        }
        pair
    }

    pub fn send(&mut self, side: usize, frame: &Owned) -> bool {
        let sent = send(&mut self.sessions[side], frame);
        if let Ok(wire) = &sent {
            self.pipes[1 - side].extend(wire);
            self.game.passed(side, frame);
        }
        sent.is_ok()
    }

    /// What was sent by a session is never rejected by the other, but after an ERROR of its own went the other way.
    pub fn arrive(&mut self, side: usize, len: usize) {
        let bytes: Vec<u8> = self.pipes[side].drain(..len).collect();
        let trace = recv(&mut self.sessions[side], &bytes, len % 3);
        assert_eq!(trace.reject, None);
        let (inbound, outbound) = (self.sessions[side].inbound(), self.sessions[side].outbound());
        assert!(inbound.in_flight <= inbound.window && outbound.in_flight <= outbound.window);
    }

    pub fn play(&mut self, side: usize, play: &Play) {
        if let Some(frame) = self.game.frame(side, play) {
            self.send(side, &frame);
        }
    }

    pub fn drain(&mut self) {
        for side in 0..2 {
            self.arrive(side, self.pipes[side].len());
        }
    }

    /// Once the pipes are empty, each side has of the other just what that has of itself.
    pub fn assert_agree(&mut self) {
        self.drain();
        let [a, b] = &self.sessions;
        assert_eq!(a.has_ended(), b.has_ended());
        if !a.has_ended() {
            assert_eq!((a.outbound(), a.inbound()), (b.inbound(), b.outbound()));
            assert_eq!((a.staged(), b.staged()), (0, 0));
        }
    }
}
