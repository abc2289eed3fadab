//! What a hostile peer may send, and the reason with which it has to be refused.

use crate::client::dial;
use bytes::Bytes;
use oap::{
    encode_to, Ack, Config, Data, End, Frame, Hello, Kind, Reason, Start, StreamDecoder,
    MAX_FRAME_BYTES, PQ_HYBRID, PREFIX_BYTES,
};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// Longer than the gateway may take to refuse.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Case {
    pub name: &'static str,
    pub reason: Reason,
    bytes: fn(ack_window: u32) -> Vec<u8>,
    after_hello: bool,
    half_close: bool,
}

impl Case {
    const fn new(name: &'static str, reason: Reason, bytes: fn(u32) -> Vec<u8>) -> Self {
        Case { name, reason, bytes, after_hello: true, half_close: false }
    }

    /// Its bytes stand where the HELLO should.
    const fn first(self) -> Self {
        Case { after_hello: false, ..self }
    }

    /// Its bytes end early.
    const fn cut(self) -> Self {
        Case { half_close: true, ..self }
    }

    /// All that the peer sends to a receiver with that window.
    fn wire(&self, ack_window: u32) -> Vec<u8> {
        let bytes = (self.bytes)(ack_window);
        if self.after_hello {
            [encoded(&[hello()]), bytes].concat()
        } else {
            bytes
        }
    }
}

/// All eight reasons, some in several ways.
pub const CASES: [Case; 17] = [
    Case::new("half a frame, then the end", Reason::Truncated, |_| {
        let start = encoded(&[START]);
        start[..start.len() / 2].to_vec()
    })
    .cut(),
    Case::new("a length over 1 MiB", Reason::FrameOversize, |_| {
        (MAX_FRAME_BYTES as u32 + 1).to_be_bytes().to_vec()
    }),
    Case::new("an unknown kind", Reason::UnknownEnvelope, |_| prefix(PREFIX_BYTES, 0x99, 0, 0)),
    Case::new("a length under the prefix", Reason::HeaderMalformed, |_| {
        prefix(PREFIX_BYTES - 1, Kind::Ack as u8, 0, 0)
    }),
    Case::new("a reserved byte that is set", Reason::HeaderMalformed, |_| {
        prefix(PREFIX_BYTES, Kind::Ack as u8, 1, 0)
    }),
    Case::new("a varint that is too long", Reason::HeaderMalformed, |_| {
        [prefix(11, Kind::Ack as u8, 0, 3), vec![0x08, 0x81, 0x00]].concat()
    }),
    Case::new("a first frame that is START", Reason::BadHello, |_| encoded(&[START])).first(),
    Case::new("a second HELLO", Reason::BadHello, |_| encoded(&[hello()])),
    Case::new("feature bits where policy forbids them", Reason::BadHelloPq, |_| {
        encoded(&[Frame::Hello(Hello {
            features: Some(PQ_HYBRID),
            ..Hello::new(MAX_FRAME_BYTES as u64)
        })])
    })
    .first(),
    Case::new("DATA without its obj", Reason::MissingObj, |_| encoded(&[START, data(1)])),
    Case::new("one DATA more than the window", Reason::CreditViolation, |window| {
        let frames = (1..=u64::from(window) + 1).map(data);
        encoded(&[PLAIN].into_iter().chain(frames).collect::<Vec<_>>())
    }),
    Case::new("DATA without a stream", Reason::CreditViolation, |_| encoded(&[data(1)])),
    Case::new("DATA with a seq left out", Reason::CreditViolation, |_| {
        encoded(&[PLAIN, data(1), data(3)])
    }),
    Case::new("a second START", Reason::CreditViolation, |_| encoded(&[PLAIN, PLAIN])),
    Case::new("an END with another seq", Reason::CreditViolation, |_| {
        encoded(&[PLAIN, data(1), Frame::End(End { seq: 2, status: 0 })])
    }),
    Case::new("an ACK of what was never sent", Reason::CreditViolation, |_| {
        encoded(&[Frame::Ack(Ack { up_to: 1 })])
    }),
    Case::new("an ACK that runs ahead under an open stream", Reason::CreditViolation, |_| {
        encoded(&[PLAIN, data(1), Frame::Ack(Ack { up_to: u64::MAX })])
    }),
];

