//! What connections cost while nothing comes over them.

mod support;

use support::{Gateway, Peer};

const PEERS: u64 = 500;

/// A read buffer alone would be 256 KiB.
const MOST_KIB: u64 = 16;

#[test]
fn an_idle_connection_holds_no_buffers_whatever_it_did_before() {
    let gateway = Gateway::with_endpoints(&[]);
    let before = gateway.resident_kib();
    let object = vec![7; 100_000];
    let peers: Vec<_> = (0..PEERS)
        .map(|_| {
            let mut peer = Peer::greeted(&gateway);
            peer.start("objects/before");
            peer.object(&object, 50_000);
            assert_eq!(peer.end(), 0);
            peer
        })
        .collect();
    let each = gateway.resident_kib().saturating_sub(before) / PEERS;
    assert!(each < MOST_KIB, "{each} KiB a connection");
    drop(peers);
}
