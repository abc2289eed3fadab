//! A connection engine under a peer that sends anything and an application that calls anything, at any time: it never
//! panics, holds what its options say, acknowledges only what was taken, and keeps its first reason.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use oap::{Connection, ConnectionOptions, ConnectionState, End, Frame, Hello, Piece, Row};
use oap_fuzz::frames::Owned;
use oap_fuzz::made::{AnyConfig, AnyFrame};

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    /// Frames of a peer that keeps the rules.
    PeerHello(u8),
    PeerStart,
    PeerData(u8),
    PeerAck(u8),
    PeerEnd,
    /// Frames of one that need not.
    Arrive(AnyFrame),
    Noise(&'a [u8]),
    /// So many of the bytes on the way arrive, with so many rows.
    Receive(u16, u8),
    ReceiveEnd,
    Take(u8),
    Acknowledge(u64),
    Start,
    Data(u8, bool),
    End(u32),
    CancelSend,
    Write(u16),
    Pass(u32),
    Close(Option<u32>),
    Abort,
    Fail,
}

/// Both have greeted, both streams are open, and the peer has sent: chance seldom comes as far.
const OPENING: [Step<'_>; 8] = [
    Step::PeerHello(31),
    Step::PeerStart,
    Step::PeerData(9),
    Step::PeerData(9),
    Step::PeerData(9),
    Step::Receive(u16::MAX, 3),
    Step::Start,
    Step::Write(u16::MAX),
];

const SEND_BUFFER: u64 = 300;
const LARGEST_BODY: usize = 255;

struct Host {
    now: u64,
    connection: Connection,
    /// Bytes of the peer on their way.
    pipe: Vec<u8>,
    peer_seq: u64,
    peer_carried: bool,
    given: usize,
    taken_data: u64,
    given_frames: Vec<bool>,
    auto_ack: bool,
    reason: Option<String>,
}

fuzz_target!(|input: (AnyConfig, bool, bool, Vec<Step<'_>>)| {
    let (AnyConfig(config), auto_ack, open, steps) = input;
    let options = ConnectionOptions::default()
        .with_send_buffer(SEND_BUFFER)
        .and_then(|options| options.with_receive_buffer(500))
        .and_then(|options| options.with_receive_limit(900))
        .and_then(|options| options.with_idle_timeout_ns(3_000_000_000))
        .expect("in range")
        .with_auto_ack(auto_ack);
    let mut host = Host {
        now: 0,
        connection: Connection::new(config, options, 0),
        pipe: Vec::new(),
        peer_seq: 0,
        peer_carried: false,
        given: 0,
        taken_data: 0,
        given_frames: Vec::new(),
        auto_ack,
        reason: None,
    };
    if open {
        OPENING.iter().for_each(|step| host.act(step));
    }
    for step in &steps {
        host.act(step);
        host.check();
    }
});

impl Host {
    fn act(&mut self, step: &Step<'_>) {
        let (now, connection) = (self.now, &mut self.connection);
        match *step {
            Step::PeerHello(window) => {
                let ack_window = Some(u32::from(window) + 1);
                self.arrive(&Owned::Hello(Hello { ack_window, ..Hello::new(1 << 20) }));
            }
            Step::PeerStart => {
                self.peer_carried = false;
                self.arrive(&Owned::Start("s".to_owned()));
            }
            Step::PeerData(len) => {
                (self.peer_seq, self.peer_carried) = (self.peer_seq + 1, true);
                self.arrive(&Owned::Data {
                    seq: self.peer_seq,
                    obj: None,
                    body: vec![0; len.into()],
                });
            }
            Step::PeerAck(behind) => {
                let last = connection.outbound().last_seq.unwrap_or(0);
                self.arrive(&Owned::Ack(last.wrapping_sub(behind.into())));
            }
            Step::PeerEnd => {
                let seq = if self.peer_carried { self.peer_seq } else { 0 };
                self.arrive(&Owned::End(End { seq, status: 0 }));
            }
            Step::Arrive(AnyFrame(ref frame)) => self.arrive(frame),
            Step::Noise(bytes) => self.pipe.extend_from_slice(bytes),
            Step::Receive(len, rows) => self.receive(len.into(), usize::from(rows % 4) + 1),
            Step::ReceiveEnd => connection.receive_end(now),
            Step::Take(frames) => self.take(usize::from(frames % 5)),
            Step::Acknowledge(up_to) => {
                // By hand, so that what is taken says nothing any more.
                self.auto_ack &= connection.acknowledge(now, up_to).is_err();
            }
            Step::Start => {
                let _ = connection.start(now, "notes");
            }
            Step::Data(len, copied) => {
                let body = [0; LARGEST_BODY];
                let len = usize::from(len);
                let _ = if copied {
                    connection.data(now, None, &body[..len])
                } else {
                    connection.data_head(now, None, len)
                };
            }
            Step::End(status) => {
                let _ = connection.end_stream(now, status);
            }
            Step::CancelSend => connection.cancel_send(),
            Step::Write(len) => self.write(len.into()),
            Step::Pass(ns) => {
                self.now += u64::from(ns);
                connection.handle_timeout(self.now);
                assert!(connection.next_timeout().map_or(true, |at| at > self.now), "a busy loop");
            }
            Step::Close(within) => connection.close(now, within.map(u64::from)),
            Step::Abort => connection.abort(),
            Step::Fail => connection.transport_failed(),
        }
    }

