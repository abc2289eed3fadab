//! The example host, asked by curl, and promtool on its page.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

struct Host {
    process: Child,
    address: String,
}

impl Host {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_host"))
            .arg("127.0.0.1:0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the host starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().strip_prefix("listening on ").expect("an address").to_owned();
        Host { process, address }
    }

    /// Status line, headers and body, as curl shows them.
    fn get(&self, path: &str) -> String {
        let url = format!("http://{}{path}", self.address);
        let curl = Command::new("curl").args(["-sS", "--max-time", "20", "-i", &url]).output();
        String::from_utf8(curl.expect("curl is installed").stdout).expect("text")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn readyz_is_200_and_once_the_input_ends_503_with_retry_after() {
    let mut host = Host::start();
    let ready = "HTTP/1.0 200\r\nContent-Type: application/json\r\n\r\n\
        {\"degraded\":false,\"missing\":[],\"retry_after\":0}";
    assert_eq!(host.get("/readyz"), ready);
    drop(host.process.stdin.take());
    let not_ready = "HTTP/1.0 503\r\nRetry-After: 5\r\nContent-Type: application/json\r\n\r\n\
        {\"degraded\":true,\"missing\":[\"oap_parser_ready\"],\"retry_after\":5}";
    let mut answer = String::new();
    for _ in 0..1_000 {
        answer = host.get("/readyz");
        if answer != ready {
            break;
        }
    }
    assert_eq!(answer, not_ready);
    assert!(host.get("/other").starts_with("HTTP/1.0 404\r\n"));
}

#[test]
fn promtool_accepts_the_page() {
    let host = Host::start();
    let answer = host.get("/metrics");
    let (head, page) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert_eq!(head, format!("HTTP/1.0 200\r\nContent-Type: {}", oap::TEXT_CONTENT_TYPE));
    let promtool =
        Command::new("promtool").args(["check", "metrics"]).stdin(Stdio::piped()).spawn();
    let mut promtool = promtool.expect("promtool is installed: Debian package prometheus");
    promtool.stdin.take().expect("piped").write_all(page.as_bytes()).expect("it reads");
    assert!(promtool.wait().expect("it ends").success());
}

#[test]
fn the_guide_shows_the_host_and_the_host_has_at_most_40_lines() {
    let host = include_str!("../src/bin/host.rs");
    assert!(host.lines().count() <= 40);
    assert!(include_str!("../../../docs/rust.md").contains(host));
    for example in [include_str!("../src/collector.rs"), include_str!("../src/facade.rs")] {
        assert!(include_str!("../../../docs/rust.md").contains(example));
    }
}
