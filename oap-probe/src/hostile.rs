//! Ways to misbehave, and the reason with which a host has to refuse each.

use crate::wire::{ack, data, end, greeting, hello, number, of, prefix, start};
use oap::{Kind, Reason, MAX_FRAME_BYTES, MAX_HEADER_BYTES, PQ_HYBRID, PREFIX_BYTES};

/// A peer that misbehaves in one way.
#[derive(Clone, Copy)]
pub struct Hostile {
    /// For a command line.
    pub name: &'static str,
    /// For a report.
    pub about: &'static str,
    /// With which it has to be refused, where it breaks a rule.
    pub reason: Option<Reason>,
    /// What it sends to a host with that window.
    pub(crate) bytes: fn(window: u32) -> Vec<u8>,
    pub(crate) greets: bool,
    pub(crate) manner: Manner,
}

/// What follows the bytes.
#[derive(Clone, Copy)]
pub(crate) enum Manner {
    Waits,
    /// The end of its side.
    Ends,
    /// Zeros, one at a time.
    Trickles,
}

impl Hostile {
    const fn new(name: &'static str, about: &'static str, bytes: fn(u32) -> Vec<u8>) -> Self {
        Hostile { name, about, reason: None, bytes, greets: true, manner: Manner::Waits }
    }

    const fn refused(self, reason: Reason) -> Self {
        Hostile { reason: Some(reason), ..self }
    }

    /// Its bytes stand where the HELLO should.
    const fn first(self) -> Self {
        Hostile { greets: false, ..self }
    }

    const fn and(self, manner: Manner) -> Self {
        Hostile { manner, ..self }
    }

    /// All that it sends before it waits, ends or trickles.
    pub fn wire(&self, window: u32) -> Vec<u8> {
        let bytes = (self.bytes)(window);
        match self.greets {
            true => [greeting(), bytes].concat(),
            false => bytes,
        }
    }
}

/// Those that break a rule: all eight reasons, some in several ways.
pub static BREACHES: [Hostile; 17] = [
    Hostile::new("cut", "half a frame, then the end", |_| start(OBJECTS)[..12].to_vec())
        .refused(Reason::Truncated)
        .and(Manner::Ends),
    Hostile::new("oversize", "a length over 1 MiB", |_| {
        (MAX_FRAME_BYTES as u32 + 1).to_be_bytes().to_vec()
    })
    .refused(Reason::FrameOversize),
    Hostile::new("unknown", "an unknown kind", |_| prefix(LEAST, 0x99, 0, 0).to_vec())
        .refused(Reason::UnknownEnvelope),
    Hostile::new("short", "a length under the prefix", |_| {
        prefix(LEAST - 1, Kind::Ack as u8, 0, 0).to_vec()
    })
    .refused(Reason::HeaderMalformed),
    Hostile::new("reserved", "a reserved byte that is set", |_| {
        prefix(LEAST, Kind::Ack as u8, 1, 0).to_vec()
    })
    .refused(Reason::HeaderMalformed),
    Hostile::new("varint", "a varint that is too long", |_| of(Kind::Ack, &[0x08, 0x81, 0]))
        .refused(Reason::HeaderMalformed),
    Hostile::new("start-first", "a first frame that is START", |_| start(PLAIN))
        .refused(Reason::BadHello)
        .first(),
    Hostile::new("second-hello", "a second HELLO", |_| greeting()).refused(Reason::BadHello),
    Hostile::new("features", "feature bits where policy forbids them", |_| {
        hello(1, MAX_FRAME_BYTES as u64, &number(3, PQ_HYBRID))
    })
    .refused(Reason::BadHelloPq)
    .first(),
    Hostile::new("no-obj", "DATA without its obj", |_| [start(OBJECTS), data(1, b"")].concat())
        .refused(Reason::MissingObj),
    Hostile::new("over-window", "one DATA more than the window", |window| {
        let mut bytes = start(PLAIN);
        (1..=u64::from(window) + 1).for_each(|seq| bytes.extend(data(seq, b"")));
        bytes
    })
    .refused(Reason::CreditViolation),
    Hostile::new("stray", "DATA without a stream", |_| data(1, b""))
        .refused(Reason::CreditViolation),
    Hostile::new("gap", "DATA with a seq left out", |_| {
        [start(PLAIN), data(1, b""), data(3, b"")].concat()
    })
    .refused(Reason::CreditViolation),
    Hostile::new("second-start", "a second START", |_| start(PLAIN).repeat(2))
        .refused(Reason::CreditViolation),
    Hostile::new("wrong-end", "an END with another seq", |_| {
        [start(PLAIN), data(1, b""), end(2, 0)].concat()
    })
    .refused(Reason::CreditViolation),
    Hostile::new("early-ack", "an ACK of what was never sent", |_| ack(1))
        .refused(Reason::CreditViolation),
    Hostile::new("far-ack", "an ACK that runs ahead under an open stream", |_| {
        [start(PLAIN), data(1, b""), ack(u64::MAX)].concat()
    })
    .refused(Reason::CreditViolation),
];

