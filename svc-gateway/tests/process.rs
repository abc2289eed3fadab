//! The program itself: arguments, first lines, exit status.

mod support;

use serde_json::Value;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use support::{
    address_of, assert_serving, command, eventually, socket_from, Gateway, Peer, BINARY,
};

/// An address of documentation, which no machine has.
const NOT_OURS: &str = "203.0.113.1:1";

/// A user who has no process yet: the limit counts all of a user's, also those of tests beside this one.
fn nobody_else() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    54_321 + NEXT.fetch_add(1, Ordering::Relaxed)
}

fn run(args: &[&str]) -> Output {
    Command::new(BINARY).args(args).output().unwrap()
}

#[test]
fn it_listens_where_it_is_told_to() {
    let gateway = Gateway::start(&["--listen", "127.0.0.2:0"]);
    assert_eq!(gateway.address.ip().to_string(), "127.0.0.2");
}

#[test]
fn it_says_that_the_parser_is_initialized_before_it_binds() {
    let output = command(&["--metrics-addr", NOT_OURS]).output().unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    let event: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(event["message"], "oap parser initialized");
    assert_eq!((&event["level"], &event["strict_headers"]), (&"info".into(), &true.into()));
    assert_eq!(event["oap_parser_ready"], true);
}

#[test]
fn an_address_in_use_is_named_and_exits_with_1_before_it_listens() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    for flag in ["--listen", "--metrics-addr"] {
        let output = command(&[flag, &taken]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{flag}");
        assert!(String::from_utf8(output.stderr).unwrap().contains(&taken), "{flag}");
        assert!(!String::from_utf8(output.stdout).unwrap().contains("listening"), "{flag}");
    }
}

#[test]
fn rust_log_says_how_much_it_says() {
    let mut quiet = command(&["--metrics-addr", NOT_OURS]);
    let output = quiet.env("RUST_LOG", "warn").output().unwrap();
    assert!(output.stdout.is_empty());
    let output = quiet.env("RUST_LOG", "svc_gateway=loud").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("RUST_LOG: "));
}

#[test]
fn a_word_that_is_no_level_is_refused_and_not_taken_for_a_module() {
    for text in ["loud", "info,verbose", "svc_gateway=3", "[span]=info"] {
        for flags in [&["--check-config"][..], &["--metrics-addr", NOT_OURS]] {
            let output = command(flags).env("RUST_LOG", text).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{text}");
            assert!(String::from_utf8(output.stderr).unwrap().contains("RUST_LOG: "), "{text}");
        }
    }
}

#[test]
fn no_signal_that_asks_for_nothing_ends_it() {
    let gateway = Gateway::start(&[]);
    for signal in ["USR1", "USR2", "ALRM", "VTALRM", "PROF", "IO", "PWR", "PIPE"] {
        gateway.signal(signal);
        assert_serving(&gateway);
    }
}

fn say_much(gateway: &Gateway) {
    let mut peer = Peer::greeted(gateway);
    for _ in 0..1_000 {
        peer.start(&"objects/unread".repeat(10));
        peer.object(b"unread", 6);
        assert_eq!(peer.end(), 0);
    }
}

fn lost_lines(gateway: &Gateway) -> f64 {
    gateway.get("/metrics").sample("svc_gateway_dropped_log_lines_total")
}

/// A thousand lines fill a pipe many times; the queue behind it holds more.
#[test]
fn it_ends_even_when_its_lines_wait_for_a_reader() {
    let (gateway, _unread) = Gateway::unread(&["--drain-seconds", "3600"]);
    say_much(&gateway);
    assert_eq!(lost_lines(&gateway), 0.0);
    assert!(gateway.stop("TERM").0.success());
}

#[test]
fn lines_that_stdout_takes_not_are_counted() {
    let (closed, stdout) = Gateway::unread(&[]);
    drop(stdout);
    let full = Gateway::with_stdout(File::options().write(true).open("/dev/full").unwrap());
    for gateway in [closed, full] {
        say_much(&gateway);
        eventually("all of them", || (lost_lines(&gateway) >= 1_000.0).then_some(()));
        assert!(gateway.stop("TERM").0.success());
    }
}

