//! `oap encode`: JSON lines to a byte stream.

use crate::answer::Answer;
use crate::input;
use clap::Args;
use oap::{MAX_FRAME_BYTES, STREAM_CHUNK_BYTES};
use oap_explain::envelope::Envelope;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;

/// A line that is longer is no frame: a body has two digits a byte, and each character of a text may take six.
const MAX_LINE_BYTES: u64 = 2 * MAX_FRAME_BYTES as u64 + 16_384;

/// Encodes JSON lines, one a frame, to a byte stream of any length.
///
/// The shapes are those of section 5 of the spec. Empty lines are passed over. A line that is no frame ends the
/// stream; what it breaks is told on standard error.
#[derive(Args)]
#[command(after_help = "Examples:
  echo '{\"kind\":\"START\",\"stream\":\"a\"}' | oap encode | oap explain -
  oap encode frames.jsonl > stream.bin")]
pub struct Encode {
    /// The file to read, or - for standard input.
    #[arg(default_value = input::STANDARD)]
    file: PathBuf,
}

impl Encode {
    pub fn run(self) -> anyhow::Result<Answer> {
        let from = BufReader::with_capacity(STREAM_CHUNK_BYTES, input::open(&self.file)?);
        let mut out = BufWriter::with_capacity(STREAM_CHUNK_BYTES, io::stdout().lock());
        let refused = encode(from, &mut out)?;
        out.flush()?;
        Ok(refused.map_or(Answer::Yes, |why| {
            eprintln!("oap: {why}");
            Answer::No
        }))
    }
}

/// Gives the line that is no frame, and why, where there is one.
fn encode(mut from: impl BufRead, out: &mut impl Write) -> io::Result<Option<String>> {
    let (mut line, mut wire) = (Vec::new(), Vec::new());
    for number in 1u64.. {
        line.clear();
        if from.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        wire.clear();
        if let Err(why) = encode_line(&line, &mut wire) {
            return Ok(Some(format!("line {number}: {why}")));
        }
        out.write_all(&wire)?;
    }
    Ok(None)
}

fn encode_line(line: &[u8], wire: &mut Vec<u8>) -> Result<(), String> {
    if line.len() as u64 == MAX_LINE_BYTES {
        return Err(format!("is over the longest line of a frame (limit {MAX_LINE_BYTES} bytes)"));
    }
    let envelope: Envelope<'_> = serde_json::from_slice(line).map_err(|why| why.to_string())?;
    oap::encode_to(&envelope.frame()?, wire).map_err(|why| why.to_string())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(lines: &str) -> (Vec<u8>, Option<String>) {
        let mut out = Vec::new();
        let refused = encode(lines.as_bytes(), &mut out).unwrap();
        (out, refused)
    }

    #[test]
    fn a_line_is_a_frame_and_empty_lines_are_none() {
        let (wire, refused) = encoded("\n{\"kind\":\"ACK\",\"up_to\":\"7\"}\n\n");
        assert_eq!((&wire[..], refused), (&b"\0\0\0\x0a\x04\0\0\x02\x08\x07"[..], None));
    }

    #[test]
    fn a_line_that_is_no_frame_is_told_with_its_number() {
        for (line, told) in [
            ("{\"kind\":\"START\",\"stream\":\"\"}", "header_malformed: START.stream is too short"),
            ("{\"kind\":\"ACK\",\"up_to\":7}", "invalid type: integer `7`"),
            ("{\"kind\":\"ACK\",\"up_to\":\"07\"}", "not a decimal string"),
            ("{\"kind\":\"ACK\"}", "missing field `up_to`"),
            ("{\"kind\":\"ACK\",\"up_to\":\"7\",\"seq\":\"7\"}", "unknown field `seq`"),
            (
                "{\"kind\":\"DATA\",\"seq\":\"1\",\"len\":2,\"body\":\"61\"}",
                "len is not the length",
            ),
            ("{\"kind\":\"DATA\",\"seq\":\"1\",\"len\":1,\"body\":\"6A\"}", "not lower-case hex"),
            ("{\"kind\":\"DATA\",\"seq\":\"1\",\"obj\":null,\"len\":0,\"body\":\"\"}", "null"),
        ] {
            let (wire, refused) =
                encoded(&format!("{{\"kind\":\"ACK\",\"up_to\":\"1\"}}\n{line}\n"));
            let refused = refused.expect(line);
            assert!(refused.starts_with("line 2: ") && refused.contains(told), "{line}: {refused}");
            assert_eq!(wire.len(), 10, "the line before went out");
        }
    }

    #[test]
    fn an_endless_line_is_refused_before_its_end() {
        let endless = io::repeat(b' ').take(1 << 32);
        let refused = encode(BufReader::new(io::Cursor::new(b"{").chain(endless)), &mut Vec::new());
        assert!(refused.unwrap().unwrap().contains("longest line"));
    }
}
