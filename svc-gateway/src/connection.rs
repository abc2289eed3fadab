//! One connection: read, take the frames, work off what they bring, write what they ask for.

use crate::budget::Reservation;
use crate::inbound::{Inbound, AT_ONCE_BYTES};
use crate::lifecycle::{record_end, record_offence, EndCause};
use crate::objects::Objects;
use crate::partial_frames::PartialFrame;
use crate::peer::Peer;
use crate::protocol_sniff::ProtocolSniffer;
use crate::reader::{Chunk, Reader};
use crate::refusal::Refusal;
use crate::report;
use crate::service::Service;
use crate::stream_rate::StreamRate;
use bytes::Bytes;
use oap::{Ack, End, Error, Frame, Reject, Session, Start};
use std::future::pending;
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
const ROOM_WAIT: Duration = Duration::from_secs(1);

pub trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

/// How long a peer may take to read its ERROR and close.
const ERROR_LINGER: Duration = Duration::from_secs(1);

/// A connection that was admitted.
pub struct Accepted {
    pub service: Arc<Service>,
    pub peer: Peer,
    pub at: Instant,
}

struct Connection<S> {
    socket: S,
    service: Arc<Service>,
    peer: Peer,
    session: Session,
    /// What the frames of one read asked for; written before the next read.
    out: Vec<u8>,
    accepted: Instant,
    reader: Reader,
    sniffer: ProtocolSniffer,
    rate: StreamRate,
    /// Quarantines that this connection knows of.
    quarantines: u64,
    stream: Option<Box<Inbound>>,
    /// The last DATA that came.
    delivered: Option<u64>,
    /// The last DATA that was worked off, where that has yet to be acknowledged.
    consumed: Option<u64>,
    partial: Option<PartialFrame>,
    /// The room of a frame that was partial, until it is worked off.
    completed: Option<Reservation>,
}

/// Serves a connection to its end.
pub async fn serve<S: Socket>(socket: S, accepted: Accepted) {
    let mut connection = Connection::new(socket, accepted);
    match connection.run().await {
        Ok(()) => {
            let _ = timeout(ERROR_LINGER, connection.socket.shutdown()).await;
        }
        Err(EndCause::Rejected(reject)) => connection.reject(&reject).await,
        Err(cause) => {
            if let Some(refusal) = record_end(&connection.service, &connection.peer, &cause) {
                connection.refuse(refusal).await;
            }
        }
    }
}

impl<S: Socket> Connection<S> {
    fn new(socket: S, accepted: Accepted) -> Self {
        let Accepted { service, peer, at } = accepted;
        Connection {
            socket,
            session: service.telemetry.session(),
            out: Vec::new(),
            accepted: at,
            reader: Reader::new(&service.work),
            sniffer: ProtocolSniffer::default(),
            rate: StreamRate::new(service.config().streams_per_second.0, at),
            quarantines: service.quarantine.count(),
            stream: None,
            delivered: None,
            consumed: None,
            partial: None,
            completed: None,
            service,
            peer,
        }
    }

    /// Serves it until the peer closes, or an ERROR of its own ends the session, or the gateway drains.
    ///
    /// # Errors
    /// How it ended otherwise.
    async fn run(&mut self) -> Result<(), EndCause> {
        let hello = self.session.hello();
        self.send(&Frame::Hello(hello));
        self.flush().await?;
        while let Some(chunk) = self.read().await? {
            self.check_peer(&chunk.bytes)?;
            self.take(chunk).await?;
            if self.session.has_ended() {
                return Ok(());
            }
        }
        Ok(self.session.finish()?)
    }

    /// The next bytes; `None` at their end, and while nothing is under way when the gateway drains.
    async fn read(&mut self) -> Result<Option<Chunk>, EndCause> {
        let (mut deadline, refusal) = self.read_deadline();
        let is_idle = self.stream.is_none() && self.partial.is_none();
        loop {
            tokio::select! {
                biased;
                () = evicted(self.partial.as_ref()) => return Err(Refusal::StagingFull.into()),
                chunk = self.reader.read(&mut self.socket) => return Ok(chunk?),
                () = self.service.draining.cancelled(), if is_idle => return Ok(None),
                () = sleep_until(deadline.into()) => {
                    if !self.reader.waits_for_room() {
                        return Err(refusal.into());
                    }
                    deadline = Instant::now() + ROOM_WAIT;
                }
            }
        }
    }

