//! What connections cost while nothing comes over them.

mod support;

use support::{Gateway, Peer};

const PEERS: u64 = 500;

/// A read buffer alone would be 256 KiB.
const MOST_BYTES: u64 = 16 << 10;

fn resident_bytes(gateway: &Gateway) -> u64 {
    gateway.get("/metrics").sample("process_resident_memory_bytes") as u64
}

#[test]
fn an_idle_connection_holds_no_buffers_whatever_it_did_before() {
    let gateway = Gateway::with_endpoints(&[]);
    let before = resident_bytes(&gateway);
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
    let each = resident_bytes(&gateway).saturating_sub(before) / PEERS;
    assert!(each < MOST_BYTES, "{each} bytes a connection");
    drop(peers);
}
