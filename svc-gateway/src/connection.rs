//! One connection: read, take the frames, work off what they bring, write what they ask for.

use crate::budget::Reservation;
use crate::foreign::Opening;
use crate::host::Host;
use crate::inbound::{Inbound, AT_ONCE_BYTES};
use crate::objects::Objects;
use crate::pace::Pace;
use crate::peer::Peer;
use crate::reader::{Chunk, Reader};
use crate::refusal::Refusal;
use crate::staging::Partial;
use bytes::Bytes;
use oap::{Ack, End, Frame, Reject, Session, Start};
use std::future::pending;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{sleep, sleep_until, timeout};

/// The stream that answers a peer's stream: no DATA, only the status of its END.
const RECEIPT: &str = "receipt";

/// Bytes of answers that are written before more is read.
const WRITE_BYTES: usize = 16_384;

/// What an idle connection may keep for its next answer.
const KEPT_BYTES: usize = 1_024;

/// How long who waits for room is spared its own time limit before that is looked at again.
const ROOM: Duration = Duration::from_secs(1);

pub trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

/// How a connection ends when it is not by the peer's closing at a good place.
pub enum Ending {
    Rejected(Reject),
    Refused(Refusal),
    Foreign(&'static str),
    /// The socket failed: the peer is gone.
    Broken,
}

impl From<Reject> for Ending {
    fn from(reject: Reject) -> Self {
        Ending::Rejected(reject)
    }
}

impl From<Refusal> for Ending {
    fn from(refusal: Refusal) -> Self {
        Ending::Refused(refusal)
    }
}

impl From<io::Error> for Ending {
    fn from(_: io::Error) -> Self {
        Ending::Broken
    }
}

/// Who is served, and since when.
pub struct Arrival {
    pub host: Arc<Host>,
    pub peer: Peer,
    pub accepted: Instant,
}

pub struct Connection<S> {
    pub socket: S,
    pub host: Arc<Host>,
    pub peer: Peer,
    pub session: Session,
    /// What the frames of one read asked for; written before the next read.
    pub out: Vec<u8>,
    accepted: Instant,
    reader: Reader,
    opening: Opening,
    pace: Pace,
    /// Quarantines that this connection knows of.
    quarantines: u64,
    stream: Option<Box<Inbound>>,
    /// The last DATA that came.
    delivered: Option<u64>,
    /// The last DATA that was worked off, where that has yet to be acknowledged.
    consumed: Option<u64>,
    partial: Option<Partial>,
    /// The room of a frame that was partial, until it is worked off.
    completed: Option<Reservation>,
}

impl<S: Socket> Connection<S> {
    pub fn new(socket: S, arrival: Arrival) -> Self {
        let Arrival { host, peer, accepted } = arrival;
        Connection {
            socket,
            session: host.telemetry.session(),
            out: Vec::new(),
            accepted,
            reader: Reader::new(&host.work),
            opening: Opening::default(),
            pace: Pace::new(host.config.streams_per_second.0, accepted),
            quarantines: host.quarantine.count(),
            stream: None,
            delivered: None,
            consumed: None,
            partial: None,
            completed: None,
            host,
            peer,
        }
    }

    /// Serves it until the peer closes, or an ERROR of its own ends the session, or the gateway drains.
    ///
    /// # Errors
    /// How it ended otherwise.
    pub async fn converse(&mut self) -> Result<(), Ending> {
        let hello = self.session.hello();
        self.send(&Frame::Hello(hello));
        self.flush().await?;
        while let Some(chunk) = self.read().await? {
            self.look_at(&chunk.bytes)?;
            self.take(chunk).await?;
            if self.session.has_ended() {
                return Ok(());
            }
        }
        Ok(self.session.finish()?)
    }

    /// The next bytes; `None` at their end, and while nothing is under way when the gateway drains.
    async fn read(&mut self) -> Result<Option<Chunk>, Ending> {
        let (mut deadline, refusal) = self.patience();
        let is_idle = self.stream.is_none() && self.partial.is_none();
        loop {
            tokio::select! {
                biased;
                () = evicted(self.partial.as_ref()) => return Err(Refusal::StagingFull.into()),
                chunk = self.reader.read(&mut self.socket) => return Ok(chunk?),
                () = self.host.draining.cancelled(), if is_idle => return Ok(None),
                () = sleep_until(deadline.into()) => {
                    if !self.reader.waits_for_room() {
                        return Err(refusal.into());
                    }
                    deadline = Instant::now() + ROOM;
                }
            }
        }
    }

    /// Until when bytes have to come, and what it is called if they don't.
    fn patience(&self) -> (Instant, Refusal) {
        let (config, now) = (&self.host.config, Instant::now());
        if !self.session.is_established() {
            let deadline = self.accepted + config.handshake_seconds.duration();
            return (deadline, Refusal::HandshakeTimeout);
        }
        match (&self.partial, &self.stream) {
            (Some(partial), _) => {
                (partial.since + config.frame_seconds.duration(), Refusal::FrameTimeout)
            }
            (None, Some(_)) => (now + config.read_seconds.duration(), Refusal::ReadTimeout),
            (None, None) => (now + config.idle_seconds.duration(), Refusal::IdleTimeout),
        }
    }

