//! TLS by the caller's stream.

use crate::peers::{limits, shown, take, within, MS};
use crate::server::{count, listener};
use oap_tokio::oap::Frame;
use oap_tokio::{BoxError, Connection, Event, Options, Server, ServerOptions};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A server's side and a client's that trusts it.
fn sides() -> (TlsAcceptor, TlsConnector) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(signed.cert.der().clone()).unwrap();
    let server = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![signed.cert.der().clone()], key)
        .unwrap();
    let client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    (TlsAcceptor::from(Arc::new(server)), TlsConnector::from(Arc::new(client)))
}

async fn client(connector: &TlsConnector, server: &Server) -> Connection {
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    Connection::new(connector.connect(name, stream).await.unwrap(), &Options::default())
}

/// Sends back what comes.
async fn echo(connection: Connection) -> Result<(), BoxError> {
    let (sender, mut receiver) = connection.split();
    let mut stream = sender.start("echo").await?;
    while let Some(frame) = receiver.next().await? {
        match frame.frame() {
            Frame::Data(_) => stream.data(frame.body()).await.map(|_| ())?,
            Frame::End(_) => {
                stream.end(0).await?;
                stream = sender.start("echo").await?;
            }
            _ => {}
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_of_all_sizes_pass_both_ways_and_the_close_delivers() {
    let (acceptor, connector) = sides();
    let accept = move |stream| {
        let acceptor = acceptor.clone();
        async move { acceptor.accept(stream).await }
    };
    let server = ServerOptions::default().serve_over(listener().await, accept, echo).unwrap();
    let (sender, mut receiver) = within(client(&connector, &server)).await.split();
    let lengths = [1, 100, 16_000, 70_000, 1_000_000, 3, 500_000];
    let bodies = lengths.map(|len| (0..len).map(|place| (place % 251) as u8).collect::<Vec<u8>>());
    let expected = bodies.concat();
    let sending = async {
        sender.send_iter("all", bodies).await.unwrap();
        sender.delivered().await.unwrap();
    };
    let taking = async {
        let mut taken = Vec::new();
        while taken.len() < expected.len() {
            taken.extend_from_slice(&receiver.next().await.unwrap().unwrap().body());
        }
        taken
    };
    let ((), taken) = within(async { tokio::join!(sending, taking) }).await;
    assert!(taken == expected);
    within(sender.close(None)).await.unwrap();
}

#[tokio::test]
async fn a_tls_handshake_that_fails_or_stops_ends_nothing_else() {
    let (acceptor, connector) = sides();
    let accept = move |stream| {
        let acceptor = acceptor.clone();
        async move { acceptor.accept(stream).await }
    };
    let (events, mut told) = mpsc::unbounded_channel();
    let options = ServerOptions::default()
        .with_connection(limits(&[("handshake_timeout_ns", 1_000 * MS)]))
        .with_hook(move |event| events.send(event).unwrap());
    let server = options.serve_over(listener().await, accept, count).unwrap();
    let mut plain = TcpStream::connect(server.local_addr()).await.unwrap();
    plain.write_all(b"no TLS at all, and many bytes of it").await.unwrap();
    let _mute = TcpStream::connect(server.local_addr()).await.unwrap();
    let mut client = within(client(&connector, &server)).await;
    within(client.send_iter("notes", ["abc"])).await.unwrap();
    assert_eq!(take(&mut client, 3).await[1], "data 1 1");
    for _ in 0..2 {
        assert!(matches!(within(told.recv()).await, Some(Event::Upgrade(_))));
    }
    within(client.close(None)).await.unwrap();
    within(server.shutdown(Duration::from_secs(5))).await;
}

#[tokio::test]
async fn an_end_without_goodbye_is_no_clean_end() {
    let (acceptor, connector) = sides();
    let accept = move |stream| {
        let acceptor = acceptor.clone();
        async move { acceptor.accept(stream).await }
    };
    let (events, mut told) = mpsc::unbounded_channel();
    let watch = move |mut connection: Connection| {
        let events = events.clone();
        async move {
            while let Ok(Some(frame)) = connection.next().await {
                shown(frame.frame());
            }
            events.send(connection.ended().await.word()).map_err(BoxError::from)
        }
    };
    let server = ServerOptions::default().serve_over(listener().await, accept, watch).unwrap();
    let client = within(client(&connector, &server)).await;
    let _stream = within(client.start("cut")).await.unwrap();
    within(client.sender().flush()).await.unwrap();
    client.abort();
    let reason = within(told.recv()).await.unwrap();
    assert!(["reset", "incomplete"].contains(&&reason[..]), "{reason}");
}
