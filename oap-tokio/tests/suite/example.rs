//! The example of the guide runs, and stands there as it is.

use crate::peers::within;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.parent().unwrap().parent().unwrap().join("examples/count")
}

#[tokio::test]
async fn the_example_of_the_guide_serves_asks_and_ends_at_sigint() {
    let mut server =
        Command::new(program()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let line = within(lines.next_line()).await.unwrap().unwrap();
    let address = line.strip_prefix("listening on ").unwrap();
    let asked = within(Command::new(program()).arg(address).output()).await.unwrap();
    assert_eq!((asked.status.success(), &asked.stdout[..]), (true, &b"12\n"[..]));
    let signal = Command::new("kill").args(["-INT", &server.id().unwrap().to_string()]).status();
    assert!(within(signal).await.unwrap().success());
    assert!(within(server.wait()).await.unwrap().success());
}

#[test]
fn the_guide_has_the_example_as_it_is() {
    let guide = include_str!("../../../docs/rust.md");
    assert!(guide.contains(include_str!("../../examples/count.rs")));
}
