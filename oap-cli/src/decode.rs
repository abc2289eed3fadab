//! `oap decode`: a byte stream to JSON lines.

use crate::answer::Answer;
use crate::{input, summary};
use clap::Args;
use oap::{Config, Reject, Row, StreamDecoder, STREAM_CHUNK_BYTES};
use oap_explain::envelope::Envelope;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;

/// Frames that one look at the bytes gives.
const ROWS: usize = 256;

/// Decodes a byte stream of any length to JSON lines, one a frame.
///
/// The shapes are those of section 5 of the spec. A reject is told on standard error, behind the frames before it.
#[derive(Args)]
#[command(after_help = "Examples:
  oap decode stream.bin
  oap decode --summary < stream.bin
  oap decode stream.bin | jq -r 'select(.kind == \"DATA\").len'")]
pub struct Decode {
    /// The file to read, or - for standard input.
    #[arg(default_value = input::STANDARD)]
    file: PathBuf,
    /// Judge by the relaxed mode of rule 2.12.
    #[arg(long)]
    relaxed: bool,
    /// Show only how many frames of each kind there are, and the reject.
    #[arg(long)]
    summary: bool,
}

impl Decode {
    pub fn run(self) -> anyhow::Result<Answer> {
        let config = Config::default().with_strict_headers(!self.relaxed);
        let mut from = input::open(&self.file)?;
        if self.summary {
            let rejected = summary::write(&mut from, config, false)?;
            return Ok(if rejected { Answer::No } else { Answer::Yes });
        }
        let mut out = BufWriter::with_capacity(STREAM_CHUNK_BYTES, io::stdout().lock());
        let rejected = decode(&mut from, config, &mut out)?;
        out.flush()?;
        Ok(rejected.map_or(Answer::Yes, |reject| {
            eprintln!("oap: {reject}");
            Answer::No
        }))
    }
}

fn decode(
    from: &mut impl Read,
    config: Config,
    out: &mut impl Write,
) -> anyhow::Result<Option<Reject>> {
    let mut decoder = StreamDecoder::new(config);
    let mut buffer = vec![0; STREAM_CHUNK_BYTES];
    let mut rows = [Row::default(); ROWS];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(decoder.finish().err());
        }
        let mut chunk = &buffer[..count];
        loop {
            let table = match decoder.feed(chunk, &mut rows) {
                Ok(table) => table,
                Err(reject) => return Ok(Some(reject)),
            };
            for frame in &table {
                serde_json::to_writer(&mut *out, &Envelope::from(frame))?;
                out.write_all(b"\n")?;
            }
            let (consumed, more) = (table.consumed(), table.more());
            chunk = &chunk[consumed..];
            if !more {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_before_a_reject_are_written() {
        let wire = b"\0\0\0\x0a\x04\0\0\x02\x08\x07\0\0\0\x0a\x99";
        let mut out = Vec::new();
        let reject = decode(&mut &wire[..], Config::default(), &mut out).unwrap().unwrap();
        assert_eq!(out, b"{\"kind\":\"ACK\",\"up_to\":\"7\"}\n");
        assert_eq!((reject.reason().label(), reject.at()), ("unknown_envelope", 15));
    }
}
