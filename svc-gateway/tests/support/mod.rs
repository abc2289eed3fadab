//! The gateway's binary as a child, and a peer that talks to it over loopback.

#![allow(dead_code, reason = "each test binary uses its part of this")]

pub mod http;

use bytes::Bytes;
use oap::{BytesFrame, Config, Data, End, Frame, Session, Start, STREAM_CHUNK_BYTES};
use serde_json::Value;
use socket2::{Domain, Socket, Type};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{channel, Receiver};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

pub const BINARY: &str = env!("CARGO_BIN_EXE_svc-gateway");

/// Longer than anything takes; a test that waits for it has failed.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a gateway of a test has where nothing else is said.
const QUIET: [(&str, &str); 3] =
    [("--listen", "127.0.0.1:0"), ("--metrics-addr", "off"), ("--quarantine-offences", "0")];

/// Leaves no process behind.
pub struct Gateway {
    child: Child,
    pub address: SocketAddr,
    endpoints: Option<SocketAddr>,
    lines: Mutex<Receiver<String>>,
}

impl Gateway {
    pub fn start(args: &[&str]) -> Self {
        Gateway::run(command(args))
    }

    pub fn run(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (to_test, lines) = channel();
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).all(|l| to_test.send(l).is_ok())
        });
        let address = ([0; 4], 0).into();
        let mut gateway = Gateway { child, address, endpoints: None, lines: Mutex::new(lines) };
        gateway.address = told(&gateway.event("listening"));
        gateway
    }

    /// With its HTTP endpoints, too.
    pub fn with_endpoints(args: &[&str]) -> Self {
        let mut gateway = Gateway::start(&[args, &["--metrics-addr", "127.0.0.1:0"]].concat());
        gateway.expect_endpoints();
        gateway
    }

    pub fn expect_endpoints(&mut self) {
        self.endpoints = Some(told(&self.event("serving_metrics")));
    }

    /// What it says on stderr, where that was piped.
    pub fn take_stderr(&mut self) -> ChildStderr {
        self.child.stderr.take().unwrap()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What its endpoints answer.
    pub fn get(&self, path: &str) -> http::Answer {
        http::get(self.endpoints(), path)
    }

    pub fn resident_kib(&self) -> u64 {
        self.get("/metrics").sample("process_resident_memory_bytes") as u64 / 1024
    }

    pub fn endpoints(&self) -> SocketAddr {
        self.endpoints.unwrap()
    }

    /// With its HTTP endpoints. Its stdout is read up to where they are, and then given back.
    pub fn unread(args: &[&str]) -> (Self, ChildStdout) {
        let mut with_endpoints = command(&[args, &["--metrics-addr", "127.0.0.1:0"]].concat());
        let mut child = with_endpoints.stdout(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut next = |name| loop {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            if let Some(event) = event_of(&line, name) {
                return told(&event);
            }
        };
        let (address, endpoints) = (next("listening"), Some(next("serving_metrics")));
        let lines = Mutex::new(channel().1);
        (Gateway { child, address, endpoints, lines }, stdout.into_inner())
    }

    /// With its HTTP endpoints, and its stdout where nobody can read it.
    pub fn with_stdout(stdout: File) -> Self {
        let [address, endpoints] = [(); 2].map(|()| free_address());
        let flags = [address, endpoints].map(|at| at.to_string());
        let mut command = command(&["--listen", &flags[0], "--metrics-addr", &flags[1]]);
        let child = command.stdout(stdout).spawn().unwrap();
        let is_up = || TcpStream::connect(endpoints).ok().map(drop);
        eventually("its endpoints", is_up);
        let lines = Mutex::new(channel().1);
        Gateway { child, address, endpoints: Some(endpoints), lines }
    }

    /// The next line of its log.
    pub fn line(&self) -> String {
        self.lines.lock().unwrap().recv_timeout(PATIENCE).expect("a line of the log")
    }

    /// The next event of that name; other lines go by.
    pub fn event(&self, name: &str) -> Value {
        loop {
            if let Some(event) = event_of(&self.line(), name) {
                return event;
            }
        }
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.pid().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }

    pub fn stop(self, signal: &str) -> (ExitStatus, Vec<Value>) {
        self.signal(signal);
        self.end()
    }

    /// Waits for its end; gives the events that had not been asked for.
    pub fn end(mut self) -> (ExitStatus, Vec<Value>) {
        let status = eventually("its end", || self.child.try_wait().unwrap());
        let lines = self.lines.lock().unwrap();
        let events = lines.iter().map(|line| serde_json::from_str(&line).unwrap()).collect();
        drop(lines);
        (status, events)
    }
}

/// The gateway's program with these arguments, on free ports of loopback where they don't say otherwise.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(args);
    for (flag, value) in QUIET {
        if !args.contains(&flag) {
            command.args([flag, value]);
        }
    }
    command
}