const START: Frame<'_> = Frame::Start(Start { stream: "objects/hostile" });
const PLAIN: Frame<'_> = Frame::Start(Start { stream: "hostile" });

pub fn hello() -> Frame<'static> {
    Frame::Hello(Hello::new(MAX_FRAME_BYTES as u64))
}

fn data(seq: u64) -> Frame<'static> {
    Frame::Data(Data { seq, obj: None, body: b"" })
}

pub fn prefix(length: usize, kind: u8, reserved: u8, header_len: u16) -> Vec<u8> {
    let mut bytes = (length as u32).to_be_bytes().to_vec();
    bytes.extend([kind, reserved]);
    bytes.extend(header_len.to_be_bytes());
    bytes
}

/// The bytes of frames, encoded past any session: a session would refuse them.
pub fn encoded(frames: &[Frame<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for frame in frames {
        encode_to(frame, &mut out).expect("frames that are whole");
    }
    out
}

/// How a hostile connection ended.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ending {
    /// With the ERROR of that code and reason.
    Refused(u32, String),
    /// Before the gateway said a word: it did not let the peer in.
    TurnedAway,
    /// Closed without an ERROR.
    Silent,
    /// Still open when patience ended.
    Open,
}

impl Ending {
    /// Whether the gateway gave that reason, by code and label.
    pub fn is(&self, reason: Reason) -> bool {
        matches!(self, Ending::Refused(code, label) if *code == reason.code() && label == reason.label())
    }
}

/// Plays a case from that address.
///
/// # Errors
/// Where no connection is made: the drill's own shortage, or the gateway is gone.
pub async fn play(
    case: &Case,
    from: Ipv4Addr,
    to: SocketAddr,
    ack_window: u32,
) -> io::Result<Ending> {
    let mut socket = dial(from, to).await?;
    // One that is turned away may have closed already.
    let _ = socket.write_all(&case.wire(ack_window)).await;
    if case.half_close {
        let _ = socket.shutdown().await;
    }
    Ok(ending(&mut socket).await)
}

/// Reads until the gateway has closed.
pub async fn ending(socket: &mut (impl AsyncRead + Unpin)) -> Ending {
    let mut decoder = StreamDecoder::new(Config::default());
    let mut spoke = false;
    loop {
        let mut read = vec![0; 4096];
        let len = match timeout(PATIENCE, socket.read(&mut read)).await {
            Err(_) => return Ending::Open,
            Ok(Err(_) | Ok(0)) if spoke => return Ending::Silent,
            Ok(Err(_) | Ok(0)) => return Ending::TurnedAway,
            Ok(Ok(len)) => len,
        };
        spoke = true;
        let mut chunk = Bytes::from(read).slice(..len);
        while let Ok(Some(frame)) = decoder.next_frame(&mut chunk) {
            if let Frame::Error(error) = frame.frame() {
                return Ending::Refused(error.code, error.reason.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oap::{Reject, Session};

    /// What a receiver that forbids feature bits says of all that the peer sends.
    fn verdict(case: &Case) -> Result<(), Reject> {
        let config = Config::default().with_allow_pq_hello_flags(false);
        let mut session = Session::new(config);
        session.send_to(&Frame::Hello(session.hello()), &mut Vec::new()).unwrap();
        let mut chunk = Bytes::from(case.wire(config.ack_window_frames()));
        while !chunk.is_empty() {
            session.next_frame(&mut chunk)?;
        }
        session.finish()
    }

    #[test]
    fn each_case_has_its_reason() {
        for case in &CASES {
            assert_eq!(verdict(case).unwrap_err().reason(), case.reason, "{}", case.name);
        }
    }

    #[test]
    fn the_cases_have_all_reasons() {
        for reason in Reason::ALL {
            assert!(CASES.iter().any(|case| case.reason == reason), "{reason}");
        }
    }
}
