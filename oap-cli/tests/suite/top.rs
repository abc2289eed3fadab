//! Top: a table for scripts, and the page on a terminal.

use crate::program::{oap, BINARY};
use crate::running::Gateway;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

#[test]
fn a_host_that_is_gone_is_told_beside_one_that_is_ready() {
    let gateway = Gateway::start(&[]);
    let top =
        ["top", "--once", "--json", "--interval", "1", &gateway.endpoints, "http://127.0.0.1:1"];
    let ran = oap(&top);
    let rows = ran.json_lines();
    assert_eq!((ran.status, rows.len()), (1, 2));
    assert_eq!((&rows[0]["state"], &rows[1]["state"]), (&"ready".into(), &"gone".into()));
    assert_eq!(rows[0]["room"], 1024.0);
}

#[test]
fn rejects_are_counted_by_reason() {
    let gateway = Gateway::start(&[]);
    let check = ["check", "connect", &gateway.address, "--only", "1.4", "--patience", "30"];
    assert_eq!(oap(&check).status, 0);
    let ran = oap(&["top", "--once", "--json", "--interval", "1", &gateway.endpoints]);
    let rejects = ran.json_lines()[0]["rejects_by_reason"].as_array().unwrap().clone();
    assert!(rejects.contains(&serde_json::json!(["unknown_envelope", 4.0])), "{rejects:?}");
}

/// `script` gives it a terminal.
#[test]
fn the_page_is_drawn_and_q_leaves_it() {
    let gateway = Gateway::start(&[]);
    let command = format!("stty rows 24 cols 160; {BINARY} top {}", gateway.endpoints);
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).env("TERM", "xterm");
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("script");
    let mut keys = child.stdin.take().unwrap();
    let begun = Instant::now();
    sleep(Duration::from_secs(1));
    while child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < crate::running::PATIENCE, "it does not leave");
        let _ = keys.write_all(b"q");
        sleep(Duration::from_millis(200));
    }
    let output = child.wait_with_output().unwrap();
    let drawn = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && drawn.contains("starved/s"), "{drawn}");
}

#[test]
fn without_a_terminal_it_says_what_to_do() {
    let ran = oap(&["top", "http://127.0.0.1:1"]);
    assert_eq!(
        (ran.status, &ran.err[..]),
        (3, "oap: the page needs a terminal: --once prints a table\n")
    );
}
