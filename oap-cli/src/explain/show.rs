//! Frames, rejects and notes as text, or as JSON lines.

use crate::colour::Colours;
use oap::{Frame, Reject};
use oap_explain::anatomy::{self, Part};
use oap_explain::envelope::Envelope;
use oap_explain::{hex, rules, told, Origin, Show};
use serde_json::{json, Value};
use std::io::{self, BufWriter, Stdout, Write};

/// Bytes of a part that a line shows.
const LINE_BYTES: usize = 16;

pub struct Shown {
    out: BufWriter<Stdout>,
    json: bool,
    bodies: bool,
    colours: Colours,
}

impl Shown {
    pub fn new(json: bool, bodies: bool) -> Self {
        let out = BufWriter::with_capacity(1 << 16, io::stdout());
        Shown { out, json, bodies, colours: Colours::of_output() }
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    fn json_line(&mut self, from: Origin<'_>, mut line: Value) -> anyhow::Result<()> {
        if !from.name.is_empty() {
            line["from"] = from.name.into();
        }
        serde_json::to_writer(&mut self.out, &line)?;
        writeln!(self.out)?;
        Ok(())
    }

    fn text(&mut self, from: Origin<'_>, title: &str, at: u64, wire: &[u8]) -> anyhow::Result<()> {
        let Colours { strong, off, .. } = self.colours;
        let from = if from.name.is_empty() { String::new() } else { format!("{}: ", from.name) };
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

impl Show for Shown {
    fn frame(
        &mut self,
        from: Origin<'_>,
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

    fn cut(&mut self, from: Origin<'_>, at: u64, wire: &[u8]) -> anyhow::Result<()> {
        if self.json {
            let line = json!({ "at": at, "length": wire.len(), "parts": json_parts(at, wire) });
            return self.json_line(from, line);
        }
        self.text(from, &format!("{} bytes at byte {at}", wire.len()), at, wire)
    }

    fn reject(
        &mut self,
        from: Origin<'_>,
        reject: &Reject,
        at: u64,
        known: usize,
    ) -> anyhow::Result<()> {
        if self.json {
            return self.json_line(from, json!({ "reject": told(reject, at, known) }));
        }
        let (fault, known) = (reject.fault(), at + known as u64);
        let rule = rules::of_fault(fault);
        let Colours { bad, off, .. } = self.colours;
        writeln!(self.out, "{bad}reject{off} {fault}; known at byte {known}; rule {rule}")?;
        Ok(())
    }

    fn note(&mut self, from: Origin<'_>, note: &str) -> anyhow::Result<()> {
        if self.json {
            return self.json_line(from, json!({ "note": note }));
        }
        writeln!(self.out, "{}: {note}", from.name)?;
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
