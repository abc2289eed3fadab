//! Two sessions of the library that stream to each other under a virtual clock. What each receives it acknowledges late, in
//! another order, or not at all; five minutes of it cost no time.

use oap::{
    Ack, Config, Data, EncodeError, Frame, Kind, Monitor, Reason, Reject, Row, Session, Start,
    DEFAULT_ACK_WINDOW,
};
use std::sync::Arc;

const MS: u64 = 1_000_000;
const STEP: u64 = 100 * MS;
const TICK: u64 = 1_000 * MS;

/// The telemetry contract's window and limit, said a second time on purpose: the model must not ask the library.
const BUCKET: u64 = 5_000 * MS;
const BUCKETS: u64 = 60;
const STARVED_LIMIT: u64 = 5_000 * MS;

/// DATA that a side sends in a step, where it has credit.
const DATA_A_STEP: u32 = 20;

/// How acknowledgements go astray.
#[derive(Clone, Copy)]
pub struct Chaos {
    pub name: &'static str,
    /// An ACK is this late at most, in milliseconds.
    pub delay_ms: u64,
    /// Of a hundred ACKs so many are never sent; a later one stands for them.
    pub withheld: u64,
    /// From when to when no ACK goes at all, in milliseconds.
    pub silence_ms: (u64, u64),
}

/// What became of five minutes.
#[derive(Clone, Copy, Default, Debug)]
pub struct Outcome {
    pub delivered: u64,
    pub acks: u64,
    /// ACKs behind one that was sent already: the session refuses to send them.
    pub behind: u64,
    pub starved_ns: u64,
    /// Ticks at which `oap_ack_window_ok` was false.
    pub not_ok: u64,
    /// Ticks at which key or counter were not what the model says.
    pub astray: u64,
}

/// Runs two sessions for a virtual time.
pub fn run(chaos: &Chaos, seed: u64, length_ns: u64) -> Outcome {
    let mut random = Random(seed);
    let mut ends = [Side::new(), Side::new()];
    greet(&mut ends);
    let mut outcome = Outcome::default();
    for now in (0..length_ns).step_by(STEP as usize) {
        for from in 0..2 {
            let wire = ends[from].speak(chaos, now, &mut outcome);
            ends[1 - from].listen(&wire, chaos, now, &mut random, &mut outcome);
        }
        if now % TICK == 0 {
            ends.iter_mut().for_each(|end| end.tick(now, &mut outcome));
        }
    }
    outcome.starved_ns = ends.iter().map(|end| end.monitor.snapshot().ack_starved_ns()).sum();
    outcome
}

fn greet(ends: &mut [Side; 2]) {
    for from in 0..2 {
        let hello = Frame::Hello(ends[from].session.hello());
        let wire = ends[from].encode(&hello).expect("a first frame");
        ends[1 - from].session.recv(&wire, &mut [Row::default()]).expect("a good HELLO");
    }
    for from in 0..2 {
        let start = Frame::Start(Start { stream: "chaos" });
        let wire = ends[from].encode(&start).expect("no stream is open");
        ends[1 - from].session.recv(&wire, &mut [Row::default()]).expect("a good START");
    }
}

struct Side {
    session: Session,
    monitor: Arc<Monitor>,
    sent: u64,
    /// The last up_to that came.
    credited: u64,
    received: u64,
    acknowledged: u64,
    /// ACKs to be sent: when, and up to what.
    due: Vec<(u64, u64)>,
    model: Model,
}

impl Side {
    fn new() -> Self {
        let monitor = Arc::new(Monitor::default());
        let session = Session::new(Config::default()).with_monitor(&monitor);
        let (due, model) = (Vec::new(), Model::default());
        Side { session, monitor, sent: 0, credited: 0, received: 0, acknowledged: 0, due, model }
    }

    fn encode(&mut self, frame: &Frame<'_>) -> Result<Vec<u8>, EncodeError> {
        let mut wire = Vec::new();
        self.session.send_to(frame, &mut wire).map(|_| wire)
    }

    /// The ACKs that are due, and DATA as far as there is credit.
    fn speak(&mut self, chaos: &Chaos, now: u64, outcome: &mut Outcome) -> Vec<u8> {
        let mut wire = Vec::new();
        let (from, until) = chaos.silence_ms;
        if !(from * MS..until * MS).contains(&now) {
            self.acknowledge(now, &mut wire, outcome);
        }
        for _ in 0..self.session.outbound().credit().min(DATA_A_STEP) {
            self.sent += 1;
            let data = Frame::Data(Data { seq: self.sent, obj: None, body: b"chaos" });
            wire.extend(self.encode(&data).expect("there is credit"));
        }
        wire
    }

    fn acknowledge(&mut self, now: u64, wire: &mut Vec<u8>, outcome: &mut Outcome) {
        let (due, later) = self.due.iter().partition(|(at, _)| *at <= now);
        self.due = later;
        let due: Vec<(u64, u64)> = due;
        for (_, up_to) in due {
            match self.encode(&Frame::Ack(Ack { up_to })) {
                Ok(ack) => {
                    assert!(up_to > self.acknowledged, "an ACK that does not advance was sent");
                    self.acknowledged = up_to;
                    outcome.acks += 1;
                    wire.extend(ack);
                }
                Err(error) => {
                    assert!(up_to <= self.acknowledged, "an ACK that advances was refused");
                    assert_eq!(error.reason(), Some(Reason::CreditViolation));
                    outcome.behind += 1;
                }
            }
        }
    }

