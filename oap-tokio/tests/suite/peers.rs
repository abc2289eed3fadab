//! Both ends of a connection, an end that speaks bytes, and a limit on time for all of it.

use oap_tokio::oap::{encode_to, ConnectionOptions, Frame, Hello, Kind, MAX_FRAME_BYTES};
use oap_tokio::{connect_with, Connection, Error, Options};
use std::future::Future;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A test that takes this long hangs.
const LIMIT: Duration = Duration::from_secs(120);

pub async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future).await.expect("it hangs")
}

/// Whether something is still waited for after a while.
pub async fn waits<T>(future: impl Future<Output = T>) -> bool {
    tokio::time::timeout(Duration::from_millis(60), future).await.is_err()
}

/// The default options with some limits, by name.
pub fn limits(named: &[(&str, u64)]) -> Options {
    let limits = named.iter().fold(ConnectionOptions::default(), |limits, &(name, value)| {
        limits.with_named(name, value).expect("a name").expect("in range")
    });
    Options::default().with_limits(limits)
}

pub const MS: u64 = 1_000_000;

async fn sockets() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap());
    let (client, server) = tokio::join!(client, listener.accept());
    (client.unwrap(), server.unwrap().0)
}

pub async fn pair_with(a: &Options, b: &Options) -> (Connection, Connection) {
    let (client, server) = sockets().await;
    (Connection::new(client, a), Connection::new(server, b))
}

pub async fn pair() -> (Connection, Connection) {
    pair_with(&Options::default(), &Options::default()).await
}

/// A connection whose other end is a plain socket.
pub async fn raw_pair(options: &Options) -> (Connection, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = connect_with(listener.local_addr().unwrap(), options);
    let (client, server) = tokio::join!(client, listener.accept());
    (client.unwrap(), server.unwrap().0)
}

/// The bytes of a HELLO and of these frames.
pub fn greeted(frames: &[Frame<'_>]) -> Vec<u8> {
    let hello = Hello { ack_window: Some(256), ..Hello::new(MAX_FRAME_BYTES as u64) };
    let mut bytes = Vec::new();
    encode_to(&Frame::Hello(hello), &mut bytes).unwrap();
    for frame in frames {
        encode_to(frame, &mut bytes).unwrap();
    }
    bytes
}

pub async fn write(socket: &mut TcpStream, bytes: &[u8]) {
    socket.write_all(bytes).await.unwrap();
}

/// The kinds of all frames up to the end of input, or to its failure.
pub async fn kinds_to_the_end(socket: &mut TcpStream) -> Vec<Kind> {
    let mut bytes = Vec::new();
    let _ = socket.read_to_end(&mut bytes).await;
    let (mut kinds, mut rest) = (Vec::new(), &bytes[..]);
    while let Some((prefix, _)) = rest.split_first_chunk::<8>() {
        let length = u32::from_be_bytes([prefix[0], prefix[1], prefix[2], prefix[3]]) as usize;
        kinds.push(Kind::from_byte(prefix[4]).unwrap());
        rest = &rest[length..];
    }
    kinds
}

/// A frame as a short text.
pub fn shown(frame: Frame<'_>) -> String {
    match frame {
        Frame::Start(start) => format!("start {}", start.stream),
        Frame::Data(data) => format!("data {} {}", data.seq, data.body.len()),
        Frame::End(end) => format!("end {}", end.status),
        frame => panic!("{frame:?} is not the application's"),
    }
}

/// The next frames as texts.
pub async fn take(connection: &mut Connection, count: usize) -> Vec<String> {
    let mut frames = Vec::new();
    while frames.len() < count {
        let frame = within(connection.next()).await.unwrap().expect("a frame");
        frames.push(shown(frame.frame()));
    }
    frames
}

/// Takes to the end: the frames, and how it ended.
pub async fn take_all(connection: &mut Connection) -> (Vec<String>, Result<(), Error>) {
    let mut frames = Vec::new();
    loop {
        match within(connection.next()).await {
            Ok(Some(frame)) => frames.push(shown(frame.frame())),
            Ok(None) => return (frames, Ok(())),
            Err(error) => return (frames, Err(error)),
        }
    }
}

pub fn reason_of<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.expect_err("an error");
    error.end_reason().map_or_else(|| error.to_string(), |reason| reason.word())
}
