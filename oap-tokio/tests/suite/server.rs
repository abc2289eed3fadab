//! A server: its limits, its hook, its list, its shutdown (S.1 to S.5).

use crate::peers::{greeted, limits, reason_of, take, take_all, waits, within, write, MS};
use oap_tokio::oap::{Frame, Start};
use oap_tokio::{connect, serve, BoxError, Connection, Event, Options, Server, ServerOptions};
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

pub async fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

/// Answers each stream with its length.
pub async fn count(mut connection: Connection) -> Result<(), BoxError> {
    let mut bytes = 0;
    while let Some(frame) = connection.next().await? {
        match frame.frame() {
            Frame::Data(data) => bytes += data.body.len(),
            Frame::End(_) => connection.send_iter("count", [bytes.to_string()]).await?,
            _ => bytes = 0,
        }
    }
    Ok(())
}

/// Sends a stream and takes the answer.
pub async fn is_served(server: &Server) {
    let mut client = within(connect(server.local_addr())).await.unwrap();
    within(client.send_iter("notes", vec!["x".repeat(1_000); 100])).await.unwrap();
    assert_eq!(take(&mut client, 3).await[1], "data 1 6");
    within(client.close(None)).await.unwrap();
}

#[tokio::test]
async fn each_connection_has_its_handler() {
    let server = serve(listener().await, count).unwrap();
    for _ in 0..3 {
        is_served(&server).await;
    }
    within(server.shutdown(Duration::from_secs(5))).await;
    assert!(connect(server.local_addr()).await.is_err());
}

#[tokio::test]
async fn a_handler_that_fails_or_panics_ends_its_connection_alone() {
    let (events, mut told) = mpsc::unbounded_channel();
    let options = ServerOptions::default().with_hook(move |event| {
        events.send(event).unwrap();
        panic!("a hook that panics");
    });
    let server = options.serve(listener().await, |mut connection: Connection| async move {
        match connection.next().await?.map(|frame| frame.frame() == START) {
            Some(true) => panic!("a handler that panics"),
            _ => Err::<(), BoxError>("a handler that fails".into()),
        }
    });
    let server = server.unwrap();
    for name in ["panic", "fail"] {
        let mut client = connect(server.local_addr()).await.unwrap();
        let mut stream = within(client.start(name)).await.unwrap();
        let _ = stream.data("x").await;
        drop(stream);
        let _ = take_all(&mut client).await;
    }
    assert!(matches!(within(told.recv()).await, Some(Event::Panic(_))));
    let Some(Event::Handler(error)) = within(told.recv()).await else { panic!("no error") };
    assert_eq!(error.to_string(), "a handler that fails");
}

const START: Frame<'_> = Frame::Start(Start { stream: "panic" });

#[tokio::test]
async fn connections_beyond_the_most_wait_for_a_place() {
    let options = ServerOptions::default().with_max_connections(2);
    let server = options.serve(listener().await, count).unwrap();
    let clients =
        [connect(server.local_addr()).await.unwrap(), connect(server.local_addr()).await.unwrap()];
    for client in &clients {
        within(client.sender().ready()).await.unwrap();
    }
    let third = connect(server.local_addr()).await.unwrap();
    assert!(waits(third.sender().ready()).await);
    assert_eq!(server.connections().len(), 2);
    within(clients[0].close(None)).await.unwrap();
    within(third.sender().ready()).await.unwrap();
}

#[tokio::test]
async fn connections_are_listed_and_closed_one_by_one() {
    let server = serve(listener().await, count).unwrap();
    let mut first = connect(server.local_addr()).await.unwrap();
    let second = connect(server.local_addr()).await.unwrap();
    within(first.sender().ready()).await.unwrap();
    let _stream = within(second.start("second")).await.unwrap();
    within(async {
        while !server.connections().iter().any(|connection| connection.inbound().open) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let listed = server.connections();
    assert_eq!(listed.len(), 2);
    let idle = listed.iter().find(|connection| !connection.inbound().open).unwrap();
    assert!(idle.peer().ip().is_loopback() && idle.age() > Duration::ZERO);
    assert!(!format!("{idle:?}").contains(&idle.peer().port().to_string()));
    idle.close(None);
    assert_eq!(take_all(&mut first).await.0.len(), 0);
    drop(first);
    within(async {
        while server.connections().len() != 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    within(second.sender().flush()).await.unwrap();
}

#[tokio::test]
async fn a_shutdown_closes_what_is_idle_and_lets_open_streams_finish() {
    let server = serve(listener().await, count).unwrap();
    let mut idle = connect(server.local_addr()).await.unwrap();
    let mut busy = connect(server.local_addr()).await.unwrap();
    within(idle.sender().ready()).await.unwrap();
    let mut stream = within(busy.start("busy")).await.unwrap();
    stream.data("abc").await.unwrap();
    within(async {
        while !server.connections().iter().any(|connection| connection.inbound().open) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let finishing = async {
        take_all(&mut idle).await.1.unwrap();
        stream.data("def").await.unwrap();
        stream.end(0).await.unwrap();
        assert_eq!(take(&mut busy, 3).await[1], "data 1 1");
        take_all(&mut busy).await.1.unwrap();
    };
    within(async { tokio::join!(server.shutdown(Duration::from_secs(60)), finishing) }).await;
    assert!(server.connections().is_empty());
}

#[tokio::test]
async fn a_shutdown_comes_to_its_end_whatever_peers_and_handlers_do() {
    let stuck = |connection: Connection| async move {
        let _kept = connection;
        std::future::pending::<Result<(), BoxError>>().await
    };
    let server = serve(listener().await, stuck).unwrap();
    let mut raw = TcpStream::connect(server.local_addr()).await.unwrap();
    write(&mut raw, &greeted(&[START])).await;
    raw.read_u64().await.unwrap();
    within(server.shutdown(Duration::from_millis(300))).await;
    within(async {
        while !server.connections().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_has_limits_by_default() {
    let limits = *ServerOptions::default().connection().limits();
    assert_eq!(limits.idle_timeout_ns(), 300_000 * MS);
    assert_eq!(limits.handshake_timeout_ns(), 10_000 * MS);
    assert!(format!("{:?}", ServerOptions::default()).contains("max_connections: 1024"));
}

#[tokio::test]
async fn peers_that_say_nothing_give_their_places_back() {
    let options = limits(&[("handshake_timeout_ns", 100 * MS)]);
    let options = ServerOptions::default().with_connection(options).with_max_connections(3);
    let server = options.serve(listener().await, count).unwrap();
    let mut mute = Vec::new();
    for _ in 0..6 {
        mute.push(TcpStream::connect(server.local_addr()).await.unwrap());
    }
    is_served(&server).await;
}

#[tokio::test]
async fn the_connection_is_known_by_its_options() {
    let (events, mut told) = mpsc::unbounded_channel();
    let connection = Options::default().with_chunk(0);
    assert_eq!(connection.chunk(), 1);
    let options = ServerOptions::default().with_connection(connection);
    let server = options.serve(listener().await, move |connection: Connection| {
        let events = events.clone();
        async move { events.send(connection.ended().await).map_err(BoxError::from) }
    });
    let server = server.unwrap();
    let client = connect(server.local_addr()).await.unwrap();
    let _stream = within(client.start("cut off")).await.unwrap();
    within(client.sender().flush()).await.unwrap();
    client.abort();
    let reason = within(told.recv()).await.unwrap().word();
    assert!(["incomplete", "reset"].contains(&&reason[..]), "{reason}");
    assert_eq!(reason_of(within(client.start("x")).await), "aborted");
}
