//! Load: what is counted is what the host counts, and a host that stalls is not spared.

use crate::program::oap;
use crate::running::{Gateway, Running};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

#[test]
fn the_host_counts_as_many_data_as_are_acknowledged() {
    let gateway = Gateway::start(&[]);
    let load = ["load", &gateway.address, "-c", "3", "-s", "32", "-m", "10", "-d", "0.3", "--json"];
    let ran = oap(&[&load[..], &["--metrics", &gateway.endpoints]].concat());
    let result = &ran.json_lines()[0];
    assert_eq!((ran.status, &result["failures"]), (0, &serde_json::json!({})));
    assert!(result["acknowledged"].as_u64().unwrap() > 10);
    assert_eq!(result["acknowledged"].as_f64(), result["host_frames"]["DATA"].as_f64());
    assert_eq!(result["receipts"], result["streams"]);
    assert_eq!(result["bytes"].as_u64(), result["sent"].as_u64().map(|sent| sent * 32));
}

#[test]
fn objects_are_verified_and_hostile_peers_are_told_apart() {
    let gateway = Gateway::start(&["--handshake-seconds", "1"]);
    let load = ["load", &gateway.address, "--objects", "-r", "200", "-d", "0.5", "--json"];
    let mix = ["--hostile", "oversize,stray:2,cut,garbage,silent"];
    let ran = oap(&[&load[..], &mix].concat());
    let result = &ran.json_lines()[0];
    assert_eq!((ran.status, &result["refused"]), (0, &0.into()));
    for (what, most) in [
        ("oversize: frame_oversize", 100),
        ("stray: credit_violation", 200),
        ("cut: truncated", 100),
    ] {
        let count = result["hostile"][what].as_u64();
        assert!(count.is_some_and(|count| count > 0 && count < most), "{what}: {result}");
    }
}

/// DATA that a stalled host leaves waiting count from when they were due, not from when there was credit again.
#[test]
fn a_stall_is_in_the_latencies_of_all_that_was_due_in_it() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let host = Running::host("rust", &[]);
    let target = host.address.clone();
    thread::spawn(move || stall(&listener, &target, Duration::from_millis(600)));
    let ran = oap(&["load", &address, "-r", "500", "-d", "1", "-s", "8", "--json"]);
    let result = &ran.json_lines()[0];
    assert_eq!(ran.status, 0);
    // More than half of a second's DATA were due while nothing moved: on average they waited for half of the stall.
    let p50 = result["latency_us"]["p50"].as_u64().unwrap();
    assert!(p50 > 50_000, "{result}");
}

/// Passes bytes on, but for a pause once they flow.
fn stall(listener: &TcpListener, target: &str, pause: Duration) {
    let (mut client, _) = listener.accept().unwrap();
    let mut server = std::net::TcpStream::connect(target).unwrap();
    let (mut back_from, mut back_to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || std::io::copy(&mut back_from, &mut back_to));
    let (mut buffer, mut reads) = ([0; 65_536], 0);
    loop {
        let count = client.read(&mut buffer).unwrap_or(0);
        if count == 0 || server.write_all(&buffer[..count]).is_err() {
            return;
        }
        reads += 1;
        if reads == 5 {
            thread::sleep(pause);
        }
    }
}

#[test]
fn each_connection_comes_from_the_next_address() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let peers = thread::spawn(move || {
        let accepted: Vec<_> = (0..3).map(|_| listener.accept().unwrap()).collect();
        accepted.iter().map(|(_, peer)| peer.ip().to_string()).collect::<Vec<_>>()
    });
    oap(&["load", &address, "--connections", "3", "--from", "127.0.7.0/30"]);
    assert_eq!(peers.join().unwrap(), ["127.0.7.1", "127.0.7.2", "127.0.7.1"]);
    let wrong = oap(&["load", &address, "--from", "127.0.7"]);
    assert!(wrong.status == 2 && wrong.err.contains("neither an address"), "{}", wrong.err);
}

#[test]
fn a_host_that_is_gone_is_an_error_and_one_that_leaves_a_failure() {
    assert_eq!(oap(&["load", "127.0.0.1:1"]).status, 3);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    thread::spawn(move || drop(listener.accept()));
    let ran = oap(&["load", &address, "-d", "5", "--json"]);
    assert_eq!(ran.status, 1);
    assert_eq!(ran.json_lines()[0]["failures"].as_object().unwrap().len(), 1);
}
