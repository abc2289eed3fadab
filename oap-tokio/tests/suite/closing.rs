//! Closing: what was sent arrives, and nothing takes longer than it says (C.11).

use crate::peers::{
    greeted, limits, pair, raw_pair, reason_of, take, take_all, waits, within, write, MS,
};
use oap_tokio::oap::Frame;
use oap_tokio::{Connection, Error, Options};
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::time::sleep;

/// Takes about that many body bytes a second; gives how many there were.
async fn take_slowly(connection: &mut Connection, pace: usize) -> usize {
    let mut taken = 0;
    while let Some(frame) = within(connection.next()).await.unwrap() {
        if let Frame::Data(data) = frame.frame() {
            taken += data.body.len();
            sleep(Duration::from_secs_f64(data.body.len() as f64 / pace as f64)).await;
        }
    }
    taken
}

#[tokio::test]
async fn a_close_behind_a_send_delivers_to_a_slow_peer() {
    let (a, mut b) = pair().await;
    let sending = async {
        a.send_iter("slow", vec![vec![5; 65_536]; 46]).await.unwrap();
        a.close(Some(Duration::from_secs(60))).await.unwrap();
    };
    let ((), taken) = tokio::join!(within(sending), take_slowly(&mut b, 1_000_000));
    assert_eq!(taken, 46 * 65_536);
}

#[tokio::test]
async fn a_connection_that_is_dropped_delivers_what_was_sent() {
    let (a, mut b) = pair().await;
    within(a.send_iter("dropped", vec!["x".repeat(10_000); 20])).await.unwrap();
    drop(a);
    let (frames, ended) = take_all(&mut b).await;
    assert_eq!(frames.len(), 22);
    ended.unwrap();
}

#[tokio::test]
async fn a_close_never_takes_longer_than_it_says_and_does_not_lie() {
    let (a, mut raw) = raw_pair(&Options::default()).await;
    write(&mut raw, &greeted(&[])).await;
    within(a.send_iter("untaken", ["x"])).await.unwrap();
    let began = Instant::now();
    let closed = within(a.close(Some(Duration::from_millis(100)))).await;
    assert_eq!(reason_of(closed), "close_timeout");
    assert!(began.elapsed() >= Duration::from_millis(100));
    assert_eq!(a.outbound().in_flight, 1);
}

#[tokio::test]
async fn a_peer_that_has_everything_and_says_nothing_ends_a_close_cleanly() {
    let (a, mut raw) = raw_pair(&Options::default()).await;
    write(&mut raw, &greeted(&[])).await;
    within(a.sender().ready()).await.unwrap();
    within(a.close(None)).await.unwrap();
}

#[tokio::test]
async fn a_peer_that_closes_before_it_took_all_is_told() {
    let (a, b) = pair().await;
    within(a.send_iter("untaken", ["x"])).await.unwrap();
    within(b.close(None)).await.unwrap();
    assert_eq!(reason_of(within(a.close(None)).await), "unacknowledged");
}

#[tokio::test]
async fn a_close_may_come_twice_and_while_others_send_and_take() {
    let (a, mut b) = pair().await;
    let (sender, mut receiver) = a.split();
    let sending = tokio::spawn({
        let sender = sender.clone();
        async move { sender.send_iter("endless", std::iter::repeat("x")).await }
    });
    let taking = tokio::spawn(async move { receiver.next().await.map(|_| ()) });
    take(&mut b, 100).await;
    let others = async { take_all(&mut b).await };
    let (one, two, (frames, ended)) =
        within(async { tokio::join!(sender.close(None), sender.close(None), others) }).await;
    one.and(two).unwrap();
    ended.unwrap();
    assert_eq!(frames.last().unwrap(), "end 1");
    assert!(matches!(sending.await.unwrap(), Err(Error::Closed)));
    assert!(matches!(taking.await.unwrap(), Err(Error::Closed)));
    sender.close(None).await.unwrap();
}

#[tokio::test]
async fn an_abort_ends_every_wait_at_once() {
    let (a, _b) = pair().await;
    let (sender, mut receiver) = a.split();
    let sending = tokio::spawn({
        let sender = sender.clone();
        async move { sender.send_iter("endless", std::iter::repeat("x")).await }
    });
    let taking = tokio::spawn(async move { receiver.next().await.map(|_| ()) });
    assert!(waits(sender.ended()).await);
    sender.abort();
    sender.abort();
    assert_eq!(reason_of(within(sending).await.unwrap()), "aborted");
    assert_eq!(reason_of(within(taking).await.unwrap()), "aborted");
    assert_eq!(reason_of(within(sender.close(None)).await), "aborted");
    assert_eq!(reason_of(within(sender.delivered()).await), "aborted");
}

#[tokio::test]
async fn a_close_comes_to_its_end_in_the_handshake_too() {
    let (a, _raw) = raw_pair(&Options::default()).await;
    let closed = within(a.close(Some(Duration::from_millis(50)))).await;
    assert!(closed.is_ok() || reason_of(closed) == "close_timeout");
    let (a, mut raw) = raw_pair(&limits(&[("handshake_timeout_ns", 10_000 * MS)])).await;
    let (closed, hello) = tokio::join!(within(a.close(None)), raw.read_u64());
    assert!(closed.is_ok() && hello.is_ok());
}

#[test]
fn a_runtime_that_ends_leaves_nobody_waiting() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (a, _b) = runtime.block_on(pair());
    drop(runtime);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    assert_eq!(runtime.block_on(within(a.ended())).word(), "aborted");
}