/// A frame of 1 MiB that is begun.
pub const PROMISE: Hostile = Hostile::new("promise", "the head of a frame of 1 MiB", promise);
/// The same, and a byte of its body at a time.
pub const SLOW: Hostile =
    Hostile::new("slow", "a frame of 1 MiB that trickles", promise).and(Manner::Trickles);
/// A HELLO with the longest header, a byte at a time.
pub const SLOW_HELLO: Hostile = Hostile::new("slow-hello", "a HELLO that trickles", |_| {
    prefix(LEAST + MAX_HEADER_BYTES as u32, Kind::Hello as u8, 0, MAX_HEADER_BYTES as u16).to_vec()
})
.first()
.and(Manner::Trickles);

/// Those that break no rule, or none of the protocol's: the host's deadlines and budgets are for them.
static NUISANCES: [Hostile; 5] = [
    Hostile::new("garbage", "another protocol", |_| b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(8))
        .first(),
    Hostile::new("silent", "not a byte", |_| Vec::new()).first(),
    PROMISE,
    SLOW,
    SLOW_HELLO,
];

/// All ways to misbehave.
pub fn all() -> impl Iterator<Item = &'static Hostile> {
    BREACHES.iter().chain(&NUISANCES)
}

const OBJECTS: &[u8] = b"objects/hostile";
const PLAIN: &[u8] = b"hostile";
const LEAST: u32 = PREFIX_BYTES as u32;

fn promise(_: u32) -> Vec<u8> {
    let head = prefix(MAX_FRAME_BYTES as u32, Kind::Data as u8, 0, 2);
    [&start(PLAIN)[..], &head, &number(1, 1)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use oap::{Config, Frame, Reject, Session};
    use std::collections::BTreeSet;

    /// What a receiver that forbids feature bits says of all that the peer sends.
    fn verdict(hostile: &Hostile) -> Result<(), Reject> {
        let config = Config::default().with_allow_pq_hello_flags(false);
        let mut session = Session::new(config);
        session.send_to(&Frame::Hello(session.hello()), &mut Vec::new()).unwrap();
        let mut chunk = Bytes::from(hostile.wire(config.ack_window_frames()));
        while !chunk.is_empty() {
            session.next_frame(&mut chunk)?;
        }
        session.finish()
    }

    #[test]
    fn each_breach_has_its_reason() {
        for breach in &BREACHES {
            let reason = verdict(breach).unwrap_err().reason();
            assert_eq!(Some(reason), breach.reason, "{}", breach.name);
        }
    }

    #[test]
    fn the_breaches_have_all_reasons() {
        for reason in Reason::ALL {
            assert!(BREACHES.iter().any(|breach| breach.reason == Some(reason)), "{reason}");
        }
    }

    #[test]
    fn the_page_of_the_tool_has_them_all_in_their_order() {
        let page = include_str!("../../docs/oap.md");
        let reason = |hostile: &Hostile| hostile.reason.map_or("", Reason::label);
        let row = |it: &Hostile| format!("| `{}` | {} | {} |", it.name, it.about, reason(it));
        let rows: Vec<_> = all().map(row).collect();
        assert!(page.contains(&rows.join("\n")), "{}", rows.join("\n"));
    }

    #[test]
    fn each_has_a_name_of_its_own() {
        let names: BTreeSet<_> = all().map(|hostile| hostile.name).collect();
        assert_eq!(names.len(), all().count());
    }
}
