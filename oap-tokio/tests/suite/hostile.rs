//! Peers that do what they should not: none of it ends the server, or another connection.

use crate::peers::{greeted, limits, raw_pair, take_all, within, write, MS};
use crate::server::{count, is_served, listener};
use oap_tokio::oap::{Data, End, Error as ErrorFrame, Frame, Start};
use oap_tokio::{connect, serve, Options, Server, ServerOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn server() -> Server {
    let limits = limits(&[("handshake_timeout_ns", 2_000 * MS), ("close_timeout_ns", 2_000 * MS)]);
    ServerOptions::default().with_connection(limits).serve(listener().await, count).unwrap()
}

/// A conversation with an END and an ERROR in it.
fn conversation() -> Vec<u8> {
    greeted(&[
        Frame::Start(Start { stream: "one" }),
        Frame::Data(Data { seq: 1, obj: None, body: b"abc" }),
        Frame::End(End { seq: 1, status: 0 }),
        Frame::Start(Start { stream: "two" }),
        Frame::End(End { seq: 0, status: 9 }),
        Frame::Error(ErrorFrame { code: 300, reason: "enough" }),
    ])
}

#[tokio::test]
async fn peers_that_close_at_every_byte_end_nothing_else() {
    let server = server().await;
    let bytes = conversation();
    for until in 0..=bytes.len() {
        for reset in [false, true] {
            let mut raw = TcpStream::connect(server.local_addr()).await.unwrap();
            write(&mut raw, &bytes[..until]).await;
            if reset {
                raw.set_zero_linger().unwrap();
            }
            drop(raw);
        }
    }
    is_served(&server).await;
}

#[tokio::test]
async fn peers_that_half_close_hear_the_end() {
    let server = server().await;
    let bytes = conversation();
    for until in 0..=bytes.len() {
        let mut raw = TcpStream::connect(server.local_addr()).await.unwrap();
        write(&mut raw, &bytes[..until]).await;
        raw.shutdown().await.unwrap();
        let _ = within(raw.read_to_end(&mut Vec::new())).await;
    }
    is_served(&server).await;
}

#[tokio::test]
async fn another_protocol_is_told_and_closed() {
    let server = server().await;
    let mut raw = TcpStream::connect(server.local_addr()).await.unwrap();
    write(&mut raw, b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n").await;
    let mut answer = Vec::new();
    let _ = within(raw.read_to_end(&mut answer)).await;
    assert!(answer.ends_with(b"frame_oversize"), "{answer:?}");
    is_served(&server).await;
}

#[tokio::test]
async fn a_peer_that_connects_and_closes_at_once_is_an_end_like_others() {
    for _ in 0..50 {
        let (mut a, raw) = raw_pair(&Options::default()).await;
        drop(raw);
        let (frames, _) = take_all(&mut a).await;
        assert!(frames.is_empty());
        let reason = within(async {
            let _ = a.close(None).await;
            a.ended().await.word()
        });
        assert!(["clean", "reset"].contains(&&reason.await[..]));
    }
}

#[tokio::test]
async fn a_peer_that_reads_nothing_holds_up_nobody_else() {
    let server = server().await;
    let mut raw = TcpStream::connect(server.local_addr()).await.unwrap();
    write(&mut raw, &greeted(&[])).await;
    let stream =
        greeted(&[Frame::Start(Start { stream: "again" }), Frame::End(End { seq: 0, status: 0 })]);
    let stream = &stream[greeted(&[]).len()..];
    for _ in 0..1_000 {
        write(&mut raw, stream).await;
    }
    is_served(&server).await;
    assert_eq!(server.connections().len(), 1);
}

#[tokio::test]
async fn a_thousand_connections_are_served_at_once() {
    let server = serve(listener().await, count).unwrap();
    let mut clients = Vec::new();
    for _ in 0..1_000 {
        clients.push(within(connect(server.local_addr())).await.unwrap());
    }
    for client in &clients {
        within(client.send_iter("one", ["abc"])).await.unwrap();
    }
    assert_eq!(server.connections().len(), 1_000);
    for client in &mut clients {
        assert_eq!(crate::peers::take(client, 3).await[1], "data 1 1");
    }
    let closing = clients.iter().map(|client| client.close(None));
    for closed in within(futures_util::future::join_all(closing)).await {
        closed.unwrap();
    }
}
