//! Connections that misbehave, beside those that carry the load.

use crate::address::Address;
use crate::load::stats::Stats;
use crate::transport::{self, Stream, Trust};
use clap::ValueEnum;
use oap::{Decoded, Decoder, Frame, Hello, MAX_FRAME_BYTES, MAX_HEAD_BYTES};
use std::str::FromStr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout, Instant};

/// How a hostile peer misbehaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Kind {
    /// Bytes that are no frame.
    Garbage,
    /// A length over 1 MiB.
    Oversize,
    /// Closes inside a frame.
    Cut,
    /// Says nothing.
    Silent,
    /// One byte at a time.
    Slow,
    /// DATA without a stream.
    Stray,
    /// Promises a long frame, sends its head and waits.
    Promise,
}

/// So many connections at a time of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hostile {
    pub kind: Kind,
    pub count: u16,
}

impl FromStr for Hostile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, count) = text.split_once(':').unwrap_or((text, "1"));
        let kind = Kind::from_str(kind, false).map_err(|_| {
            let known = Kind::value_variants().iter().filter_map(ValueEnum::to_possible_value);
            let known: Vec<_> = known.map(|value| value.get_name().to_owned()).collect();
            format!("{kind} is none of {}", known.join(", "))
        })?;
        let count = count.parse().map_err(|_| format!("{count} is not in 0..=65535"))?;
        Ok(Hostile { kind, count })
    }
}

/// How long a host may take to end such a peer before the next one comes.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two connections, and between two bytes of a slow one.
const PAUSE: Duration = Duration::from_millis(20);

/// Connects and misbehaves again and again until the time is up.
pub async fn run(kind: Kind, address: &Address, trust: &Trust, stats: &Stats, until: Instant) {
    let name = kind.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned());
    while Instant::now() < until {
        let outcome = match transport::connect(address, trust).await {
            Ok(stream) => misbehave(kind, stream, until.min(Instant::now() + PATIENCE)).await,
            Err(_) => "not connected".to_owned(),
        };
        *stats.lock().hostile.entry(format!("{name}: {outcome}")).or_default() += 1;
        sleep(PAUSE).await;
    }
}

/// Gives how the host ended it.
async fn misbehave(kind: Kind, mut stream: Stream, until: Instant) -> String {
    let (hello, rest) = bytes_of(kind);
    if stream.write_all(&hello).await.is_err() {
        return "closed".to_owned();
    }
    let mut came = Vec::new();
    if !hello.is_empty() {
        came.resize(MAX_HEAD_BYTES, 0);
        // Its HELLO: what follows is sent to a host that has greeted.
        let left = until.saturating_duration_since(Instant::now());
        let count = timeout(left, stream.read(&mut came)).await;
        came.truncate(count.map_or(0, |count| count.unwrap_or(0)));
    }
    let bytes = rest;
    let paused = matches!(kind, Kind::Slow);
    for piece in bytes.chunks(if paused { 1 } else { bytes.len().max(1) }) {
        if stream.write_all(piece).await.is_err() || Instant::now() > until {
            break;
        }
        if paused {
            sleep(PAUSE).await;
        }
    }
    if kind == Kind::Cut {
        let _ = stream.shutdown().await;
    }
    answer(stream, came, until).await
}

/// A HELLO, for kinds that greet, and what follows the host's.
fn bytes_of(kind: Kind) -> (Vec<u8>, Vec<u8>) {
    let mut hello = Vec::new();
    let greeting = Frame::Hello(Hello::new(MAX_FRAME_BYTES as u64));
    oap::encode_to(&greeting, &mut hello).expect("a good HELLO");
    let rest: &[u8] = match kind {
        Kind::Garbage => return (Vec::new(), b"GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(8)),
        Kind::Silent => return (Vec::new(), Vec::new()),
        Kind::Slow => return (Vec::new(), hello),
        Kind::Oversize => &[0x7f, 0xff, 0xff, 0xff],
        Kind::Cut => &[0, 0, 0, 11, 2],
        Kind::Stray => &[0, 0, 0, 10, 3, 0, 0, 2, 8, 1],
        Kind::Promise => b"\0\0\0\x0b\x02\0\0\x03\x0a\x01a\0\x0f\0\0\x03\0\0\x02\x08\x01",
    };
    (hello, rest.to_vec())
}

/// The label of the host's ERROR, or that it closed, or that it left us alone.
async fn answer(mut stream: Stream, mut came: Vec<u8>, until: Instant) -> String {
    let mut buffer = [0; 4_096];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        match timeout(left, stream.read(&mut buffer)).await {
            Err(_) => return "left open".to_owned(),
            Ok(Ok(0) | Err(_)) => return error_of(&came).unwrap_or_else(|| "closed".to_owned()),
            Ok(Ok(count)) if came.len() < 1 << 16 => came.extend_from_slice(&buffer[..count]),
            Ok(Ok(_)) => {}
        }
    }
}

fn error_of(mut bytes: &[u8]) -> Option<String> {
    let mut decoder = Decoder::new(oap::Config::default());
    while let Ok(Decoded::Frame(frame, length)) = decoder.decode(bytes) {
        if let Frame::Error(error) = frame {
            let known = oap::Reason::ALL.into_iter().find(|reason| reason.code() == error.code);
            return Some(known.map_or(format!("ERROR {}", error.code), |it| it.label().to_owned()));
        }
        bytes = &bytes[length..];
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_names_kinds_and_counts() {
        assert_eq!("slow:7".parse(), Ok(Hostile { kind: Kind::Slow, count: 7 }));
        assert_eq!("cut".parse(), Ok(Hostile { kind: Kind::Cut, count: 1 }));
        assert!("odd".parse::<Hostile>().unwrap_err().contains("garbage, oversize"));
        assert!("cut:x".parse::<Hostile>().unwrap_err().contains("x is not in 0..=65535"));
    }
}
