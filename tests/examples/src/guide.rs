//! The examples of docs/rust.md that need the core alone.

use oap::{
    Ack, Config, Connection, ConnectionOptions, ConnectionState, Data, Decoder, EncodeError, End,
    EndReason, Frame, Kind, Piece, Reject, Row, SendError, Session, Start, StreamDecoder,
};
use std::error::Error;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

/// Counts the DATA bytes of a buffer, and gives them with how much of a cut frame is left at its end.
pub fn count(wire: &[u8]) -> Result<(usize, usize), Reject> {
    let mut decoder = Decoder::new(Config::default());
    let (mut rows, mut rest, mut bytes) = ([Row::default(); 64], wire, 0);
    loop {
        let table = decoder.decode_table(rest, &mut rows)?;
        for frame in &table {
            if let Frame::Data(data) = frame {
                bytes += data.body.len();
            }
        }
        rest = &rest[table.consumed()..];
        if !table.more() {
            return Ok((bytes, rest.len())); // call again with more bytes behind these
        }
    }
}

/// Gives each kind of frame that a source has.
pub fn kinds(mut source: impl Read) -> Result<Vec<Kind>, Box<dyn Error>> {
    let mut decoder = StreamDecoder::new(Config::default());
    let (mut chunk, mut rows, mut kinds) = ([0; 4_096], [Row::default(); 64], Vec::new());
    loop {
        let mut rest = match source.read(&mut chunk)? {
            0 => return Ok(decoder.finish().map(|()| kinds)?), // `truncated` inside a frame
            n => &chunk[..n],
        };
        let mut more = true;
        while more {
            let table = decoder.feed(rest, &mut rows)?;
            kinds.extend(table.iter().map(|frame| frame.kind()));
            let consumed = table.consumed();
            more = table.more();
            rest = &rest[consumed..];
        }
    }
}

/// A session on a blocking socket: takes the peer's streams, acknowledges each DATA, and counts their bytes.
pub fn receive(mut socket: TcpStream) -> Result<usize, Box<dyn Error>> {
    let mut session = Session::new(Config::default());
    let (mut chunk, mut rows) = ([0; 65_536], [Row::default(); 64]);
    let (mut out, mut bytes) = (Vec::new(), 0);
    session.send_to(&Frame::Hello(session.hello()), &mut out)?;
    loop {
        socket.write_all(&out)?;
        out.clear();
        let mut rest = match socket.read(&mut chunk)? {
            0 => return Ok(session.finish().map(|()| bytes)?),
            n => &chunk[..n],
        };
        let (mut more, mut last) = (true, None);
        while more {
            let table = session.recv(rest, &mut rows)?; // a reject: send an ERROR with its code, then close
            for frame in &table {
                if let Frame::Data(Data { seq, body, .. }) = frame {
                    (bytes, last) = (bytes + body.len(), Some(seq));
                }
            }
            let consumed = table.consumed();
            more = table.more();
            rest = &rest[consumed..];
        }
        if let Some(up_to) = last {
            session.send_to(&Frame::Ack(Ack { up_to }), &mut out)?; // one for all that came
        }
    }
}

/// What a session may not send it refuses, and stays as it was.
pub fn refused() -> Result<(), Box<dyn Error>> {
    let mut session = Session::new(Config::default());
    let start = Frame::Start(Start { stream: "notes" });
    let Err(EncodeError::Refused(fault)) = session.send_to(&start, &mut Vec::new()) else {
        return Err("the peer has not greeted".into());
    };
    assert_eq!(fault.reason().label(), "bad_hello");
    assert_eq!(fault.to_string(), "bad_hello: the first frame is neither HELLO nor ERROR");
    Ok(())
}

/// A connection over a blocking socket: sends a stream, closes, and tells how it ended.
pub fn deliver(mut socket: TcpStream, body: &[u8]) -> io::Result<EndReason> {
    let start = Instant::now();
    let now = move || start.elapsed().as_nanos() as u64;
    let (config, options) = (ConnectionOptions::default_config(), ConnectionOptions::default());
    let mut connection = Connection::new(config, options, now());
    let mut sending = Sending { stage: 0, pieces: body.chunks(65_536).collect() };
    while connection.state() != ConnectionState::Ended {
        connection.handle_timeout(now());
        sending.go_on(&mut connection, now());
        while connection.wants_write() {
            let written = write_some(&mut socket, &mut connection, now())?;
            connection.transmitted(now(), written);
            sending.go_on(&mut connection, now()); // what is written makes room
        }
        if connection.wants_shutdown() {
            socket.shutdown(Shutdown::Write).or_else(not_connected)?;
        }
        if connection.wants_read() {
            let due = connection.next_timeout().map(|at| at.saturating_sub(now()).max(1_000_000));
            socket.set_read_timeout(due.map(Duration::from_nanos))?;
            read_some(&mut socket, &mut connection, now())?;
        }
    }
    Ok(connection.end_reason().cloned().expect("it has ended"))
}

/// A stream on its way out: START, pieces of its body, END, and then the close.
struct Sending<'b> {
    stage: u8,
    pieces: std::collections::VecDeque<&'b [u8]>,
}

impl Sending<'_> {
    /// Queues as much as can be sent now. What waits is tried again when the connection has moved.
    fn go_on(&mut self, connection: &mut Connection, now: u64) {
        loop {
            let queued = match (self.stage, self.pieces.front()) {
                (0, _) => connection.start(now, "notes"),
                (1, Some(piece)) => connection.data(now, None, piece).map(drop),
                (1, None) => connection.end_stream(now, 0),
                _ => return connection.close(now, None),
            };
            match queued {
                Ok(()) if self.stage == 1 && self.pieces.pop_front().is_some() => {}
                Ok(()) => self.stage += 1,
                Err(SendError::Refused(_)) => return connection.abort(),
                Err(_) => return, // not now, or never: the connection tells which
            }
        }
    }
}

fn write_some(socket: &mut TcpStream, connection: &mut Connection, now: u64) -> io::Result<usize> {
    let mut parts = Vec::new();
    for piece in connection.transmit(now) {
        let Piece::Bytes(bytes) = piece else { unreachable!("data_head was not called") };
        parts.push(IoSlice::new(bytes));
    }
    socket.write_vectored(&parts)
}

fn read_some(socket: &mut TcpStream, connection: &mut Connection, now: u64) -> io::Result<()> {
    let (mut chunk, mut rows) = ([0; 65_536], [Row::default(); 64]);
    let mut rest = match socket.read(&mut chunk) {
        Ok(0) => {
            connection.receive_end(now);
            return Ok(());
        }
        Ok(n) => &chunk[..n],
        Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(()),
        Err(_) => {
            connection.transport_failed();
            return Ok(());
        }
    };
    while !rest.is_empty() {
        let table = connection.receive(now, rest, &mut rows);
        let (consumed, frames) = (table.consumed(), table.len());
        connection.take(now, frames); // what the peer sends is dealt with here
        rest = &rest[consumed..];
    }
    Ok(())
}

/// A peer that has gone: the next read tells it.
fn not_connected(error: io::Error) -> io::Result<()> {
    if error.kind() == ErrorKind::NotConnected {
        Ok(())
    } else {
        Err(error)
    }
}

/// The frames of the tests: a whole stream.
pub fn a_stream() -> Vec<u8> {
    let mut wire = Vec::new();
    for frame in [
        Frame::Start(Start { stream: "notes" }),
        Frame::Data(Data { seq: 1, obj: None, body: b"hello" }),
        Frame::End(End { seq: 1, status: 0 }),
    ] {
        oap::encode_to(&frame, &mut wire).expect("good fields");
    }
    wire
}
