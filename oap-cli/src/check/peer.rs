//! A connection with a host under test. Whatever the host sends is judged by all rules, in every case.

use crate::transport::Stream;
use bytes::Bytes;
use oap::{BytesFrame, Config, Decoded, Decoder, Frame, Reject, Session, MAX_ACK_WINDOW};
use oap_probe::wire;
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout_at, Duration, Instant};

const READ_BYTES: usize = 64 << 10;
/// Else the host may read them together.
const BETWEEN_BYTES: Duration = Duration::from_millis(1);

pub struct Peer {
    stream: Stream,
    session: Session,
    chunk: Bytes,
    buffer: Vec<u8>,
    /// What came, in words.
    pub got: Vec<String>,
}

/// What came next.
pub enum Got {
    Frame(BytesFrame),
    /// The host has closed, or the connection broke.
    Closed,
    /// The host's own bytes break a rule.
    Breach(Reject),
    /// Nothing in time.
    Nothing,
}

impl Peer {
    pub fn new(stream: Stream) -> Self {
        // What a HELLO of ours says holds; our configuration allows every one.
        let config = Config::default().with_ack_window_frames(MAX_ACK_WINDOW.into());
        let session = Session::new(config.expect("the largest window is in its range"));
        let (chunk, buffer, got) = (Bytes::new(), vec![0; READ_BYTES], Vec::new());
        Peer { stream, session, chunk, buffer, got }
    }

    /// What both sides have said so far.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Sends bytes. Those frames at their front that are good count as sent: the host may acknowledge them.
    pub async fn say(&mut self, bytes: &[u8], bytewise: bool) -> io::Result<()> {
        self.note(bytes);
        let pieces = if bytewise { 1 } else { bytes.len().max(1) };
        for piece in bytes.chunks(pieces) {
            self.stream.write_all(piece).await?;
            self.stream.flush().await?;
            if bytewise {
                sleep(BETWEEN_BYTES).await;
            }
        }
        Ok(())
    }

    fn note(&mut self, bytes: &[u8]) {
        let mut decoder = Decoder::new(Config::default());
        let mut rest = bytes;
        while let Ok(Decoded::Frame(frame, length)) = decoder.decode(rest) {
            // Behind an ERROR of ours the session would discard what has to be seen.
            let ends = matches!(frame, Frame::Error(_));
            if ends || self.session.send_to(&frame, &mut Vec::new()).is_err() {
                return;
            }
            rest = &rest[length..];
        }
    }

    /// Ends our side.
    pub async fn end(&mut self) {
        // A host that has closed needs no end.
        let _ = self.stream.shutdown().await;
    }

    /// The next frame, or what came in its place before that time.
    pub async fn next(&mut self, until: Instant) -> Got {
        let got = self.try_next(until).await;
        self.got.push(match &got {
            Got::Frame(frame) => wire::words(&frame.frame()),
            Got::Closed => "the end of the connection".to_owned(),
            Got::Breach(reject) => format!("bytes that break a rule: {reject}"),
            Got::Nothing => "nothing more".to_owned(),
        });
        got
    }

    async fn try_next(&mut self, until: Instant) -> Got {
        loop {
            match self.session.next_frame(&mut self.chunk) {
                Err(reject) => return Got::Breach(reject),
                Ok(Some(frame)) => return Got::Frame(frame),
                Ok(None) => {}
            }
            let Ok(read) = timeout_at(until, self.stream.read(&mut self.buffer)).await else {
                return Got::Nothing;
            };
            match read {
                Ok(0) | Err(_) => return self.closed(),
                Ok(count) => self.chunk = Bytes::copy_from_slice(&self.buffer[..count]),
            }
        }
    }

    /// A host that stops inside a frame breaks a rule too, but for one that broke off behind our ERROR.
    fn closed(&mut self) -> Got {
        match self.session.finish() {
            Err(reject) => Got::Breach(reject),
            Ok(()) => Got::Closed,
        }
    }

    /// Acknowledges all of the host's DATA.
    pub async fn acknowledge(&mut self) {
        let inbound = self.session.inbound();
        if let Some(seq) = inbound.last_seq.filter(|_| inbound.in_flight > 0) {
            // A host that has closed is told by what comes next.
            let _ = self.say(&wire::ack(seq), false).await;
        }
    }
}

/// Whether it is an ERROR, and its code.
pub fn error_code(frame: &Frame<'_>) -> Option<u32> {
    match frame {
        Frame::Error(error) => Some(error.code),
        _ => None,
    }
}
