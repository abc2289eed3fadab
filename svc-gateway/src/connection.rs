//! One connection: read, take the frames, write what they ask for.

use crate::host::Host;
use crate::objects::{Objects, Tally};
use crate::peer::Peer;
use crate::report::{self, StreamLine};
use bytes::{Bytes, BytesMut};
use oap::{Ack, BytesFrame, Data, End, Error, Frame, Reject, Session, Start, STREAM_CHUNK_BYTES};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Bytes of the read buffer.
const READ_BYTES: usize = 4 * STREAM_CHUNK_BYTES;

/// The stream that answers a peer's stream: no DATA, only the status of its END.
const RECEIPT: &str = "receipt";

/// How long a peer may take to read its ERROR and close.
const GRACE: Duration = Duration::from_secs(1);

/// Serves one connection to its end.
///
/// # Errors
/// Where the socket fails; the peer is gone then.
pub async fn serve(socket: TcpStream, host: Arc<Host>, peer: Peer) -> io::Result<()> {
    socket.set_nodelay(true)?;
    Connection {
        socket,
        session: host.telemetry.session(),
        host,
        peer,
        out: Vec::new(),
        stream: None,
        unacknowledged: None,
    }
    .run()
    .await
}

struct Connection {
    socket: TcpStream,
    session: Session,
    host: Arc<Host>,
    peer: Peer,
    /// What the frames of one read asked for; written before the next read.
    out: Vec<u8>,
    stream: Option<Box<Inbound>>,
    unacknowledged: Option<u64>,
}

/// The peer's open stream.
struct Inbound {
    name: String,
    started: Instant,
    frames: u64,
    bytes: u64,
    /// On object streams only.
    objects: Option<Objects>,
}

impl Connection {
    async fn run(mut self) -> io::Result<()> {
        let hello = self.session.hello();
        self.send(&Frame::Hello(hello));
        self.flush().await?;
        let mut input = BytesMut::new();
        loop {
            // The frames of the last read are gone, so this is the same buffer again.
            input.reserve(READ_BYTES);
            let read = self.socket.read_buf(&mut input).await?;
            let taken = match read {
                0 => self.session.finish(),
                _ => self.take(input.split().freeze()),
            };
            match taken {
                Err(reject) => return self.refuse(&reject).await,
                Ok(()) if read == 0 => return Ok(()),
                Ok(()) => self.flush().await?,
            }
        }
    }

    fn take(&mut self, mut chunk: Bytes) -> Result<(), Reject> {
        while !chunk.is_empty() {
            let next = self.host.telemetry.time_decode(|| self.session.next_frame(&mut chunk))?;
            if let Some(frame) = next {
                self.take_frame(&frame);
            }
        }
        self.acknowledge();
        Ok(())
    }

    fn take_frame(&mut self, frame: &BytesFrame) {
        match frame.frame() {
            Frame::Start(start) => self.stream = Some(self.inbound(start.stream)),
            Frame::Data(data) => {
                self.unacknowledged = Some(data.seq);
                if let Some(stream) = &mut self.stream {
                    stream.take(&data);
                }
            }
            Frame::End(_) => self.give_receipt(),
            Frame::Hello(_) | Frame::Ack(_) | Frame::Error(_) => {}
        }
    }

    fn inbound(&self, name: &str) -> Box<Inbound> {
        let is_object_stream = self.session.inbound().objects;
        Box::new(Inbound {
            name: name.to_owned(),
            started: Instant::now(),
            frames: 0,
            bytes: 0,
            objects: is_object_stream.then(|| Objects::new(self.host.config.max_object_bytes.0)),
        })
    }

    /// The peer's credit is whole again when it sees the receipt.
    fn give_receipt(&mut self) {
        let Some(stream) = self.stream.take() else { return };
        let Inbound { name, started, frames, bytes, objects } = *stream;
        let tally = objects.map_or_else(Tally::default, Objects::close);
        let took = started.elapsed();
        report::stream(&self.peer, &StreamLine { name: &name, frames, bytes, tally: &tally, took });
        self.acknowledge();
        self.send(&Frame::Start(Start { stream: RECEIPT }));
        self.send(&Frame::End(End { seq: 0, status: tally.status as u32 }));
    }

    fn acknowledge(&mut self) {
        if let Some(up_to) = self.unacknowledged.take() {
            self.send(&Frame::Ack(Ack { up_to }));
        }
    }

    /// What the rules refuse here comes after the peer's ERROR, and nobody waits for it.
    fn send(&mut self, frame: &Frame<'_>) {
        let sent = self.host.telemetry.time_encode(|| self.session.send_to(frame, &mut self.out));
        debug_assert!(sent.is_ok() || self.session.has_ended(), "{sent:?}");
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.socket.write_all(&self.out).await?;
        self.out.clear();
        Ok(())
    }

    async fn refuse(&mut self, reject: &Reject) -> io::Result<()> {
        report::reject(&self.peer, reject);
        let reason = reject.reason();
        self.send(&Frame::Error(Error { code: reason.code(), reason: reason.label() }));
        timeout(GRACE, self.part()).await?
    }

    /// Reads on until the peer has closed: to close on unread bytes would take the ERROR back.
    async fn part(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.socket.shutdown().await?;
        tokio::io::copy(&mut self.socket, &mut tokio::io::sink()).await.map(drop)
    }
}

impl Inbound {
    fn take(&mut self, data: &Data<'_>) {
        self.frames += 1;
        self.bytes += data.body.len() as u64;
        if let (Some(objects), Some(obj)) = (&mut self.objects, data.obj) {
            objects.take(obj, data.body);
        }
    }
}
