//! Plays a hostile peer, and says how the host ended it.

use crate::hostile::{Hostile, Manner};
use crate::wire::{greeting, reason};
use bytes::Bytes;
use oap::{BytesFrame, Config, Frame, Reason, StreamDecoder, DEFAULT_ACK_WINDOW};
use std::convert::Infallible;
use std::fmt;
use std::future::pending;
use std::time::Duration;
use tokio::io::{split, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{interval, timeout_at, Instant};

/// Between two bytes of one that trickles.
const TRICKLE: Duration = Duration::from_millis(50);
const READ_BYTES: usize = 4_096;

/// How a host ended a connection.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ending {
    /// With the ERROR of that code and reason.
    Refused(u32, String),
    /// Before it said a word: it did not let the peer in.
    TurnedAway,
    /// Closed without an ERROR.
    Silent,
    /// Still open when patience ended.
    Open,
}

impl Ending {
    /// Whether the host gave that reason, by code and label.
    pub fn is(&self, reason: Option<Reason>) -> bool {
        let told = reason.map(|reason| Ending::Refused(reason.code(), reason.label().to_owned()));
        told.as_ref() == Some(self)
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Refused(code, _) => match reason(*code) {
                Some(reason) => f.write_str(reason.label()),
                None => write!(f, "ERROR {code}"),
            },
            Ending::TurnedAway => f.write_str("closed without a HELLO"),
            Ending::Silent => f.write_str("closed"),
            Ending::Open => f.write_str("left open"),
        }
    }
}

impl Hostile {
    /// Misbehaves on a new connection until the host ends it, or patience does.
    pub async fn play(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        patience: Duration,
    ) -> Ending {
        let (reader, mut writer) = split(stream);
        let mut host = Host::new(reader, patience);
        let mut window = DEFAULT_ACK_WINDOW;
        if self.greets {
            say(&mut writer, &greeting()).await;
            match host.window().await {
                Ok(granted) => window = granted,
                Err(ending) => return ending,
            }
        }
        tokio::select! {
            ending = host.ending() => ending,
            never = self.misbehave(&mut writer, window) => match never {},
        }
    }

    async fn misbehave(&self, writer: &mut (impl AsyncWrite + Unpin), window: u32) -> Infallible {
        say(writer, &(self.bytes)(window)).await;
        match self.manner {
            Manner::Waits => {}
            Manner::Ends => drop(writer.shutdown().await),
            Manner::Trickles => {
                let mut periods = interval(TRICKLE);
                loop {
                    periods.tick().await;
                    say(writer, &[0]).await;
                }
            }
        }
        pending().await
    }
}

/// A host that has closed takes nothing more; how it closed is read.
async fn say(writer: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) {
    if writer.write_all(bytes).await.is_ok() {
        let _ = writer.flush().await;
    }
}

/// Reads until the host has closed, or until patience ends.
pub async fn ending(reader: impl AsyncRead + Unpin, patience: Duration) -> Ending {
    Host::new(reader, patience).ending().await
}

/// What a host says.
struct Host<R> {
    reader: R,
    until: Instant,
    decoder: StreamDecoder,
    chunk: Bytes,
    spoke: bool,
}

impl<R: AsyncRead + Unpin> Host<R> {
    fn new(reader: R, patience: Duration) -> Self {
        let (until, decoder) = (Instant::now() + patience, StreamDecoder::new(Config::default()));
        Host { reader, until, decoder, chunk: Bytes::new(), spoke: false }
    }

    /// The window that its HELLO grants.
    async fn window(&mut self) -> Result<u32, Ending> {
        let frame = self.next().await?;
        match frame.frame() {
            Frame::Hello(hello) => Ok(hello.ack_window.unwrap_or(DEFAULT_ACK_WINDOW)),
            _ => Ok(DEFAULT_ACK_WINDOW),
        }
    }

    async fn ending(&mut self) -> Ending {
        loop {
            if let Err(ending) = self.next().await {
                return ending;
            }
        }
    }

    /// The next frame, or the end.
    async fn next(&mut self) -> Result<BytesFrame, Ending> {
        loop {
            match self.decoder.next_frame(&mut self.chunk) {
                Ok(Some(frame)) => return refusal(&frame).map_or(Ok(frame), Err),
                Ok(None) => {}
                // What is no frame is passed over: its peer is no better.
                Err(_) => self.chunk.clear(),
            }
            self.read().await?;
        }
    }

    async fn read(&mut self) -> Result<(), Ending> {
        let mut buffer = vec![0; READ_BYTES];
        let closed = if self.spoke { Ending::Silent } else { Ending::TurnedAway };
        match timeout_at(self.until, self.reader.read(&mut buffer)).await {
            Err(_) => Err(Ending::Open),
            Ok(Err(_) | Ok(0)) => Err(closed),
            Ok(Ok(count)) => {
                self.spoke = true;
                self.chunk = Bytes::from(buffer).slice(..count);
                Ok(())
            }
        }
    }
}

fn refusal(frame: &BytesFrame) -> Option<Ending> {
    match frame.frame() {
        Frame::Error(error) => Some(Ending::Refused(error.code, error.reason.to_owned())),
        _ => None,
    }
}
