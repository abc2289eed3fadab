//! A scenario of the end-to-end benchmark, and what an end of it has to report.

use bytes::Bytes;
use rustix::time::{clock_gettime, ClockId};
use std::fmt::Write as _;
use std::str::FromStr;
use std::time::Duration;

/// How many different messages there are.
const PHASES: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One way, on all connections at once.
    Stream,
    /// One way, on one new connection after the other.
    Fresh,
    /// A message there and the same back.
    Ping,
}

/// `KIND,SIZE,COUNT,CONNECTIONS`, and `,crc` where all bytes are checked.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub kind: Kind,
    pub size: usize,
    /// Messages a connection.
    pub count: u64,
    pub connections: usize,
    pub crc: bool,
    block: Bytes,
}

impl FromStr for Scenario {
    type Err = Box<dyn std::error::Error + Send + Sync>;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split(',').collect();
        let [kind, size, count, connections, rest @ ..] = &parts[..] else {
            return Err(format!("{text} is no KIND,SIZE,COUNT,CONNECTIONS").into());
        };
        let kind = match *kind {
            "stream" => Kind::Stream,
            "fresh" => Kind::Fresh,
            "ping" => Kind::Ping,
            other => return Err(format!("{other} is no kind of scenario").into()),
        };
        let (size, count, connections) = (size.parse()?, count.parse()?, connections.parse()?);
        let block = (0..size + PHASES).map(byte_at).collect();
        Ok(Scenario { kind, size, count, connections, crc: rest == ["crc"], block })
    }
}

fn byte_at(place: usize) -> u8 {
    (place * 167 + (place >> 8) * 13) as u8
}

impl Scenario {
    /// The messages of a connection, in order.
    pub fn bodies(&self) -> impl Iterator<Item = Bytes> + Send + 'static {
        let (block, size) = (self.block.clone(), self.size);
        (0..self.count).map(move |number| {
            let phase = number as usize % PHASES;
            block.slice(phase..phase + size)
        })
    }

    pub fn tally(&self) -> Tally {
        Tally { messages: 0, bytes: 0, last: 0, crc: self.crc.then(crc32fast::Hasher::new) }
    }
}

/// What has been received on a connection.
#[derive(Clone, Debug)]
pub struct Tally {
    pub messages: u64,
    pub bytes: u64,
    last: u64,
    crc: Option<crc32fast::Hasher>,
}

impl Tally {
    #[inline]
    pub fn add(&mut self, body: &[u8]) {
        self.messages += 1;
        self.bytes += body.len() as u64;
        self.last += u64::from(body.last().copied().unwrap_or(0));
        if let Some(crc) = &mut self.crc {
            crc.update(body);
        }
    }

    /// The sum of the last bytes, or the CRC-32 of all bytes.
    pub fn sum(&self) -> u64 {
        self.crc.clone().map_or(self.last, |crc| crc.finalize().into())
    }
}

/// The line that an end prints.
#[derive(Default, Debug)]
pub struct Report {
    pub messages: u64,
    pub bytes: u64,
    pub sum: u64,
    pub wall: Duration,
    pub round_trips: Vec<Duration>,
}

impl Report {
    pub fn add(&mut self, tally: &Tally) {
        self.messages += tally.messages;
        self.bytes += tally.bytes;
        self.sum += tally.sum();
    }

    /// Prints it, with the processor time that has been used since then.
    pub fn print(mut self, since: Duration) {
        let (wall, cpu) = (self.wall.as_secs_f64(), (cpu() - since).as_secs_f64());
        let Report { messages, bytes, sum, .. } = self;
        let mut line = format!(
            r#"{{"messages":{messages},"bytes":{bytes},"sum":{sum},"wall":{wall},"cpu":{cpu}"#
        );
        let middle = self.round_trips.len() / 2;
        if !self.round_trips.is_empty() {
            let (_, median, _) = self.round_trips.select_nth_unstable(middle);
            let _ = write!(line, r#","median":{}"#, median.as_secs_f64());
        }
        println!("{line}}}");
    }
}

/// The processor time of this process, that of the kernel on its behalf too.
pub fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
