//! The honest client: a session of the library over one connection, which sends objects and asks for receipts.

use bytes::{Bytes, BytesMut};
use oap::{BytesFrame, Config, Data, End, Frame, Reject, Session, Start, STREAM_CHUNK_BYTES};
use oap_probe::dial;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::interval;

/// The gateway has little to say.
const READ_BYTES: usize = 4096;

/// Bytes with their address, and how they are cut into DATA.
pub struct Object {
    address: String,
    bytes: Vec<u8>,
    body_bytes: usize,
}

impl Object {
    /// `len` bytes in bodies of `body_bytes`.
    pub fn new(len: usize, body_bytes: usize) -> Self {
        let bytes: Vec<u8> = (0..len).map(|at| (at * 31 + at / 251) as u8).collect();
        Object { address: format!("b3:{}", blake3::hash(&bytes).to_hex()), bytes, body_bytes }
    }
}

/// Why a request of an honest client was not served.
#[derive(Debug)]
pub enum Failure {
    Io(io::Error),
    /// The gateway closed, between frames or inside one.
    Closed,
    /// The gateway sent ERROR.
    Refused(u32, String),
    /// The gateway broke a rule: its ACK did not advance, ran ahead, or worse.
    Broke(Reject),
    /// The receipt's status says that the object was not verified.
    Unverified(u32),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Io(error) => write!(f, "{}", error.kind()),
            Failure::Closed => f.write_str("closed by the gateway"),
            Failure::Refused(code, reason) => write!(f, "ERROR {code} {reason}"),
            Failure::Broke(reject) => write!(f, "the gateway broke a rule: {reject}"),
            Failure::Unverified(status) => write!(f, "receipt status {status}"),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Io(error)
    }
}

pub struct Client {
    socket: TcpStream,
    session: Session,
    chunk: Bytes,
    input: BytesMut,
    out: Vec<u8>,
}

impl Client {
    /// Connects and exchanges HELLOs.
    pub async fn greeted(from: Ipv4Addr, to: SocketAddr) -> Result<Self, Failure> {
        let mut client = Client {
            socket: dial(Some(from.into()), to).await?,
            session: Session::new(Config::default()),
            chunk: Bytes::new(),
            input: BytesMut::new(),
            out: Vec::new(),
        };
        let hello = client.session.hello();
        client.send(&Frame::Hello(hello)).await?;
        while !client.session.is_established() {
            client.next().await?;
        }
        Ok(client)
    }

    pub async fn send(&mut self, frame: &Frame<'_>) -> Result<(), Failure> {
        self.put(frame);
        self.flush().await
    }

    /// Lets a frame go with the next flush. What the rules refuse here is the drill's own fault.
    pub fn put(&mut self, frame: &Frame<'_>) {
        self.session.send_to(frame, &mut self.out).expect("a frame that the rules allow");
    }

    /// Sends what was put.
    pub async fn flush(&mut self) -> Result<(), Failure> {
        self.socket.write_all(&self.out).await?;
        self.out.clear();
        Ok(())
    }

    /// The gateway's next frame.
    pub async fn next(&mut self) -> Result<BytesFrame, Failure> {
        loop {
            if let Some(frame) = self.session.next_frame(&mut self.chunk).map_err(Failure::Broke)? {
                return match frame.frame() {
                    Frame::Error(error) => Err(Failure::Refused(error.code, error.reason.into())),
                    _ => Ok(frame),
                };
            }
            self.input.reserve(READ_BYTES);
            if self.socket.read_buf(&mut self.input).await? == 0 {
                return Err(Failure::Closed);
            }
            self.chunk = self.input.split().freeze();
        }
    }

    /// Sends an object on a stream of its own and waits for the receipt.
    pub async fn request(&mut self, object: &Object) -> Result<(), Failure> {
        self.put(&Frame::Start(Start { stream: "objects/drill" }));
        for body in object.bytes.chunks(object.body_bytes) {
            self.data(Some(&object.address), body).await?;
        }
        self.close().await
    }

    /// Opens a stream.
    pub async fn open(&mut self, stream: &str) -> Result<(), Failure> {
        self.send(&Frame::Start(Start { stream })).await
    }

    /// Ends the stream, which is the direction's only one or carried its last DATA, and waits for the receipt.
    pub async fn close(&mut self) -> Result<(), Failure> {
        let seq = self.session.outbound().last_seq.unwrap_or(0);
        self.send(&Frame::End(End { seq, status: 0 })).await?;
        self.receipt().await
    }

    /// Sends what waits, and waits until all DATA is acknowledged.
    pub async fn acknowledged(&mut self) -> Result<(), Failure> {
        self.flush().await?;
        while self.session.outbound().in_flight > 0 {
            self.next().await?;
        }
        Ok(())
    }

    /// The next DATA, once there is credit for it. What was put before goes out at the latest when credit is gone.
    pub async fn data(&mut self, obj: Option<&str>, body: &[u8]) -> Result<(), Failure> {
        while self.session.outbound().credit() == 0 {
            self.flush().await?;
            self.next().await?;
        }
        let seq = self.session.outbound().last_seq.map_or(1, |last| last + 1);
        self.put(&Frame::Data(Data { seq, obj, body }));
        if self.out.len() >= STREAM_CHUNK_BYTES {
            self.flush().await?;
        }
        Ok(())
    }

    /// Sends a DATA at so many bytes a second.
    pub async fn slowly(&mut self, body: &[u8], bytes_a_second: usize) -> Result<(), Failure> {
        const PERIODS_A_SECOND: usize = 20;
        let seq = self.session.outbound().last_seq.map_or(1, |last| last + 1);
        self.put(&Frame::Data(Data { seq, obj: None, body }));
        let wire = std::mem::take(&mut self.out);
        let mut periods = interval(Duration::from_secs(1) / PERIODS_A_SECOND as u32);
        for bytes in wire.chunks((bytes_a_second / PERIODS_A_SECOND).max(1)) {
            periods.tick().await;
            self.socket.write_all(bytes).await?;
        }
        Ok(())
    }

    /// Waits for the receipt of the first stream that has none yet.
    pub async fn receipt(&mut self) -> Result<(), Failure> {
        loop {
            match self.next().await?.frame() {
                Frame::End(End { status: 0, .. }) => return Ok(()),
                Frame::End(end) => return Err(Failure::Unverified(end.status)),
                _ => {}
            }
        }
    }
}
