//! Flags over environment over file over defaults; what is wrong is told with its place and reason.

mod support;

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::Command;
use support::{command, Gateway, BINARY};

/// A file of keys that goes with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("svc-gateway-{}-{name}", std::process::id()));
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        File(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// What `--check-config` says of a file: nothing where it is good, else its error without the file's name.
fn checked(name: &str, text: &str) -> String {
    let file = File::new(name, text);
    let output = Command::new(BINARY).args(["--check-config", "--config", file.path()]).output();
    let output = output.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(if said.is_empty() { 0 } else { 2 }), "{said}");
    said.trim_end().replace(&format!("svc-gateway: {}", file.path()), "FILE")
}

#[test]
fn a_good_file_is_good() {
    assert_eq!(checked("good", "max_frame = 4096\nidle_seconds = 0.5\nlisten = \"[::1]:0\"\n"), "");
    assert_eq!(checked("empty", ""), "");
}

#[test]
fn an_unknown_key_is_refused_with_its_line() {
    let said = checked("unknown", "# a comment\nmax_frame = 4096\nmax_frames = 1\n");
    assert_eq!(said, "FILE:3: max_frames: there is no such key");
}

#[test]
fn a_bad_value_is_refused_with_its_line_and_the_core_s_reason() {
    for (line, reason) in [
        ("ack_window_frames = 1025", "1025 is not in 1..=1024"),
        ("max_frame = 4095", "4095 is not in 4096..=1048576"),
        ("max_frame = \"2MiB\"", "2097152 is not in 4096..=1048576"),
        ("seq_rollover_policy = \"stop\"", "stop is neither error nor wrap"),
        ("strict_headers = 1", "provided string was not `true` or `false`"),
        ("backpressure_high_percent = 101", "101 is not in 1..=100"),
        (
            "idle_seconds = \"long\"",
            "long is no number of seconds, alone or with a unit such as 5s",
        ),
        ("listen = \"here\"", "here is no ADDRESS:PORT or NAME:PORT, nor is it off"),
        ("listen = \"\"", "is empty, neither a value nor off"),
        ("amnesia = true", "true is neither on nor off"),
        ("tenant = [\"a\"]", "has to be a string, a number, true or false"),
    ] {
        let said = checked("bad", &format!("\n\n{line}\n"));
        let (key, _) = line.split_once(' ').unwrap();
        assert_eq!(said, format!("FILE:3: {key}: {reason}"));
    }
}

#[test]
fn a_time_limit_of_0_is_refused() {
    for key in ["handshake", "idle", "read", "frame", "write", "quarantine_window", "quarantine"] {
        let said = checked("zero", &format!("{key}_seconds = 0"));
        assert_eq!(said, format!("FILE:1: {key}_seconds: 0 seconds is not in 0.001..=86400"));
    }
    assert_eq!(checked("at-once", "drain_seconds = 0\ndrain_notice_seconds = 0"), "");
}

#[test]
fn a_value_may_have_a_unit_and_a_place_a_name() {
    let text = "idle_seconds = \"5m\"\nframe_seconds = \"250ms\"\nmemory_bytes = \"64MiB\"\n\
                max_frame = 0x1000\nack_starvation_limit_ns = \"5s\"\nlisten = \"localhost:0\"\n";
    assert_eq!(checked("units", text), "");
    let gateway = Gateway::start(&["--listen", "localhost:0"]);
    assert!(gateway.address.ip().is_loopback());
    let said = checked("nowhere", "listen = \"no-such-host.invalid:1\"");
    assert!(said.starts_with("FILE:1: listen: no-such-host.invalid:1: "), "{said}");
}

#[test]
fn two_listeners_on_one_address_are_refused() {
    for (one, other) in [("127.0.0.1:9", "127.0.0.1:9"), ("[::]:9", "127.0.0.1:9")] {
        let said = checked("twice", &format!("listen = \"{one}\"\nmetrics_addr = \"{other}\""));
        assert_eq!(said, format!("FILE:2: metrics_addr: {other} is where listen listens already"));
    }
    let output = Command::new(BINARY)
        .args(["--check-config", "--metrics-addr", "127.0.0.1:9900"])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("--metrics-addr: 127.0.0.1:9900 is where listen listens already"),
        "{said}"
    );
}

#[test]
fn an_address_of_another_machine_is_found_and_one_in_use_is_not_held_against_it() {
    let said = checked("elsewhere", "listen = \"203.0.113.1:1\"");
    assert!(said.starts_with("FILE:1: listen: 203.0.113.1:1: "), "{said}");
    let gateway = Gateway::start(&[]);
    assert_eq!(checked("running", &format!("listen = \"{}\"", gateway.address)), "");
    support::assert_serving(&gateway);
}

#[test]
fn a_file_that_is_no_toml_is_refused_with_its_line() {
    let said = checked("no-toml", "max_frame = 4096\nmax_frame\n");
    assert!(said.starts_with("FILE:2: "), "{said}");
}

