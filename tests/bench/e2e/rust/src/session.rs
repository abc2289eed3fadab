//! By a Session that the host drives itself, in batches: what the connection is compared with. One connection, one way.

use crate::client::Result;
use crate::scenario::{cpu, Report, Scenario};
use oap_tokio::oap::{
    Ack, ConnectionOptions, Data, End, Frame, Row, Session, Start, STREAM_CHUNK_BYTES,
};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Instant;

/// Bytes of a write, and the room for one read.
const WRITE_BYTES: usize = 64 << 10;

struct Link {
    stream: TcpStream,
    session: Session,
    out: Vec<u8>,
    chunk: Vec<u8>,
    rows: Vec<Row>,
}

impl Link {
    /// A server hears the client's HELLO before it says its own, so that nothing else can be in the same read.
    fn over(stream: TcpStream, serves: bool) -> Result<Link> {
        stream.set_nodelay(true)?;
        let session = Session::new(ConnectionOptions::default_config());
        let chunk = vec![0; 4 * STREAM_CHUNK_BYTES];
        let mut link =
            Link { stream, session, out: Vec::new(), chunk, rows: vec![Row::default(); 512] };
        while serves && link.session.peer_max_frame().is_none() {
            link.receive(|_| {})?;
        }
        link.queue(&Frame::Hello(link.session.hello()))?;
        link.flush()?;
        while !link.session.is_established() {
            link.receive(|_| {})?;
        }
        Ok(link)
    }

    fn queue(&mut self, frame: &Frame<'_>) -> Result<()> {
        self.session.send_to(frame, &mut self.out)?;
        if self.out.len() >= WRITE_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.write_all(&self.out)?;
        self.out.clear();
        Ok(())
    }

    /// One read, and all frames in it, acknowledged by one ACK.
    fn receive(&mut self, mut see: impl FnMut(Frame<'_>)) -> Result<usize> {
        let count = self.stream.read(&mut self.chunk)?;
        let (mut rest, mut up_to) = (&self.chunk[..count], None);
        while !rest.is_empty() {
            let table = self.session.recv(rest, &mut self.rows)?;
            for frame in &table {
                if let Frame::Data(data) = frame {
                    up_to = Some(data.seq);
                }
                see(frame);
            }
            rest = &rest[table.consumed()..];
        }
        if let Some(up_to) = up_to {
            self.queue(&Frame::Ack(Ack { up_to }))?;
            self.flush()?;
        }
        Ok(count)
    }

    fn send(&mut self, name: &str, bodies: impl Iterator<Item = bytes::Bytes>) -> Result<()> {
        self.queue(&Frame::Start(Start { stream: name }))?;
        let mut seq = self.session.outbound().last_seq.unwrap_or(0);
        let mut credit = self.session.outbound().credit();
        for body in bodies {
            while credit == 0 {
                self.flush()?;
                self.receive(|_| {})?;
                credit = self.session.outbound().credit();
            }
            seq += 1;
            credit -= 1;
            self.queue(&Frame::Data(Data { seq, obj: None, body: &body }))?;
        }
        self.queue(&Frame::End(End { seq, status: 0 }))?;
        self.flush()
    }
}

pub fn client(address: &str, scenario: &Scenario) -> Result<()> {
    let mut link = Link::over(TcpStream::connect(address)?, false)?;
    let (since, begin) = (cpu(), Instant::now());
    link.send("bench", scenario.bodies())?;
    let mut sum = None;
    while sum.is_none() {
        link.receive(|frame| {
            if let Frame::Data(data) = frame {
                sum = std::str::from_utf8(data.body).ok().and_then(|text| text.parse().ok());
            }
        })?;
    }
    let bytes = scenario.count * scenario.size as u64;
    let (sum, wall) = (sum.unwrap_or(0), begin.elapsed());
    Report { messages: scenario.count, bytes, sum, wall, ..Report::default() }.print(since);
    Ok(())
}

pub fn serve(scenario: &Scenario) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    let since = cpu();
    let mut link = Link::over(listener.accept()?.0, true)?;
    let (mut tally, mut ended) = (scenario.tally(), false);
    while !ended {
        let count = link.receive(|frame| match frame {
            Frame::Data(data) => tally.add(data.body),
            Frame::End(_) => ended = true,
            _ => {}
        })?;
        if count == 0 {
            return Err("the client closed before its END".into());
        }
    }
    let sum = bytes::Bytes::from(tally.sum().to_string());
    link.send("sum", [sum].into_iter())?;
    let mut report = Report::default();
    report.add(&tally);
    report.print(since);
    while link.receive(|_| {})? > 0 {}
    Ok(())
}