    fn listen(
        &mut self,
        wire: &[u8],
        chaos: &Chaos,
        now: u64,
        random: &mut Random,
        outcome: &mut Outcome,
    ) {
        let mut rows = [Row::default(); 256];
        let table = self.session.recv(wire, &mut rows).expect("what a session sends is good");
        for row in table.rows() {
            if row.kind == Kind::Data as u8 {
                self.received = row.seq;
                outcome.delivered += 1;
                if random.below(100) >= chaos.withheld {
                    self.due.push((now + random.below(chaos.delay_ms + 1) * MS, row.seq));
                }
            } else {
                assert!(row.seq > self.credited, "up_to went back");
                self.credited = row.seq;
            }
        }
        // Withheld is not lost for ever: the last ACK would never be made up for.
        if self.due.is_empty() && self.received > self.acknowledged {
            self.due.push((now + chaos.delay_ms * MS, self.received));
        }
    }

    fn tick(&mut self, now: u64, outcome: &mut Outcome) {
        let readiness = self.monitor.readiness(now);
        let starving = self.received - self.acknowledged >= DEFAULT_ACK_WINDOW.into();
        let (ok, total) = self.model.tick(now, starving);
        let key = readiness.keys().find(|(key, _)| *key == "oap_ack_window_ok");
        let counted = self.monitor.snapshot().ack_starved_ns();
        outcome.astray += u64::from(key != Some(("oap_ack_window_ok", ok)) || counted != total);
        outcome.not_ok += u64::from(!ok);
    }
}

/// The contract's definition of starvation, in the plainest way: each stretch that was starved is kept.
#[derive(Default)]
struct Model {
    stretches: Vec<(u64, u64)>,
    last: u64,
    starving: bool,
}

impl Model {
    /// Whether the key is true, and all time starved.
    fn tick(&mut self, now: u64, starving: bool) -> (bool, u64) {
        if self.starving {
            self.stretches.push((self.last, now));
        }
        (self.last, self.starving) = (now, starving);
        let window = (now / BUCKET).saturating_sub(BUCKETS - 1) * BUCKET;
        let within: u64 = self.stretches.iter().map(|(s, e)| e.max(&window) - s.max(&window)).sum();
        let all = self.stretches.iter().map(|(start, end)| end - start).sum();
        (within <= STARVED_LIMIT, all)
    }
}

/// SplitMix64: the same chaos for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

/// ACKs that break rule 4.11: the up_tos that a peer sends when five DATA are on their way to it.
pub const WRONG_ACKS: [(&str, &[u64]); 5] = [
    ("duplicated", &[3, 3]),
    ("reordered", &[4, 2]),
    ("ahead by one", &[6]),
    ("ahead by everything", &[u64::MAX]),
    ("of what was before the first", &[0]),
];

/// What a session that has five DATA in flight says of those ACKs, and how many are in flight then. `from` is the end that
/// sends them.
pub fn judge(up_tos: &[u64], from: usize) -> (Option<Reject>, u32) {
    let mut ends = [Side::new(), Side::new()];
    greet(&mut ends);
    let sender = &mut ends[1 - from].session;
    for seq in 1..=5 {
        let data = Frame::Data(Data { seq, obj: None, body: b"" });
        sender.send_to(&data, &mut Vec::new()).expect("there is credit");
    }
    let mut wire = Vec::new();
    for &up_to in up_tos {
        // Past the peer's session, which would refuse it.
        oap::encode_to(&Frame::Ack(Ack { up_to }), &mut wire).expect("a good frame");
    }
    let mut rows = [Row::default(); 4];
    let mut consumed = 0;
    loop {
        match sender.recv(&wire[consumed..], &mut rows) {
            Ok(table) if !table.more() => break,
            Ok(table) => consumed += table.consumed(),
            Err(_) => break,
        }
    }
    (sender.verdict().copied(), sender.outbound().in_flight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_forgets_what_is_older_than_the_window() {
        let mut model = Model::default();
        assert_eq!(model.tick(0, true), (true, 0));
        assert_eq!(model.tick(5_000 * MS, true), (true, 5_000 * MS));
        assert_eq!(model.tick(5_001 * MS, false), (false, 5_001 * MS));
        assert_eq!(model.tick(299_999 * MS, false), (false, 5_001 * MS));
        assert_eq!(model.tick(300_000 * MS, false), (true, 5_001 * MS));
    }

    #[test]
    fn each_wrong_ack_is_a_credit_violation_whoever_sends_it() {
        for (name, up_tos) in WRONG_ACKS {
            for from in 0..2 {
                let (reject, _) = judge(up_tos, from);
                assert_eq!(reject.unwrap().reason(), Reason::CreditViolation, "{name}");
            }
        }
        assert_eq!(judge(&[1, 2, 5], 0), (None, 0));
    }
}
