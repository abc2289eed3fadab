//! The connections of a capture, each with its two directions put together.

use crate::conversation::Conversation;
use crate::observer::Side;
use crate::packets::{self, Segment};
use crate::segments::Segments;
use crate::show::{Origin, Show};
use oap::Config;
use std::collections::HashMap;
use std::io::Read;
use std::net::SocketAddr;

pub use packets::MAGIC_BYTES;

/// Whether a file that starts so is a capture.
pub fn is_one(start: &[u8]) -> bool {
    packets::is_capture(start)
}

/// Explains the TCP connections of a capture, of one port or of all. Gives whether anything was rejected.
///
/// # Errors
/// Those of file and output.
pub fn explain(
    start: &[u8],
    from: impl Read,
    config: Config,
    port: Option<u16>,
    show: &mut impl Show,
) -> anyhow::Result<bool> {
    let mut connections = Connections { config, numbers: HashMap::new(), all: Vec::new() };
    packets::read(start, from, |segment| {
        let ports = [segment.from.port(), segment.to.port()];
        if port.is_none_or(|port| ports.contains(&port)) {
            connections.push(&segment, show)?;
        }
        Ok(())
    })?;
    connections.end(show)
}

struct Connections {
    config: Config,
    /// By the end that was seen first and the other.
    numbers: HashMap<(SocketAddr, SocketAddr), usize>,
    all: Vec<Connection>,
}

struct Connection {
    number: usize,
    conversation: Conversation,
    segments: [Segments; 2],
    names: [String; 2],
    /// A direction that lost bytes: nothing can follow.
    lost: [bool; 2],
}

impl Connections {
    fn push(&mut self, segment: &Segment<'_>, show: &mut impl Show) -> anyhow::Result<()> {
        let (forth, back) = ((segment.from, segment.to), (segment.to, segment.from));
        let (key, side) = match self.numbers.contains_key(&back) {
            true => (back, Side::Second),
            false => (forth, Side::First),
        };
        let number = *self.numbers.entry(key).or_insert(self.all.len());
        if number == self.all.len() {
            self.all.push(Connection::new(self.config, number, key));
        }
        self.all[number].push(side, segment, show)
    }

    fn end(self, show: &mut impl Show) -> anyhow::Result<bool> {
        let mut rejected = false;
        for mut connection in self.all {
            for side in Side::BOTH {
                connection.end(side, show)?;
            }
            rejected |= connection.conversation.was_rejected();
        }
        Ok(rejected)
    }
}

impl Connection {
    fn new(config: Config, number: usize, (first, second): (SocketAddr, SocketAddr)) -> Self {
        let names = [format!("{first} > {second}"), format!("{second} > {first}")];
        Connection {
            number,
            conversation: Conversation::both_ways(config, number, names.clone()),
            segments: Default::default(),
            names,
            lost: [false; 2],
        }
    }

    fn push(
        &mut self,
        side: Side,
        segment: &Segment<'_>,
        show: &mut impl Show,
    ) -> anyhow::Result<()> {
        let place = side as usize;
        if self.lost[place] {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let Segment { seq, syn, payload, .. } = *segment;
        self.lost[place] = !self.segments[place].push(seq, syn, payload, &mut bytes);
        if self.lost[place] {
            show.note(self.origin(side), "bytes are missing: nothing behind them is explained")?;
        }
        if bytes.is_empty() {
            return Ok(());
        }
        self.conversation.push(side, &bytes, show)
    }

    fn origin(&self, side: Side) -> Origin<'_> {
        Origin { connection: self.number, side, name: &self.names[side as usize] }
    }

    fn end(&mut self, side: Side, show: &mut impl Show) -> anyhow::Result<()> {
        let place = side as usize;
        let waiting = self.segments[place].waiting_bytes();
        if waiting > 0 && !self.lost[place] {
            let note = format!("bytes are missing: {waiting} behind them are not explained");
            return show.note(self.origin(side), &note);
        }
        match self.lost[place] {
            true => Ok(()),
            false => self.conversation.end(side, show),
        }
    }
}
