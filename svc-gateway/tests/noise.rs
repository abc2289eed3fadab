//! Frames in any order, cut and broken anywhere: whatever comes, nothing panics and the next peer is served.

mod support;

use oap::{Ack, Data, End, Error, Frame, Hello, Start};
use std::io::{Read, Write};
use std::process::Stdio;
use std::thread;
use support::{address_of, assert_serving, command, encoded, named, socket_from, Gateway};

const CONNECTIONS: u64 = 400;

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// A HELLO and frames of which most may follow each other; at the end maybe cut off, maybe with a wrong bit.
fn noise(numbers: &mut Numbers) -> Vec<u8> {
    let address = address_of(b"");
    let mut bytes = encoded(&[Frame::Hello(Hello::new(1 << 20))]);
    let (mut seq, mut is_open) = (0, false);
    for _ in 0..1 + numbers.below(60) {
        let body = vec![7; [0, 1, 500, 20_000, 70_000][numbers.below(5) as usize]];
        let frame = match (numbers.below(100), is_open) {
            (0, _) => Frame::Error(Error { code: 1, reason: "noise" }),
            (1..=2, _) => Frame::Ack(Ack { up_to: numbers.below(3) }),
            (3..=4, _) | (_, false) => Frame::Start(Start { stream: "objects/noise" }),
            (5..=79, true) => {
                seq += 1;
                let obj = (numbers.below(100) > 0).then_some(address.as_str());
                Frame::Data(Data { seq, obj, body: &body })
            }
            (_, true) => Frame::End(End { seq, status: 0 }),
        };
        is_open = match frame {
            Frame::Start(_) => true,
            Frame::End(_) => false,
            _ => is_open,
        };
        bytes.extend(encoded(&[frame]));
    }
    if numbers.below(3) == 0 {
        let at = numbers.below(bytes.len() as u64) as usize;
        bytes[at] ^= 1 << numbers.below(8);
    }
    if numbers.below(3) == 0 {
        bytes.truncate(numbers.below(bytes.len() as u64 + 1) as usize);
    }
    bytes
}

fn make_noise(gateway: &Gateway, seed: u64) {
    let numbers = &mut Numbers(seed);
    let mut socket = socket_from("127.0.0.1", gateway.address);
    // The gateway may close on any of it.
    let _ = socket.write_all(&noise(numbers));
    let _ = socket.shutdown(std::net::Shutdown::Write);
    if numbers.below(2) == 0 {
        let _ = socket.read_to_end(&mut Vec::new());
    }
}

#[test]
fn noise_panics_nothing() {
    let mut gateway = command(&["--frame-seconds", "1", "--memory-bytes", "33554432"]);
    gateway.stderr(Stdio::piped());
    let mut gateway = Gateway::run(gateway);
    let mut stderr = gateway.take_stderr();
    thread::scope(|scope| {
        for worker in 0..4 {
            let gateway = &gateway;
            scope.spawn(move || {
                (0..CONNECTIONS / 4).for_each(|n| make_noise(gateway, worker * CONNECTIONS + n));
            });
        }
    });
    assert_serving(&gateway);
    let (status, events) = gateway.stop("TERM");
    assert!(status.success());
    let mut said = String::new();
    stderr.read_to_string(&mut said).unwrap();
    assert_eq!(said, "");
    assert_eq!(named(&events, "panicked").count(), 0);
}
