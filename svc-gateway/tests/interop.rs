//! The framings of others that docs/INTEROP.md lists: each is answered with the reject that stands there.

mod support;

use oap::Frame;
use support::{assert_serving, Gateway, Peer};

const PAGE: &str = include_str!("../../docs/INTEROP.md");

struct Foreign {
    bytes: Vec<u8>,
    label: String,
    at: usize,
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16);
    digits.chunks(2).map(|pair| byte(pair).expect("hex")).collect()
}

/// The rows of the table, told by the number in their last column.
fn listed() -> Vec<Foreign> {
    let rows = PAGE.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let at = cells.get(5)?.parse().ok()?;
        Some(Foreign { bytes: bytes_of(cells[3]), label: cells[4].to_owned(), at })
    });
    rows.collect()
}

#[test]
fn each_framing_that_is_listed_is_rejected_at_its_byte() {
    let gateway = Gateway::start(&[]);
    let listed = listed();
    assert_eq!(listed.len(), 4);
    for foreign in listed {
        let mut peer = Peer::connect(&gateway);
        peer.send_bytes(&foreign.bytes);
        assert!(matches!(peer.next().expect("a HELLO").frame(), Frame::Hello(_)));
        assert_eq!(peer.error().1, foreign.label);
        let event = gateway.event("reject");
        assert_eq!((&event["reason"], &event["at"]), (&foreign.label.into(), &foreign.at.into()));
    }
    assert_serving(&gateway);
}
