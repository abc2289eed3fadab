//! The program itself: arguments, first lines, exit status.

mod support;

use serde_json::Value;
use std::net::TcpListener;
use std::process::{Command, Output};
use support::{address_of, command, Gateway, Peer, BINARY};

/// An address of documentation, which no machine has.
const NOT_OURS: &str = "203.0.113.1:1";

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
fn it_serves_on_when_nobody_reads_its_lines_any_more() {
    let gateway = Gateway::unheard();
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