    /// Until when bytes have to come, and what it is called if they don't.
    fn read_deadline(&self) -> (Instant, Refusal) {
        let (config, now) = (self.service.config(), Instant::now());
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
    fn check_peer(&mut self, bytes: &[u8]) -> Result<(), EndCause> {
        let quarantines = self.service.quarantine.count();
        if quarantines != self.quarantines {
            self.quarantines = quarantines;
            let network = self.peer.network();
            if network.is_some_and(|n| self.service.quarantine.holds(n, Instant::now())) {
                return Err(Refusal::Quarantined.into());
            }
        }
        self.sniffer.look(bytes).map_or(Ok(()), |protocol| Err(EndCause::Foreign(protocol)))
    }

    /// A stream at a time is decoded, worked off and answered; the room of the read is held until all of it is.
    async fn take(&mut self, chunk: Chunk) -> Result<(), EndCause> {
        let (came, mut bytes) = (Instant::now(), chunk.bytes);
        while !bytes.is_empty() {
            let ended = self.decode(&mut bytes)?;
            self.work().await?;
            if ended {
                self.give_receipt().await?;
            }
        }
        self.reserve_partial(came).await?;
        drop(chunk.reserved);
        self.flush().await
    }

    /// Takes frames up to an END, which it tells, or to the end of the bytes. None is acknowledged before all are
    /// judged: what breaks the window is found whatever the order of work.
    fn decode(&mut self, bytes: &mut Bytes) -> Result<bool, Reject> {
        let mut at_once = AT_ONCE_BYTES;
        while !bytes.is_empty() {
            let next = self.service.telemetry.time_decode(|| self.session.next_frame(bytes))?;
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
        let limit = self.service.config().max_object_bytes.0;
        Inbound::new(name, is_object_stream.then(|| Objects::new(limit)))
    }

    /// Has what waits worked off. What was taken at once is acknowledged before: the peer has credit meanwhile.
    async fn work(&mut self) -> Result<(), EndCause> {
        self.acknowledge();
        if let Some(work) = self.stream.as_mut().and_then(|stream| stream.work()) {
            self.flush().await?;
            let objects = self.service.hash_pool.run(work).await.ok_or(EndCause::Broken)?;
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
    async fn give_receipt(&mut self) -> Result<(), EndCause> {
        let Some(stream) = self.stream.take() else { return Ok(()) };
        let status = stream.close(&self.peer);
        self.send(&Frame::Start(Start { stream: RECEIPT }));
        self.send(&Frame::End(End { seq: 0, status }));
        let wait = self.rate.record(Instant::now());
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
    async fn reserve_partial(&mut self, came: Instant) -> Result<(), Refusal> {
        let staged = self.session.staged();
        if staged == 0 {
            return Ok(());
        }
        let begin = || self.service.partial_frames.begin(self.peer.network(), came);
        self.partial.get_or_insert_with(begin).grow(staged).await
    }

    async fn reject(&mut self, reject: &Reject) {
        report::reject(&self.peer, reject);
        record_offence(&self.service, &self.peer);
        let reason = reject.reason();
        self.send_error(reason.code(), reason.label()).await;
    }

    async fn refuse(&mut self, refusal: Refusal) {
        if refusal.is_sent() {
            self.send_error(refusal.code(), refusal.label()).await;
        }
    }

    async fn send_error(&mut self, code: u32, reason: &str) {
        self.release_buffers();
        self.send(&Frame::Error(Error { code, reason }));
        let _ = timeout(ERROR_LINGER, self.flush_and_drain()).await;
    }

    /// Gives back what it holds of frames: an ERROR needs none of it.
    fn release_buffers(&mut self) {
        (self.partial, self.completed, self.stream) = (None, None, None);
    }

    /// What the rules refuse here comes after the peer's ERROR, and nobody waits for it.
    fn send(&mut self, frame: &Frame<'_>) {
        let sent =
            self.service.telemetry.time_encode(|| self.session.send_to(frame, &mut self.out));
        debug_assert!(sent.is_ok() || self.session.has_ended(), "{sent:?}");
    }

    async fn flush(&mut self) -> Result<(), EndCause> {
        if self.out.is_empty() {
            return Ok(());
        }
        let (socket, out) = (&mut self.socket, &self.out);
        let written = timeout(self.service.config().write_seconds.duration(), async {
            socket.write_all(out).await?;
            socket.flush().await
        });
        written.await.map_err(|_| Refusal::WriteTimeout)??;
        self.out.clear();
        self.out.shrink_to(KEPT_BYTES);
        Ok(())
    }

    /// Writes what is queued, and reads on until the peer has closed: a close on unread bytes would reset the
    /// connection, and the peer would lose the ERROR.
    async fn flush_and_drain(&mut self) -> Result<(), EndCause> {
        self.flush().await?;
        self.socket.shutdown().await?;
        tokio::io::copy(&mut self.socket, &mut tokio::io::sink()).await?;
        Ok(())
    }
}

/// Comes back when a partial frame has to go; never where there is none.
async fn evicted(partial: Option<&PartialFrame>) {
    match partial {
        Some(partial) => partial.evicted().await,
        None => pending().await,
    }
}