    /// Before the decoder: whether the peer has been put in quarantine, and what it speaks.
    fn look_at(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        let quarantines = self.host.quarantine.count();
        if quarantines != self.quarantines {
            self.quarantines = quarantines;
            let network = self.peer.network();
            if network.is_some_and(|n| self.host.quarantine.holds(n, Instant::now())) {
                return Err(Refusal::Quarantined.into());
            }
        }
        self.opening.pass(bytes).map_or(Ok(()), |protocol| Err(Ending::Foreign(protocol)))
    }

    /// A stream at a time is decoded, worked off and answered; the room of the read is held until all of it is.
    async fn take(&mut self, chunk: Chunk) -> Result<(), Ending> {
        let (came, mut bytes) = (Instant::now(), chunk.bytes);
        while !bytes.is_empty() {
            let ended = self.decode(&mut bytes)?;
            self.work().await?;
            if ended {
                self.give_receipt().await?;
            }
        }
        self.hold(came).await?;
        drop(chunk.reserved);
        self.flush().await
    }

    /// Takes frames up to an END, which it tells, or to the end of the bytes. None is acknowledged before all are
    /// judged: what breaks the window is found whatever the order of work.
    fn decode(&mut self, bytes: &mut Bytes) -> Result<bool, Reject> {
        let mut at_once = AT_ONCE_BYTES;
        while !bytes.is_empty() {
            let next = self.host.telemetry.time_decode(|| self.session.next_frame(bytes))?;
            let Some(frame) = next else { break };
            if let Some(partial) = self.partial.take() {
                self.completed = partial.complete();
            }
            match frame.frame() {
                Frame::Start(start) => self.stream = Some(self.inbound(start.stream)),
                Frame::Data(data) => {
                    self.delivered = Some(data.seq);
                    let stream = self.stream.as_mut();
                    if stream.is_some_and(|stream| stream.take(&frame, &data, &mut at_once)) {
                        self.consumed = Some(data.seq);
                    }
                }
                Frame::End(_) => return Ok(true),
                Frame::Hello(_) | Frame::Ack(_) | Frame::Error(_) => {}
            }
        }
        Ok(false)
    }

    fn inbound(&self, name: &str) -> Box<Inbound> {
        let is_object_stream = self.session.inbound().objects;
        let limit = self.host.config.max_object_bytes.0;
        Inbound::new(name, is_object_stream.then(|| Objects::new(limit)))
    }

    /// Has what waits worked off. What was taken at once is acknowledged before: the peer has credit meanwhile.
    async fn work(&mut self) -> Result<(), Ending> {
        self.acknowledge();
        if let Some(work) = self.stream.as_mut().and_then(|stream| stream.work()) {
            self.flush().await?;
            let objects = self.host.stage.run(work).await.ok_or(Ending::Broken)?;
            if let Some(stream) = &mut self.stream {
                stream.resume(objects);
            }
            self.consumed = self.delivered;
            self.acknowledge();
        }
        self.completed = None;
        Ok(())
    }

    fn acknowledge(&mut self) {
        if let Some(up_to) = self.consumed.take() {
            self.send(&Frame::Ack(Ack { up_to }));
        }
    }

    /// The peer's credit is whole again when it sees the receipt.
    async fn give_receipt(&mut self) -> Result<(), Ending> {
        let Some(stream) = self.stream.take() else { return Ok(()) };
        let status = stream.close(&self.peer);
        self.send(&Frame::Start(Start { stream: RECEIPT }));
        self.send(&Frame::End(End { seq: 0, status }));
        let wait = self.pace.pass(Instant::now());
        if !wait.is_zero() {
            self.reader.shrink();
            self.flush().await?;
            sleep(wait).await;
        }
        if self.out.len() >= WRITE_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    /// Has the partial frame's bytes fit into what all connections may hold.
    async fn hold(&mut self, came: Instant) -> Result<(), Refusal> {
        let staged = self.session.staged();
        if staged == 0 {
            return Ok(());
        }
        let begin = || self.host.staging.begin(self.peer.network(), came);
        self.partial.get_or_insert_with(begin).grow(staged).await
    }

    /// Gives back what it holds of frames: what is still to be said needs none of it.
    pub fn let_go(&mut self) {
        (self.partial, self.completed, self.stream) = (None, None, None);
    }

    /// What the rules refuse here comes after the peer's ERROR, and nobody waits for it.
    pub fn send(&mut self, frame: &Frame<'_>) {
        let sent = self.host.telemetry.time_encode(|| self.session.send_to(frame, &mut self.out));
        debug_assert!(sent.is_ok() || self.session.has_ended(), "{sent:?}");
    }

    pub async fn flush(&mut self) -> Result<(), Ending> {
        if self.out.is_empty() {
            return Ok(());
        }
        let (socket, out) = (&mut self.socket, &self.out);
        let written = timeout(self.host.config.write_seconds.duration(), async {
            socket.write_all(out).await?;
            socket.flush().await
        });
        written.await.map_err(|_| Refusal::WriteTimeout)??;
        self.out.clear();
        self.out.shrink_to(KEPT_BYTES);
        Ok(())
    }

    /// Writes what there is to say, and reads on until the peer has closed: to close on unread bytes would take it
    /// back.
    pub async fn part(&mut self) -> Result<(), Ending> {
        self.flush().await?;
        self.socket.shutdown().await?;
        tokio::io::copy(&mut self.socket, &mut tokio::io::sink()).await?;
        Ok(())
    }
}

/// Comes back when a partial frame has to go; never where there is none.
async fn evicted(partial: Option<&Partial>) {
    match partial {
        Some(partial) => partial.evicted().await,
        None => pending().await,
    }
}