fn event_of(line: &str, name: &str) -> Option<Value> {
    let event: Value = serde_json::from_str(line).expect(line);
    (event["event"] == name).then_some(event)
}

/// Those events that have that name.
pub fn named<'a>(events: &'a [Value], name: &'a str) -> impl Iterator<Item = &'a Value> {
    events.iter().filter(move |event| event["event"] == name)
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One that was free just now.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// The address in an event that tells one.
fn told(event: &Value) -> SocketAddr {
    event["addr"].as_str().unwrap().parse().unwrap()
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
pub struct Peer<S = TcpStream> {
    pub socket: S,
    pub session: Session,
    chunk: Bytes,
}

impl Peer {
    pub fn connect(gateway: &Gateway) -> Self {
        Peer::over(socket_from("127.0.0.1", gateway.address))
    }

    /// From an address of loopback: each is a peer of its own.
    pub fn connect_from(source: &str, gateway: &Gateway) -> Self {
        Peer::over(socket_from(source, gateway.address))
    }

    /// Connects and exchanges HELLOs.
    pub fn greeted(gateway: &Gateway) -> Self {
        Peer::connect(gateway).greet()
    }

    pub fn half_close(&self) {
        self.socket.shutdown(Shutdown::Write).unwrap();
    }

    /// Whether the gateway took them all before long.
    pub fn send_bytes_now(&mut self, bytes: &[u8]) -> bool {
        self.socket.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
        self.socket.write_all(bytes).is_ok()
    }
}

/// A socket that gives up when it is out of patience.
pub fn socket_from(source: &str, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(source.parse().unwrap(), 0).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    let socket = TcpStream::from(socket);
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

impl<S: Read + Write> Peer<S> {
    pub fn over(socket: S) -> Self {
        Peer { socket, session: Session::new(Config::default()), chunk: Bytes::new() }
    }

    /// Exchanges HELLOs.
    pub fn greet(mut self) -> Self {
        let hello = self.session.hello();
        self.send(&Frame::Hello(hello));
        while !self.session.is_established() {
            self.next().expect("a HELLO");
        }
        self
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

    /// The next frame; `None` where the gateway has closed.
    pub fn next(&mut self) -> Option<BytesFrame> {
        loop {
            if let Some(frame) = self.session.next_frame(&mut self.chunk).unwrap() {
                return Some(frame);
            }
            let mut read = vec![0; STREAM_CHUNK_BYTES];
            match self.socket.read(&mut read) {
                Ok(0) => return None,
                Ok(len) => self.chunk = Bytes::from(read).slice(..len),
                // Closed on bytes that were on their way.
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("{error}"),
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

/// It takes the next peer's object.
#[track_caller]
pub fn assert_serving(gateway: &Gateway) {
    let mut peer = Peer::greeted(gateway);
    peer.start("objects/next");
    peer.object(b"next", 4);
    assert_eq!(peer.end(), 0);
}

/// The bytes of frames, encoded past any session.
pub fn encoded(frames: &[Frame<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for frame in frames {
        oap::encode_to(frame, &mut out).unwrap();
    }
    out
}
