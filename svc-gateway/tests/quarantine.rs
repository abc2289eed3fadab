//! A peer whose bytes are refused too often is put in quarantine; clients of other protocols are told apart.

mod support;

use oap::{Frame, Reason};
use std::io::{Read, Write};
use support::http::Answer;
use support::{eventually, socket_from, Gateway, Peer};

const THREE: [&str; 2] = ["--quarantine-offences", "3"];
const HOSTILE: &str = "127.0.0.66";

/// Refused for its bytes, and told so.
fn offend(gateway: &Gateway, source: &str) {
    let mut peer = Peer::connect_from(source, gateway).greet();
    peer.send_bytes(&[0xff; 4]);
    assert_eq!(peer.error().0, Reason::FrameOversize.code());
}

fn is_closed_at_the_door(gateway: &Gateway, source: &str) -> bool {
    Peer::connect_from(source, gateway).next().is_none()
}

fn rejects(page: &Answer) -> f64 {
    page.sample("oap_rejects_total{reason=\"frame_oversize\"}")
}

#[test]
fn who_offends_three_times_is_closed_before_the_decoder_and_nobody_else_is() {
    let gateway = Gateway::with_endpoints(&THREE);
    (0..3).for_each(|_| offend(&gateway, HOSTILE));
    assert!(gateway.event("quarantined")["peer_addr"].is_string());
    assert!((0..5).all(|_| is_closed_at_the_door(&gateway, HOSTILE)));
    offend(&gateway, "127.0.0.67");
    let page = gateway.get("/metrics");
    assert_eq!(rejects(&page), 4.0);
    assert_eq!(page.sample("svc_gateway_quarantined_peers"), 1.0);
    assert_eq!(page.sample("svc_gateway_quarantines_total"), 1.0);
    assert_eq!(page.sample("svc_gateway_refused_total{cause=\"quarantined\"}"), 5.0);
}

#[test]
fn its_open_connections_end_with_their_next_bytes_and_count_no_reject() {
    let gateway = Gateway::with_endpoints(&THREE);
    let mut open = Peer::connect_from(HOSTILE, &gateway).greet();
    (0..3).for_each(|_| offend(&gateway, HOSTILE));
    open.send_bytes(&[0xff; 4]);
    assert!(open.next().is_none());
    assert_eq!(rejects(&gateway.get("/metrics")), 3.0);
}

#[test]
fn a_quarantine_ends() {
    let gateway = Gateway::start(&[&THREE[..], &["--quarantine-seconds", "0.2"]].concat());
    (0..3).for_each(|_| offend(&gateway, HOSTILE));
    eventually("its end", || (!is_closed_at_the_door(&gateway, HOSTILE)).then_some(()));
    offend(&gateway, HOSTILE);
}

/// By default: this test sets nothing.
#[test]
fn one_hostile_peer_alone_does_not_turn_readiness() {
    let gateway = Gateway::with_endpoints(&["--quarantine-offences", "10"]);
    for _ in 0..200 {
        let mut peer = Peer::connect_from(HOSTILE, &gateway);
        let hello = oap::Hello::new(4_096);
        let _ = peer.socket.write_all(&support::encoded(&[Frame::Hello(hello)]));
        let _ = peer.socket.write_all(&[0xff; 4]);
        while peer.next().is_some() {}
    }
    assert_eq!(gateway.get("/readyz").status, 200);
}

/// Says it and gives what the gateway answers behind its HELLO.
fn say(gateway: &Gateway, bytes: &[u8]) -> usize {
    let mut socket = socket_from("127.0.0.1", gateway.address);
    socket.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    let hello = oap::Session::new(oap::Config::default()).hello();
    answer.len() - support::encoded(&[Frame::Hello(hello)]).len().min(answer.len())
}

const FOREIGN: [(&str, &[u8]); 6] = [
    ("http", b"GET /secret HTTP/1.1\r\n\r\n"),
    ("http", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("tls", b"\x16\x03\x01\x02\x00secret"),
    ("ssh", b"SSH-2.0-secret\r\n"),
    ("proxy", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nsecret"),
    ("proxy", b"\r\n\r\n\0\r\nQUIT\nsecret"),
];

#[test]
fn another_protocol_is_named_and_its_bytes_are_not() {
    let gateway = Gateway::with_endpoints(&[]);
    for (name, bytes) in FOREIGN {
        assert_eq!(say(&gateway, bytes), 0);
        let event = gateway.event("foreign_protocol");
        assert_eq!(event["reason"], name);
        let said = event.to_string();
        assert!(!said.contains("secret") && !said.contains("192.0.2"), "{said}");
    }
    let page = gateway.get("/metrics");
    assert_eq!(rejects(&page), 0.0, "it never reached the decoder");
    assert_eq!(page.sample("svc_gateway_foreign_protocol_total{protocol=\"http\"}"), 2.0);
    assert_eq!(page.sample("svc_gateway_refused_total{cause=\"foreign_protocol\"}"), 6.0);
}

#[test]
fn other_protocols_put_a_peer_in_quarantine_too() {
    let gateway = Gateway::start(&THREE);
    for _ in 0..3 {
        say(&gateway, b"GET / HTTP/1.1\r\n\r\n");
    }
    assert!(is_closed_at_the_door(&gateway, "127.0.0.1"));
}
