//! Frames, rejects and notes as text, or as JSON lines.

use crate::colour::Colours;
use crate::explain::lines::Lines;
use oap::{Frame, Kind, Reject};
use oap_explain::anatomy::{self, Part};
use oap_explain::envelope::Envelope;
use oap_explain::{hex, rules, told, Origin, Show};
use serde_json::{json, Value};
use std::io::{self, BufWriter, Stdout, Write};

pub struct Shown {
    out: BufWriter<Stdout>,
    json: bool,
    bodies: bool,
    colours: Colours,
    lines: Lines,
}

impl Shown {
    pub fn new(json: bool, bodies: bool) -> Self {
        let out = BufWriter::with_capacity(1 << 16, io::stdout());
        Shown { out, json, bodies, colours: Colours::of_output(), lines: Lines::default() }
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

    /// A frame, or what is there of one: its kind is told where it is whole.
    fn text(
        &mut self,
        from: Origin<'_>,
        kind: Option<Kind>,
        at: u64,
        wire: &[u8],
    ) -> anyhow::Result<()> {
        self.lines.clear();
        self.lines.title(from.name, kind, self.colours, wire.len(), at);
        for part in anatomy::parts(wire) {
            let bytes = &wire[part.bytes.clone()];
            self.lines.part(at + part.bytes.start as u64, &part, bytes, self.bodies);
        }
        Ok(self.out.write_all(self.lines.bytes())?)
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
        self.text(from, Some(frame.kind()), at, wire)
    }

    fn cut(&mut self, from: Origin<'_>, at: u64, wire: &[u8]) -> anyhow::Result<()> {
        if self.json {
            let line = json!({ "at": at, "length": wire.len(), "parts": json_parts(at, wire) });
            return self.json_line(from, line);
        }
        self.text(from, None, at, wire)
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
            "field": field, "value": value.to_string(), "rule": rule,
        })
    });
    parts.collect()
}
