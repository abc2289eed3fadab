//! The program itself: arguments, the first line, signals.

mod support;

use std::net::TcpListener;
use std::process::{Command, Output};
use support::{address_of, Gateway, Peer, BINARY};

fn run(args: &[&str]) -> Output {
    Command::new(BINARY).args(args).output().unwrap()
}

#[test]
fn the_default_is_a_free_port_of_loopback() {
    let gateway = Gateway::start(&[]);
    assert!(gateway.address.ip().is_loopback() && gateway.address.port() != 0);
}

#[test]
fn it_listens_where_it_is_told_to() {
    let gateway = Gateway::start(&["--listen", "127.0.0.2:0"]);
    assert_eq!(gateway.address.ip().to_string(), "127.0.0.2");
}

#[test]
fn an_address_in_use_is_named_and_exits_with_1() {
    let gateway = Gateway::start(&[]);
    let taken = gateway.address.to_string();
    let second = run(&["--listen", &taken]);
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8(second.stderr).unwrap().contains(&taken));
    assert!(second.stdout.is_empty());
}

#[test]
fn an_address_in_use_for_metrics_is_named_and_exits_with_1_before_it_listens() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().to_string();
    let second = run(&["--metrics-addr", &taken]);
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8(second.stderr).unwrap().contains(&taken));
    assert!(second.stdout.is_empty());
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
    ] {
        assert_eq!(run(args).status.code(), Some(2), "{args:?}");
    }
}
