//! How many frames of each kind a stream has, and its reject: as fast as the core decodes.

use oap::{Config, Kind, Reject, Row, StreamDecoder};
use serde_json::json;
use std::io::{self, Read, Write};

/// Bytes that a read asks for, and frames that one look at them gives.
const READ_BYTES: usize = 256 << 10;
const ROWS: usize = 1_024;

/// What a stream has.
#[derive(Default)]
struct Summary {
    frames: [u64; Kind::ALL.len()],
    bytes: u64,
    body_bytes: u64,
    reject: Option<Reject>,
}

/// Reads a stream to its end or its reject and shows what it has. Gives whether it was rejected.
///
/// # Errors
/// Those of source and output.
pub fn write(from: &mut impl Read, config: Config, json: bool) -> anyhow::Result<bool> {
    let summary = read(from, config)?;
    let mut out = io::stdout().lock();
    match json {
        true => writeln!(out, "{}", summary.json())?,
        false => summary.text(&mut out)?,
    }
    Ok(summary.reject.is_some())
}

fn read(from: &mut impl Read, config: Config) -> io::Result<Summary> {
    let mut summary = Summary::default();
    let mut decoder = StreamDecoder::new(config);
    let mut buffer = vec![0; READ_BYTES];
    let mut rows = vec![Row::default(); ROWS];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            summary.reject = decoder.finish().err();
            return Ok(summary);
        }
        if let Err(reject) = summary.add(&mut decoder, &buffer[..count], &mut rows) {
            summary.reject = Some(reject);
            return Ok(summary);
        }
    }
}

impl Summary {
    fn add(
        &mut self,
        decoder: &mut StreamDecoder,
        mut chunk: &[u8],
        rows: &mut [Row],
    ) -> Result<(), Reject> {
        loop {
            let table = decoder.feed(chunk, rows)?;
            for row in table.rows() {
                self.frames[usize::from(row.kind) - 1] += 1;
                self.bytes += row.length() as u64;
                self.body_bytes += u64::from(row.body_len);
            }
            let (consumed, more) = (table.consumed(), table.more());
            chunk = &chunk[consumed..];
            if !more {
                return Ok(());
            }
        }
    }

    fn json(&self) -> serde_json::Value {
        let frames = Kind::ALL.iter().zip(self.frames);
        let frames: serde_json::Map<_, _> =
            frames.map(|(kind, count)| (kind.name().to_owned(), count.into())).collect();
        let reject = self.reject.map(|reject| {
            json!({ "label": reject.reason().label(), "at": reject.at(), "frame_at": reject.offset() })
        });
        let (bytes, body_bytes) = (self.bytes, self.body_bytes);
        json!({ "frames": frames, "bytes": bytes, "body_bytes": body_bytes, "reject": reject })
    }

    fn text(&self, out: &mut impl Write) -> io::Result<()> {
        for (kind, count) in Kind::ALL.iter().zip(self.frames) {
            writeln!(out, "{:<6} {count:>14}", kind.name())?;
        }
        writeln!(
            out,
            "{:<6} {:>14}\n{:<6} {:>14}",
            "bytes", self.bytes, "bodies", self.body_bytes
        )?;
        match self.reject {
            Some(reject) => writeln!(out, "reject {reject}"),
            None => Ok(()),
        }
    }
}
