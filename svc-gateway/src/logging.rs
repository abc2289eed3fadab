//! The log: an event is one JSON object on a line of stdout. Lines wait in a bounded queue; where nobody reads them
//! fast enough, they are dropped and counted, and the gateway serves on.

use crate::log_queue::LogQueue;
use crate::report;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};
use serde_json::Value;
use std::env::{self, VarError};
use std::fmt::Debug;
use std::io::{self, Write};
use std::panic;
use std::process;
use std::thread;
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::Layer;

const SERVICE: &str = env!("CARGO_PKG_NAME");

/// Says how much is said.
const VARIABLE: &str = "RUST_LOG";

/// What the parts of this program are called there, or begin with.
const TARGET: &str = env!("CARGO_CRATE_NAME");

/// Fields that a line has first, in this order, where its event has them.
const FIRST: [&str; 7] =
    ["event", "reason", "frame_kind", "corr_id", "peer_addr", "tenant", "latency_ms"];

/// How long the last lines are waited for.
pub const LAST_LINES: Duration = Duration::from_millis(500);

/// The status of a process whose main thread panics, as Rust has it.
const PANICKED: i32 = 101;

/// Sends events from now on to stdout, as far as `levels` let them.
///
/// # Errors
/// Where the system gives no thread.
pub fn start(levels: Targets) -> io::Result<LogQueue> {
    let queue = LogQueue::start()?;
    let lines = JsonLines { queue: queue.clone() };
    tracing_subscriber::registry().with(lines.with_filter(levels)).init();
    tell_of_panics(queue.clone());
    Ok(queue)
}

/// A panic of a connection ends that connection. One of the main thread ends the process, at once: to unwind might wait
/// for threads that nobody ends. Nothing is written to stderr, which might take nothing.
fn tell_of_panics(queue: LogQueue) {
    panic::set_hook(Box::new(move |panic| {
        // Its text may quote a peer.
        report::panicked(panic.location());
        if thread::current().name() == Some("main") {
            queue.flush(LAST_LINES);
            process::exit(PANICKED);
        }
    }));
}

/// What `RUST_LOG` lets through; `info` where it says nothing.
///
/// # Errors
/// What is wrong with it.
pub fn levels() -> Result<Targets, String> {
    let text = match env::var(VARIABLE) {
        Ok(text) => text,
        Err(VarError::NotPresent) => String::new(),
        Err(VarError::NotUnicode(_)) => return Err(format!("{VARIABLE}: is not UTF-8")),
    };
    parse_levels(&text).map_err(|reason| format!("{VARIABLE}: {reason}"))
}

fn parse_levels(text: &str) -> Result<Targets, String> {
    let mut levels = Targets::new().with_default(LevelFilter::INFO);
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        levels = match part.split_once('=') {
            Some((target, level)) => levels.with_target(target_of(target)?, level_of(level)?),
            // Alone it may be a part of this program, of which all is said.
            None if part.starts_with(TARGET) => {
                levels.with_target(target_of(part)?, LevelFilter::TRACE)
            }
            None => levels.with_default(level_of(part)?),
        };
    }
    Ok(levels)
}

fn target_of(text: &str) -> Result<&str, String> {
    let is_path = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    if !text.is_empty() && text.chars().all(is_path) {
        Ok(text)
    } else {
        Err(format!("{text:?} is no module, such as {TARGET}"))
    }
}

fn level_of(text: &str) -> Result<LevelFilter, String> {
    let reason = || format!("{text:?} is none of off, error, warn, info, debug, trace");
    // Numbers would be levels too.
    let is_word = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphabetic());
    text.parse().ok().filter(|_| is_word).ok_or_else(reason)
}

struct JsonLines {
    queue: LogQueue,
}

impl<S: Subscriber> Layer<S> for JsonLines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = event.metadata().level().as_str().to_ascii_lowercase();
        let mut line = line(&now(), &level, fields);
        line.push(b'\n');
        self.queue.push(line);
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
    use std::process::Command;

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
    fn rust_log_is_levels_and_levels_of_modules() {
        let debug = tracing::Level::DEBUG;
        let lets =
            |text: &str| parse_levels(text).unwrap().would_enable("svc_gateway::door", &debug);
        assert!(["debug", "svc_gateway=trace", "warn, svc_gateway=debug"].into_iter().all(lets));
        assert!(["svc_gateway", "svc_gateway::door", "TRACE"].into_iter().all(lets));
        assert!(!["", "info", "debug,svc_gateway=warn", "hyper=debug", "off"]
            .into_iter()
            .any(lets));
    }

    #[test]
    fn what_is_no_level_is_refused_and_never_taken_for_a_module() {
        let reason = |text: &str| parse_levels(text).unwrap_err();
        assert_eq!(reason("loud"), "\"loud\" is none of off, error, warn, info, debug, trace");
        assert_eq!(reason("info,svc_gateway=loud"), reason("loud"));
        for text in ["3", "svc_gateway=", "=info", "[span]=info", "a b=info", "a=b=info"] {
            assert!(parse_levels(text).is_err(), "{text}");
        }
    }

    const IN_CHILD: &str = "SVC_GATEWAY_TEST_PANICS";

    /// What a main thread does that panics while the others go on for ever.
    fn panic_in_main() -> ! {
        start(Targets::new().with_default(LevelFilter::INFO)).unwrap();
        let main = thread::Builder::new().name("main".to_owned());
        main.spawn(|| panic!("a peer's text")).unwrap();
        loop {
            thread::park();
        }
    }

    #[test]
    fn a_panic_of_the_main_thread_ends_the_process_and_quotes_nobody() {
        if std::env::var_os(IN_CHILD).is_some() {
            panic_in_main();
        }
        let name = "logging::tests::a_panic_of_the_main_thread_ends_the_process_and_quotes_nobody";
        let mut child = Command::new(std::env::current_exe().unwrap());
        let output = child.args(["--exact", name, "--nocapture"]).env(IN_CHILD, "").output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(PANICKED));
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.contains("\"event\":\"panicked\""), "{said}");
        assert!(said.contains("logging.rs:") && !said.contains("a peer's text"), "{said}");
        assert!(output.stderr.is_empty());
    }

    #[test]
    fn the_time_is_in_utc() {
        let now = now();
        assert!(now.starts_with("20") && now.ends_with('Z') && now.contains('T'), "{now}");
    }
}
