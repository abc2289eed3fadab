//! A recording as Parquet files: a row a frame, both directions, partitioned by hour and host.

mod columns;
mod parts;

use crate::record::frames::{Frames, Secrets};
use crate::record::tape::{Event, What};
use bytes::Bytes;
use columns::Row;
use oap::{BytesFrame, Config, Frame, Reject, MAX_ACK_WINDOW};
use oap_explain::{rules, Observer, Side};
use parts::Parts;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

pub struct Table {
    parts: Parts,
    secrets: Secrets,
    /// For the pseudonyms of peers: they are the same within a recording, and nobody can go back.
    key: [u8; 32],
    connections: HashMap<u64, Connection>,
    left_out: u64,
}

struct Connection {
    peer: String,
    observer: Observer,
    frames: [Frames; 2],
    streams: [Option<String>; 2],
    ended: [bool; 2],
}

impl Table {
    /// # Errors
    /// Where the folder can't be made.
    pub fn create(folder: &Path, host: &str, secrets: Secrets) -> anyhow::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        let parts = Parts::create(folder, host)?;
        Ok(Table { parts, secrets, key, connections: HashMap::new(), left_out: 0 })
    }

    /// # Errors
    /// Those of the files.
    pub fn event(&mut self, event: Event) -> anyhow::Result<()> {
        let Event { at, connection, what } = event;
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        match what {
            What::Opened { client, .. } => {
                let opened = Connection::new(self.pseudonym(&client));
                self.connections.insert(connection, opened);
            }
            What::Bytes(side, bytes) => self.bytes(since, connection, side, bytes)?,
            What::Lost(side, _) => {
                if let Some(connection) = self.connections.get_mut(&connection) {
                    connection.frames[side as usize].lost = true;
                }
            }
            What::Ended(side) => self.end(since, connection, side)?,
        }
        Ok(())
    }

    /// Writes what is left. Gives the bytes that were left out.
    ///
    /// # Errors
    /// Those of the files.
    pub fn finish(mut self) -> anyhow::Result<u64> {
        self.parts.close()?;
        Ok(self.left_out)
    }

    /// Of the address without its port.
    fn pseudonym(&self, client: &str) -> String {
        let place = client.parse::<SocketAddr>().map(|place| place.ip().to_string());
        let place = place.unwrap_or_else(|_| client.to_owned());
        blake3::keyed_hash(&self.key, place.as_bytes()).to_hex()[..16].to_owned()
    }

    fn bytes(&mut self, at: Duration, id: u64, side: Side, mut bytes: Bytes) -> anyhow::Result<()> {
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        while !connection.frames[side as usize].lost && !bytes.is_empty() {
            match connection.frames[side as usize].next(&mut bytes) {
                Ok(Some(frame)) => {
                    let mut row = connection.row(side, &frame, self.secrets);
                    (row.time, row.connection) = (at.as_micros() as i64, id as i64);
                    self.parts.push(row)?;
                }
                Ok(None) => {}
                Err(reject) => {
                    self.left_out += connection.frames[side as usize].staged();
                    let row = connection.rejected(side, &reject, at, id);
                    self.parts.push(row)?;
                }
            }
        }
        self.left_out += bytes.len() as u64;
        Ok(())
    }

    fn end(&mut self, at: Duration, id: u64, side: Side) -> anyhow::Result<()> {
        let Some(connection) = self.connections.get_mut(&id) else { return Ok(()) };
        let frames = &mut connection.frames[side as usize];
        if let (false, Err(reject)) = (frames.lost, frames.finish()) {
            let row = connection.rejected(side, &reject, at, id);
            self.parts.push(row)?;
        }
        connection.ended[side as usize] = true;
        if connection.ended == [true; 2] {
            self.connections.remove(&id);
        }
        Ok(())
    }
}

impl Connection {
    fn new(peer: String) -> Self {
        let config = Config::default().with_ack_window_frames(MAX_ACK_WINDOW.into());
        let observer = Observer::new(config.expect("the largest window is in its range"));
        let frames = [Frames::new(), Frames::new()];
        Connection { peer, observer, frames, streams: [None, None], ended: [false; 2] }
    }

    fn row(&mut self, side: Side, frame: &BytesFrame, secrets: Secrets) -> Row {
        let wire = frame.wire();
        let frame = frame.frame();
        if let Frame::Start(start) = frame {
            self.streams[side as usize] = Some(start.stream.to_owned());
        }
        let judged = self.observer.pass(side, &frame, wire);
        let mut row = self.blank(side);
        row.set_frame(&frame, wire.len(), secrets);
        if let Err(reject) = judged {
            row.set_reject(&reject);
        }
        let acknowledges = matches!(frame, Frame::Ack(_));
        let flow = self.observer.flow(if acknowledges { side.other() } else { side });
        (row.credit, row.in_flight) = (flow.credit() as i32, flow.in_flight as i32);
        if matches!(frame, Frame::End(_)) {
            self.streams[side as usize] = None;
        }
        row
    }

    fn rejected(&self, side: Side, reject: &Reject, at: Duration, id: u64) -> Row {
        let mut row = self.blank(side);
        (row.time, row.connection) = (at.as_micros() as i64, id as i64);
        row.set_reject(reject);
        row
    }

    fn blank(&self, side: Side) -> Row {
        let direction = match side {
            Side::First => "to_host",
            Side::Second => "to_peer",
        };
        let stream = self.streams[side as usize].clone();
        Row { peer: self.peer.clone(), direction, stream, ..Row::default() }
    }
}

impl Row {
    fn set_reject(&mut self, reject: &Reject) {
        self.reject = Some(reject.reason().label());
        self.rule = Some(rules::of_fault(reject.fault()));
    }
}
