//! How a connection ends, and that every call tells the first reason (C.1, C.8 to C.10, C.12, C.13).

use crate::peers::{
    greeted, kinds_to_the_end, limits, raw_pair, reason_of, take_all, within, write, MS,
};
use oap_tokio::oap::{Ack, Data, End, Error as ErrorFrame, Frame, Kind, Start};
use oap_tokio::{connect, Error, Options};
use tokio::io::AsyncWriteExt;

const START: Frame<'_> = Frame::Start(Start { stream: "one" });
const DATA: Frame<'_> = Frame::Data(Data { seq: 1, obj: None, body: b"abc" });
const END: Frame<'_> = Frame::End(End { seq: 1, status: 0 });

/// The frames that a receiver is given, and its end, where the peer sends these bytes and its input ends.
async fn given(bytes: &[u8]) -> (Vec<String>, Result<(), Error>) {
    let (mut a, mut raw) = raw_pair(&limits(&[("close_timeout_ns", 300 * MS)])).await;
    write(&mut raw, bytes).await;
    raw.shutdown().await.unwrap();
    take_all(&mut a).await
}

#[tokio::test]
async fn the_end_of_input_is_clean_between_streams_only() {
    let (frames, ended) = given(&greeted(&[START, DATA, END])).await;
    assert_eq!(frames, ["start one", "data 1 3", "end 0"]);
    ended.unwrap();
    let (frames, ended) = given(&greeted(&[START, DATA])).await;
    assert_eq!((frames.len(), reason_of(ended)), (2, "incomplete".to_owned()));
    let whole = greeted(&[START, DATA]);
    let (frames, ended) = given(&whole[..whole.len() - 1]).await;
    assert_eq!((frames.len(), reason_of(ended)), (1, "reject:truncated".to_owned()));
}

#[tokio::test]
async fn an_error_of_the_peer_is_told_without_its_words() {
    let error = Frame::Error(ErrorFrame { code: 77, reason: "my secret" });
    let (frames, ended) = given(&greeted(&[START, DATA, error])).await;
    assert_eq!(frames.len(), 2);
    let error = ended.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"));
    assert_eq!(reason_of::<()>(Err(error)), "peer_error:77");
}

#[tokio::test]
async fn frames_before_a_reject_are_given_and_the_peer_is_told() {
    let (mut a, mut raw) = raw_pair(&Options::default()).await;
    let ack = Frame::Ack(Ack { up_to: 9 });
    write(&mut raw, &greeted(&[START, DATA, ack])).await;
    let (frames, ended) = take_all(&mut a).await;
    assert_eq!(frames, ["start one", "data 1 3"]);
    assert_eq!(reason_of(ended), "reject:credit_violation");
    let sending = within(a.send_iter("two", ["x"])).await;
    assert_eq!(reason_of(sending), "reject:credit_violation");
    let kinds = within(kinds_to_the_end(&mut raw)).await;
    assert_eq!((kinds[0], kinds.last()), (Kind::Hello, Some(&Kind::Error)));
}

#[tokio::test]
async fn a_mute_peer_is_given_up_after_the_handshake_timeout() {
    let (mut a, _raw) = raw_pair(&limits(&[("handshake_timeout_ns", 50 * MS)])).await;
    let sent = within(a.send_iter("never", ["x"])).await;
    assert_eq!(reason_of(sent), "handshake_timeout");
    assert_eq!(reason_of(a.next().await), "handshake_timeout");
}

#[tokio::test]
async fn a_silent_peer_is_given_up_after_the_idle_timeout() {
    let (mut a, mut raw) = raw_pair(&limits(&[("idle_timeout_ns", 50 * MS)])).await;
    write(&mut raw, &greeted(&[])).await;
    assert_eq!(reason_of(within(a.next()).await), "idle_timeout");
}

#[tokio::test]
async fn every_later_call_tells_the_first_reason() {
    let (mut a, raw) = raw_pair(&limits(&[("handshake_timeout_ns", 50 * MS)])).await;
    assert_eq!(within(a.ended()).await.word(), "handshake_timeout");
    drop(raw);
    a.abort();
    for _ in 0..2 {
        assert_eq!(reason_of(a.next().await), "handshake_timeout");
        assert_eq!(reason_of(a.start("x").await), "handshake_timeout");
        assert_eq!(reason_of(a.sender().ready().await), "handshake_timeout");
        assert_eq!(reason_of(a.close(None).await), "handshake_timeout");
    }
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_says_why() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let Err(Error::Connect(error)) = connect(address).await else { panic!("it was made") };
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn a_peer_that_breaks_off_is_told_with_what_the_transport_said() {
    let (mut a, mut raw) = raw_pair(&Options::default()).await;
    write(&mut raw, &greeted(&[START])).await;
    raw.set_zero_linger().unwrap();
    assert!(within(a.next()).await.unwrap().is_some());
    drop(raw);
    let Err(Error::Ended(ended)) = within(a.next()).await else { panic!("no error") };
    assert_eq!(ended.reason().word(), "reset");
    assert!(ended.transport_error().is_some());
}
