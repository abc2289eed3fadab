//! The examples of docs/rust.md at work, over real sockets where they have one.

use oap::{
    encoded_len, Config, ConnectionOptions, Data, End, EndReason, Error, Frame, Hello, Kind, Start,
};
use oap_examples::guide::{a_stream, count, deliver, kinds, receive, refused};
use std::net::{TcpListener, TcpStream};
use std::thread;

fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (ours, listener.accept().unwrap().0)
}

#[test]
fn a_buffer_is_counted_and_its_cut_frame_is_left() {
    let wire = a_stream();
    assert_eq!(count(&wire), Ok((5, 0)));
    assert_eq!(count(&wire[..wire.len() - 1]), Ok((5, 11)));
    assert_eq!(count(&[0, 0, 0, 8, 0x99]).unwrap_err().reason().label(), "unknown_envelope");
}

#[test]
fn a_source_gives_its_kinds_or_says_that_it_is_cut() {
    let wire = a_stream();
    assert_eq!(kinds(&wire[..]).unwrap(), [Kind::Start, Kind::Data, Kind::End]);
    let error = kinds(&wire[..wire.len() - 1]).unwrap_err();
    assert!(error.to_string().starts_with("truncated: "), "{error}");
}

#[test]
fn a_connection_delivers_more_than_its_window_to_a_session() {
    let (ours, theirs) = connected();
    let receiving = thread::spawn(move || receive(theirs).map_err(|error| error.to_string()));
    let body = vec![7; 10_000_000];
    assert_eq!(deliver(ours, &body).unwrap(), EndReason::Clean);
    assert_eq!(receiving.join().unwrap(), Ok(body.len()));
    refused().unwrap();
}

#[test]
fn a_peer_that_goes_is_told() {
    let (ours, theirs) = connected();
    drop(theirs);
    assert!(matches!(deliver(ours, b"x").unwrap(), EndReason::Reset | EndReason::Unacknowledged));
}

/// The table of docs/rust.md: what is out of range, and what is said of it.
fn out_of_range() -> Vec<(&'static str, String)> {
    let config = Config::default;
    let options = ConnectionOptions::default;
    let refused = |frame: Frame<'_>| encoded_len(&frame).unwrap_err().to_string();
    let long = "x".repeat(1_025);
    vec![
        (
            "`with_ack_window_frames(0)`",
            config().with_ack_window_frames(0).unwrap_err().to_string(),
        ),
        (
            "`with_ack_window_frames(u64::MAX)`",
            config().with_ack_window_frames(u64::MAX).unwrap_err().to_string(),
        ),
        ("`with_max_frame(4_095)`", config().with_max_frame(4_095).unwrap_err().to_string()),
        ("`with_send_buffer(0)`", options().with_send_buffer(0).unwrap_err().to_string()),
        (
            "`with_close_timeout_ns(u64::MAX)`",
            options().with_close_timeout_ns(u64::MAX).unwrap_err().to_string(),
        ),
        (
            "`Hello { version: 2, .. }`",
            refused(Frame::Hello(Hello { version: 2, ..Hello::new(4_096) })),
        ),
        ("`Hello::new(1)`", refused(Frame::Hello(Hello::new(1)))),
        ("`Start { stream: \"\" }`", refused(Frame::Start(Start { stream: "" }))),
        ("`Start` of 1,025 bytes", refused(Frame::Start(Start { stream: &long }))),
        ("`Start { stream: \"\\n\" }`", refused(Frame::Start(Start { stream: "\n" }))),
        (
            "`Data { obj: Some(\"\"), .. }`",
            refused(Frame::Data(Data { seq: 1, obj: Some(""), body: b"" })),
        ),
        ("`Data` of 1 MiB", refused(Frame::Data(Data { seq: 1, obj: None, body: &[0; 1 << 20] }))),
        ("`End { status: 65_536, .. }`", refused(Frame::End(End { seq: 1, status: 65_536 }))),
        (
            "`Error { code: u32::MAX, .. }`",
            refused(Frame::Error(Error { code: u32::MAX, reason: "" })),
        ),
    ]
}

#[test]
fn the_guides_table_of_what_is_out_of_range_is_what_is_said() {
    let guide = include_str!("../../../docs/rust.md");
    for (value, said) in out_of_range() {
        let row = format!("| {value} | `{said}` |\n");
        assert!(guide.contains(&row), "docs/rust.md lacks {row}");
    }
}

/// Every block of Rust on the page stands in a source that is compiled and run.
#[test]
fn the_guides_code_stands_in_the_examples() {
    let sources = [
        include_str!("../src/guide.rs"),
        include_str!("../../../examples/rust/src/bin/metrics_host.rs"),
        include_str!("../src/collector.rs"),
        include_str!("../src/facade.rs"),
        include_str!("../../../oap-tokio/examples/count.rs"),
        include_str!("../../../examples/rust/src/bin/send.rs"),
    ];
    let blocks = include_str!("../../../docs/rust.md").split("```rust\n").skip(1);
    for block in blocks {
        let code = block.split("```").next().unwrap();
        assert!(sources.iter().any(|source| source.contains(code)), "not in an example:\n{code}");
    }
}
