//! The gateway's binary as a child, and a peer that talks to it over loopback.

#![allow(dead_code, reason = "each test binary uses its part of this")]

pub mod http;

use bytes::Bytes;
use oap::{BytesFrame, Config, Data, End, Frame, Session, Start, STREAM_CHUNK_BYTES};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{channel, Receiver};
use std::thread;
use std::time::{Duration, Instant};

pub const BINARY: &str = env!("CARGO_BIN_EXE_svc-gateway");

/// Longer than anything takes; a test that waits for it has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Leaves no process behind.
pub struct Gateway {
    child: Child,
    pub address: SocketAddr,
    endpoints: Option<SocketAddr>,
    lines: Receiver<String>,
}

impl Gateway {
    pub fn start(args: &[&str]) -> Self {
        let mut child = Command::new(BINARY).args(args).stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (to_test, lines) = channel();
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).all(|l| to_test.send(l).is_ok())
        });
        let address = told(&lines.recv_timeout(PATIENCE).unwrap(), "listening");
        Gateway { child, address, endpoints: None, lines }
    }

    /// With its HTTP endpoints, too.
    pub fn with_endpoints(args: &[&str]) -> Self {
        let mut gateway = Gateway::start(&[args, &["--metrics-addr", "127.0.0.1:0"]].concat());
        gateway.endpoints = Some(told(&gateway.line(), "metrics"));
        gateway
    }

    /// What its endpoints answer.
    pub fn get(&self, path: &str) -> http::Answer {
        http::get(self.endpoints.unwrap(), path)
    }

    /// Reads its first line and closes its stdout.
    pub fn unheard() -> Self {
        let mut child = Command::new(BINARY).stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let address = told(first.trim_end(), "listening");
        Gateway { child, address, endpoints: None, lines: channel().1 }
    }

    /// The next line on stdout.
    pub fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }

    pub fn stop(self, signal: &str) -> (ExitStatus, Vec<String>) {
        self.signal(signal);
        self.end()
    }

    /// Waits for its end; gives the lines that had not been asked for.
    pub fn end(mut self) -> (ExitStatus, Vec<String>) {
        let status = eventually("its end", || self.child.try_wait().unwrap());
        (status, self.lines.iter().collect())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The address in a line that says what is on it.
fn told(line: &str, what: &str) -> SocketAddr {
    line.strip_prefix(&format!("{what} on ")).unwrap().parse().unwrap()
}

/// Looks until it is there.
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "no sign of {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

pub fn address_of(bytes: &[u8]) -> String {
    format!("b3:{}", blake3::hash(bytes).to_hex())
}

/// The other side of a session.
pub struct Peer {
    socket: TcpStream,
    pub session: Session,
    chunk: Bytes,
}

impl Peer {
    pub fn connect(gateway: &Gateway) -> Self {
        let socket = TcpStream::connect(gateway.address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Peer { socket, session: Session::new(Config::default()), chunk: Bytes::new() }
    }

    /// Connects and exchanges HELLOs.
    pub fn greeted(gateway: &Gateway) -> Self {
        let mut peer = Peer::connect(gateway);
        let hello = peer.session.hello();
        peer.send(&Frame::Hello(hello));
        while !peer.session.is_established() {
            peer.next().expect("a HELLO");
        }
        peer
    }

    pub fn send(&mut self, frame: &Frame<'_>) {
        let mut out = Vec::new();
        self.session.send_to(frame, &mut out).unwrap();
        self.send_bytes(&out);
    }

    /// Past the session.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    /// Whether the gateway took them all before long.
    pub fn send_bytes_now(&mut self, bytes: &[u8]) -> bool {
        self.socket.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
        self.socket.write_all(bytes).is_ok()
    }

    pub fn half_close(&self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    /// The next frame; `None` where the gateway has closed.
    pub fn next(&mut self) -> Option<BytesFrame> {
        loop {
            if let Some(frame) = self.session.next_frame(&mut self.chunk).unwrap() {
                return Some(frame);
            }
            let mut read = vec![0; STREAM_CHUNK_BYTES];
            match self.socket.read(&mut read).unwrap() {
                0 => return None,
                len => self.chunk = Bytes::from(read).slice(..len),
            }
        }
    }

    pub fn start(&mut self, stream: &str) {
        self.send(&Frame::Start(Start { stream }));
    }

    /// The next DATA, once there is credit for it.
    pub fn data(&mut self, obj: Option<&str>, body: &[u8]) {
        while self.session.outbound().credit() == 0 {
            self.next().expect("an ACK");
        }
        let seq = self.session.outbound().last_seq.map_or(1, |last| last + 1);
        self.send(&Frame::Data(Data { seq, obj, body }));
    }

    pub fn object(&mut self, bytes: &[u8], body_bytes: usize) {
        let address = address_of(bytes);
        for body in bytes.chunks(body_bytes) {
            self.data(Some(&address), body);
        }
    }

    /// Ends the stream, whose last DATA is that of the direction, and gives the receipt's status.
    pub fn end(&mut self) -> u32 {
        let seq = self.session.outbound().last_seq.unwrap_or(0);
        self.send(&Frame::End(End { seq, status: 0 }));
        self.receipt()
    }

    pub fn receipt(&mut self) -> u32 {
        let mut started = false;
        loop {
            match self.next().expect("a receipt").frame() {
                Frame::Start(start) => started = start.stream == "receipt",
                Frame::End(end) => {
                    assert!(started && end.seq == 0);
                    return end.status;
                }
                _ => {}
            }
        }
    }

    /// The gateway's ERROR, behind which it closes.
    pub fn error(&mut self) -> (u32, String) {
        loop {
            if let Frame::Error(error) = self.next().expect("an ERROR").frame() {
                let said = (error.code, error.reason.to_owned());
                assert!(self.next().is_none(), "nothing follows an ERROR");
                return said;
            }
        }
    }
}

/// The bytes of frames, encoded past any session.
pub fn encoded(frames: &[Frame<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for frame in frames {
        oap::encode_to(frame, &mut out).unwrap();
    }
    out
}
