//! The log: an event is one JSON object on a line of stdout. Lines wait in a bounded queue; where nobody reads them
//! fast enough, they are dropped and counted, and the gateway serves on.

use serde_json::ser::{CharEscape, CompactFormatter, Formatter};
use serde_json::Value;
use std::fmt::Debug;
use std::io::{self, Write};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

const SERVICE: &str = env!("CARGO_PKG_NAME");

/// Fields that a line has first, in this order, where its event has them.
const FIRST: [&str; 7] =
    ["event", "reason", "frame_kind", "corr_id", "peer_addr", "tenant", "latency_ms"];

/// Lines that may wait to be written.
const WAITING_LINES: usize = 8_192;

/// Sends events from now on to stdout, as far as `RUST_LOG` lets them (`info` where it is not set). The guard writes
/// what waits when it goes.
///
/// # Errors
/// What is wrong with `RUST_LOG`.
pub fn start() -> Result<(WorkerGuard, ErrorCounter), String> {
    let level = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    let level = level.from_env().map_err(|error| format!("{}: {error}", EnvFilter::DEFAULT_ENV))?;
    let builder = NonBlockingBuilder::default().buffered_lines_limit(WAITING_LINES).lossy(true);
    let (out, guard) = builder.thread_name("log").finish(io::stdout());
    let dropped = out.error_counter();
    tracing_subscriber::registry().with(JsonLines { out }.with_filter(level)).init();
    Ok((guard, dropped))
}

struct JsonLines {
    out: NonBlocking,
}

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        let mut line = line(&now(), &level, fields);
        line.push(b'\n');
        // A line that is dropped has been counted.
        let _ = self.out.clone().write_all(&line);
    }
}

/// The fields of an event, as they come.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.push((field.name(), format!("{value:?}").into()));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.push((field.name(), value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.push((field.name(), value.into()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.push((field.name(), value.into()));
    }
}

fn line(ts: &str, level: &str, Fields(mut fields): Fields) -> Vec<u8> {
    // Stable: what is not among the first stays in its event's order.
    fields.sort_by_key(|(name, _)| {
        FIRST.iter().position(|first| first == name).unwrap_or(FIRST.len())
    });
    let mut line = Vec::with_capacity(256);
    let head = [("ts", ts.into()), ("level", level.into()), ("service", SERVICE.into())];
    for (name, value) in head.into_iter().chain(fields) {
        line.push(if line.is_empty() { b'{' } else { b',' });
        write_value(&mut line, &Value::from(name));
        line.push(b':');
        write_value(&mut line, &value);
    }
    line.push(b'}');
    line
}

fn write_value(line: &mut Vec<u8>, value: &Value) {
    let mut writer = serde_json::Serializer::with_formatter(line, Ascii(CompactFormatter));
    // Writing a Value to a Vec does not fail.
    let _ = serde::Serialize::serialize(value, &mut writer);
}

/// Strings may be a peer's text: all that is not printable ASCII is escaped, a terminal might act on it.
struct Ascii(CompactFormatter);

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for c in fragment.chars() {
            if (' '..='~').contains(&c) {
                writer.write_all(&[c as u8])?;
                continue;
            }
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        self.0.write_char_escape(writer, escape)
    }
}

/// RFC 3339 in UTC.
fn now() -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = SystemTime.format_time(&mut Writer::new(&mut text));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_with(fields: &[(&'static str, &str)]) -> String {
        let fields = fields.iter().map(|&(name, value)| (name, value.into())).collect();
        String::from_utf8(line("T", "info", Fields(fields))).unwrap()
    }

    #[test]
    fn fields_of_the_contract_come_first_and_in_its_order() {
        let line = line_with(&[("more", "m"), ("tenant", "t"), ("reason", "r"), ("event", "e")]);
        let head = r#"{"ts":"T","level":"info","service":"svc-gateway","#;
        let rest = r#""event":"e","reason":"r","tenant":"t","more":"m"}"#;
        assert_eq!(line, format!("{head}{rest}"));
    }

    #[test]
    fn what_a_terminal_would_act_on_is_escaped() {
        let line = line_with(&[("name", "a\"}\u{85}\u{202e}\n\u{7f}\u{1f600}")]);
        let escaped = r#""name":"a\"}\u0085\u202e\n\u007f\ud83d\ude00"}"#;
        assert!(line.ends_with(escaped), "{line}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["name"], "a\"}\u{85}\u{202e}\n\u{7f}\u{1f600}");
    }

    #[test]
    fn the_time_is_in_utc() {
        let now = now();
        assert!(now.starts_with("20") && now.ends_with('Z') && now.contains('T'), "{now}");
    }
}