/// The program where every user can start it.
struct Exposed(PathBuf);

impl Exposed {
    fn new(name: &str) -> Self {
        let name = format!("svc-gateway-{}-{name}", std::process::id());
        let program = Exposed(std::env::temp_dir().join(name));
        fs::copy(BINARY, &program.0).unwrap();
        fs::set_permissions(&program.0, fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    /// Where the system gives that many threads and processes to a user who has none yet: the superuser becomes such a
    /// one, whom no limit would hold, and others count anew in a namespace of their own.
    fn with_threads(&self, most: usize, args: &[&str]) -> Command {
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        let mut limited = Command::new(if is_root { "env" } else { "unshare" });
        if is_root {
            limited.uid(nobody_else());
        } else {
            limited.arg("--user");
        }
        limited.args(["prlimit", &format!("--nproc={most}")]).arg(&self.0);
        limited.args(command(args).get_args());
        limited
    }
}

impl Drop for Exposed {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn it_starts_with_as_many_threads_as_the_system_gives() {
    let program = Exposed::new("fits");
    let gateway = Gateway::run(program.with_threads(4, &[]));
    assert_serving(&gateway);
    assert!(gateway.stop("TERM").0.success());
}

#[test]
fn too_many_threads_are_a_bad_configuration_and_named() {
    let checks = [&["--workers", "2", "--io-threads", "1"][..], &["--workers", "1"]];
    let program = Exposed::new("exceeds");
    for (most, flags) in [4, 3].into_iter().zip(checks) {
        let output = program.with_threads(most, flags).arg("--check-config").output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("io_threads and workers need "), "{said}");
    }
}

#[test]
fn the_endpoints_answer_when_no_descriptor_is_left_for_connections() {
    let whole = command(&["--metrics-addr", "127.0.0.1:0"]);
    let mut limited = Command::new("prlimit");
    limited.arg("--nofile=400").arg(BINARY).args(whole.get_args());
    let mut gateway = Gateway::run(limited);
    gateway.expect_endpoints();
    let from = |n: usize| format!("127.0.2.{}", 1 + n % 200);
    let all: Vec<_> = (0..400).map(|n| socket_from(&from(n), gateway.address)).collect();
    let waiting: Vec<_> = (0..400).map(|n| socket_from(&from(n), gateway.endpoints())).collect();
    assert_eq!(gateway.get("/healthz").status, 200);
    assert!(gateway.get("/metrics").sample("svc_gateway_connections") <= 80.0);
    drop((all, waiting));
}

#[test]
fn it_serves_on_when_nobody_reads_its_lines_any_more() {
    let (gateway, stdout) = Gateway::unread(&[]);
    drop(stdout);
    let mut peer = Peer::greeted(&gateway);
    for _ in 0..2 {
        peer.start("objects/unheard");
        peer.object(b"unheard", 7);
        assert_eq!(peer.end(), 0);
    }
}

#[test]
fn address_prints_the_address_of_a_file() {
    let output = run(&["address", BINARY]);
    assert!(output.status.success());
    let address = address_of(&std::fs::read(BINARY).unwrap());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{address}\n"));
}

#[test]
fn address_of_a_missing_file_names_it_and_exits_with_1() {
    let output = run(&["address", "no such file"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(String::from_utf8(output.stderr).unwrap().contains("no such file: "));
}

#[test]
fn arguments_that_make_no_sense_exit_with_2() {
    for args in [
        &["--listen", "here"][..],
        &["--max-object-bytes", "-1"],
        &["--metrics-addr", "9909"],
        &["--no-such-option"],
        &["--check-config", "address", "file"],
    ] {
        assert_eq!(run(args).status.code(), Some(2), "{args:?}");
    }
}