#[test]
fn values_that_contradict_each_other_are_refused_with_the_line_of_one() {
    for (text, reason) in [
        ("listen = \"off\"", "listen: is off, and so are tls_listen and unix_socket"),
        ("tls_listen = \"127.0.0.1:0\"", "tls_listen: needs tls_certificate and tls_key"),
        ("unix_socket_group = \"root\"", "unix_socket_group: is set, and unix_socket is off"),
        (
            "backpressure_low_percent = 81",
            "backpressure_low_percent: backpressure_low_percent = 81 is above \
             backpressure_high_percent = 80",
        ),
        (
            "backpressure_high_percent = 59",
            "backpressure_high_percent: backpressure_low_percent = 60 is above \
             backpressure_high_percent = 59",
        ),
    ] {
        assert_eq!(checked("conflict", &format!("\n{text}")), format!("FILE:2: {reason}"));
    }
    let said = checked("workers", "workers = 1024");
    assert!(
        said.starts_with("FILE:1: workers: 1024 is above ") && said.ends_with(", twice the cores")
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let output = Command::new(BINARY).args(["--config", "no such file"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("no such file: "));
}

#[test]
fn a_bad_flag_or_variable_is_refused_by_its_name() {
    let by_flag = |flag: &str, value| Command::new(BINARY).args([flag, value]).output().unwrap();
    let by_variable = |name: &str, value| Command::new(BINARY).env(name, value).output().unwrap();
    let low = "backpressure_low_percent = 81 is above backpressure_high_percent = 80";
    for (output, name, reason) in [
        (by_flag("--ack-window-frames", "0"), "--ack-window-frames", "0 is not in 1..=1024"),
        (
            by_variable("SVC_GATEWAY_ACK_WINDOW_FRAMES", "0"),
            "SVC_GATEWAY_ACK_WINDOW_FRAMES",
            "0 is not in 1..=1024",
        ),
        (by_flag("--backpressure-low-percent", "81"), "--backpressure-low-percent", low),
        (
            by_variable("SVC_GATEWAY_BACKPRESSURE_LOW_PERCENT", "81"),
            "SVC_GATEWAY_BACKPRESSURE_LOW_PERCENT",
            low,
        ),
    ] {
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, format!("svc-gateway: {name}: {reason}\n"));
    }
}

#[test]
fn what_is_no_text_or_names_no_file_is_refused_by_its_name() {
    let with = |name: &str, value: &[u8]| {
        let mut command = Command::new(BINARY);
        let output = command.arg("--check-config").env(name, OsStr::from_bytes(value)).output();
        let output = output.unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    for (name, value, reason) in [
        ("SVC_GATEWAY_TENANT", &b"\xff"[..], "is not UTF-8"),
        ("SVC_GATEWAY_LISTEN", b"", "is empty, neither a value nor off"),
        ("SVC_GATEWAY_CONFIG", b"", "is empty"),
        ("SVC_GATEWAY_CONFIG", b"none", "none: No such file or directory (os error 2)"),
        ("RUST_LOG", b"\xff", "is not UTF-8"),
    ] {
        assert_eq!(with(name, value), format!("svc-gateway: {name}: {reason}\n"));
    }
}

/// The window that the gateway says it has.
fn window(mut command: Command) -> Value {
    let output = command.args(["--metrics-addr", "203.0.113.1:1"]).output().unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str::<Value>(line.lines().next().unwrap()).unwrap()["ack_window_frames"].take()
}

#[test]
fn a_flag_is_over_the_environment_which_is_over_the_file_which_is_over_the_default() {
    let file = File::new("layers", "ack_window_frames = 2\nlisten = \"127.0.0.1:0\"\n");
    let with = |flag: bool, variable: bool, config: bool| {
        let mut command = Command::new(BINARY);
        command.args(["--listen", "127.0.0.1:0"]);
        if config {
            command.args(["--config", file.path()]);
        }
        if variable {
            command.env("SVC_GATEWAY_ACK_WINDOW_FRAMES", "3");
        }
        if flag {
            command.args(["--ack-window-frames", "4"]);
        }
        window(command)
    };
    assert_eq!(with(true, true, true), 4);
    assert_eq!(with(false, true, true), 3);
    assert_eq!(with(false, false, true), 2);
    assert_eq!(with(false, false, false), oap::DEFAULT_ACK_WINDOW);
}

#[test]
fn the_environment_names_the_file_too() {
    let file = File::new("named", "ack_window_frames = 5\n");
    let mut named = Command::new(BINARY);
    named.args(["--listen", "127.0.0.1:0"]).env("SVC_GATEWAY_CONFIG", file.path());
    assert_eq!(window(named), 5);
}

#[test]
fn feature_bits_are_in_no_log_and_no_help() {
    const BITS: &str = "48879";
    let mut with_bits = command(&["--features", BITS]);
    let gateway = Gateway::run({
        with_bits.env("RUST_LOG", "trace");
        with_bits
    });
    let (_, events) = gateway.stop("TERM");
    assert!(events.iter().all(|event| !event.to_string().contains(BITS)));
    let help = Command::new(BINARY).arg("--help").env("SVC_GATEWAY_FEATURES", BITS).output();
    assert!(!String::from_utf8(help.unwrap().stdout).unwrap().contains(BITS));
}
