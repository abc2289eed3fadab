//! How frames, rejects and notes are shown: as text, or as JSON lines.

use crate::envelope::Envelope;
use crate::explain::anatomy::{self, Part};
use crate::explain::rules;
use crate::{colour, hex};
use colour::Colours;
use oap::{Frame, Reject};
use serde_json::{json, Value};
use std::io::{self, BufWriter, Stdout, Write};

/// Bytes of a part that a line shows.
const LINE_BYTES: usize = 16;

pub struct Show {
    out: BufWriter<Stdout>,
    json: bool,
    bodies: bool,
    colours: Colours,
}

impl Show {
    pub fn new(json: bool, bodies: bool) -> Self {
        let out = BufWriter::with_capacity(1 << 16, io::stdout());
        Show { out, json, bodies, colours: Colours::of_output() }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// A frame that starts at byte `at` of its direction.
    ///
    /// # Errors
    /// Those of the output.
    pub fn frame(
        &mut self,
        from: &str,
        at: u64,
        frame: &Frame<'_>,
        wire: &[u8],
    ) -> anyhow::Result<()> {
        if self.json {
            let mut line = json!({ "at": at, "length": wire.len(), "parts": json_parts(at, wire) });
            line["frame"] = serde_json::to_value(Envelope::from(*frame))?;
            return self.json_line(from, line);
        }
        let title = format!("{}, {} bytes at byte {at}", frame.kind(), wire.len());
        self.text(from, &title, at, wire)
    }

    /// The bytes of a frame that is no whole one, up to where it was rejected.
    ///
    /// # Errors
    /// Those of the output.
    pub fn cut(&mut self, from: &str, at: u64, wire: &[u8]) -> anyhow::Result<()> {
        if self.json {
            let line = json!({ "at": at, "length": wire.len(), "parts": json_parts(at, wire) });
            return self.json_line(from, line);
        }
        self.text(from, &format!("{} bytes at byte {at}", wire.len()), at, wire)
    }

    /// The reject of the frame that starts at byte `at`, known with its first `known` bytes.
    ///
    /// # Errors
    /// Those of the output.
    pub fn reject(
        &mut self,
        from: &str,
        reject: &Reject,
        at: u64,
        known: usize,
    ) -> anyhow::Result<()> {
        let (fault, known) = (reject.fault(), at + known as u64);
        let rule = rules::of_fault(fault);
        if self.json {
            let reject = json!({
                "label": fault.reason().label(), "code": fault.reason().code(), "at": known,
                "frame_at": at, "field": fault.field(), "detail": fault.detail(),
                "limit": fault.limit_value(), "rule": rule,
            });
            return self.json_line(from, json!({ "reject": reject }));
        }
        let Colours { bad, off, .. } = self.colours;
        writeln!(self.out, "{bad}reject{off} {fault}; known at byte {known}; rule {rule}")?;
        Ok(())
    }

    /// Something about a direction that no frame says.
    ///
    /// # Errors
    /// Those of the output.
    pub fn note(&mut self, from: &str, note: &str) -> anyhow::Result<()> {
        if self.json {
            return self.json_line(from, json!({ "note": note }));
        }
        writeln!(self.out, "{from}: {note}")?;
        Ok(())
    }

    fn json_line(&mut self, from: &str, mut line: Value) -> anyhow::Result<()> {
        if !from.is_empty() {
            line["from"] = from.into();
        }
        serde_json::to_writer(&mut self.out, &line)?;
        writeln!(self.out)?;
        Ok(())
    }

    fn text(&mut self, from: &str, title: &str, at: u64, wire: &[u8]) -> anyhow::Result<()> {
        let Colours { strong, off, .. } = self.colours;
        let from = if from.is_empty() { String::new() } else { format!("{from}: ") };
        writeln!(self.out, "{from}{strong}{title}{off}")?;
        for part in anatomy::parts(wire) {
            self.part(at, &part, &wire[part.bytes.clone()])?;
        }
        Ok(())
    }

    /// The field stands beside the first line of its bytes. Of a long part only one is shown, where not all are wanted.
    fn part(&mut self, at: u64, part: &Part, bytes: &[u8]) -> io::Result<()> {
        let Part { field, value, rule, .. } = part;
        let at = at + part.bytes.start as u64;
        let (first, rest) = bytes.split_at(bytes.len().min(LINE_BYTES));
        let more = if rest.is_empty() || self.bodies { "" } else { "…" };
        let first = format!("{}{more}", hex::encoded(first));
        writeln!(self.out, "  {at:>8}  {first:<33}  {field:<10}  {value:<28}  {rule}")?;
        if self.bodies {
            for (line, at) in rest.chunks(LINE_BYTES).zip((at..).step_by(LINE_BYTES).skip(1)) {
                writeln!(self.out, "  {at:>8}  {}", hex::encoded(line))?;
            }
        }
        Ok(())
    }
}

fn json_parts(at: u64, wire: &[u8]) -> Value {
    let parts = anatomy::parts(wire).into_iter().map(|part| {
        let Part { bytes, field, value, rule } = part;
        json!({
            "at": at + bytes.start as u64, "bytes": hex::encoded(&wire[bytes]),
            "field": field, "value": value, "rule": rule,
        })
    });
    parts.collect()
}