    fn arrive(&mut self, frame: &Owned) {
        self.pipe.extend(frame.wire());
    }

    fn receive(&mut self, len: usize, rows: usize) {
        let chunk: Vec<u8> = self.pipe.drain(..len.min(self.pipe.len())).collect();
        let mut rows = vec![Row::default(); rows];
        let mut rest = &chunk[..];
        while !rest.is_empty() {
            let table = self.connection.receive(self.now, rest, &mut rows);
            for frame in &table {
                assert!(matches!(frame, Frame::Start(_) | Frame::Data(_) | Frame::End(_)));
                self.given_frames.push(matches!(frame, Frame::Data(_)));
            }
            let (consumed, more) = (table.consumed(), table.more());
            assert!(consumed > 0 || more || !table.is_empty(), "no progress");
            rest = &rest[consumed..];
        }
    }

    fn take(&mut self, frames: usize) {
        let frames = frames.min(self.given_frames.len() - self.given);
        let taken = &self.given_frames[self.given..self.given + frames];
        self.taken_data += taken.iter().filter(|&&data| data).count() as u64;
        self.given += frames;
        self.connection.take(self.now, frames);
    }

    fn write(&mut self, len: usize) {
        let (before, mut queued) = (self.connection.queued(), 0);
        for piece in self.connection.transmit(self.now) {
            queued += match piece {
                Piece::Bytes(bytes) => bytes.len(),
                Piece::Body(len) => len,
            };
        }
        assert_eq!(queued, self.connection.queued());
        assert!(before < SEND_BUFFER as usize || queued == before, "an ACK waits for room too");
        self.connection.transmitted(self.now, len.min(queued));
    }

    fn check(&mut self) {
        let connection = &self.connection;
        // A frame, an acknowledgement, an END and an ERROR may pass the buffer.
        let most = SEND_BUFFER as usize + LARGEST_BODY + 200;
        assert!(connection.queued() <= most, "{} bytes queued", connection.queued());
        let given = self.given_frames.iter().filter(|&&data| data).count() as u64;
        let in_flight = u64::from(connection.inbound().in_flight);
        if self.auto_ack && delivers(connection.state()) {
            assert!(given - in_flight <= self.taken_data, "acknowledged before it was taken");
        }
        let reason = connection.end_reason().map(|reason| reason.word());
        assert!(self.reason.is_none() || self.reason == reason, "the first reason is kept");
        self.reason = reason;
        let ended = connection.state() == ConnectionState::Ended;
        assert!(!ended || self.reason.is_some());
        assert!(!(ended && (connection.wants_read() || connection.wants_write())));
        assert!(!(ended && connection.next_timeout().is_some()));
    }
}

/// Frames are given, so that all DATA in flight was given.
fn delivers(state: ConnectionState) -> bool {
    matches!(state, ConnectionState::Open | ConnectionState::PeerClosed)
}
