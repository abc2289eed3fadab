//! Acknowledgement, back-pressure, and waits that are given up (C.2 to C.5).

use crate::peers::{
    greeted, limits, pair, pair_with, raw_pair, reason_of, take, waits, within, write, MS,
};
use futures_util::StreamExt;
use oap_tokio::oap::{Ack, Data, Frame, Start};
use oap_tokio::{Connection, Options};
use std::time::Duration;
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn data_is_acknowledged_when_more_is_asked_for() {
    let (a, mut b) = pair().await;
    let mut stream = within(a.start("one")).await.unwrap();
    stream.data("abc").await.unwrap();
    assert_eq!(take(&mut b, 2).await, ["start one", "data 1 3"]);
    assert!(waits(a.delivered()).await);
    assert!(waits(b.next()).await); // dropped, but it did ask
    within(a.delivered()).await.unwrap();
    assert_eq!(a.outbound().in_flight, 0);
}

#[tokio::test]
async fn the_end_of_a_stream_acknowledges_what_stands_before_it() {
    let (a, mut b) = pair().await;
    within(a.send_iter("one", ["abc"])).await.unwrap();
    assert_eq!(take(&mut b, 3).await[2], "end 0");
    within(a.delivered()).await.unwrap();
}

#[tokio::test]
async fn a_batch_is_taken_when_it_is_dropped() {
    let (a, mut b) = pair().await;
    let mut stream = within(a.start("one")).await.unwrap();
    stream.data("abc").await.unwrap();
    let mut taken = 0;
    while taken < 2 {
        let batch = within(b.next_batch()).await.unwrap().unwrap();
        taken += batch.len();
        assert!(waits(a.delivered()).await || taken < 2);
    }
    within(a.delivered()).await.unwrap();
}

#[tokio::test]
async fn without_auto_ack_the_application_says_what_is_taken() {
    let silent = Options::default();
    let silent = silent.clone().with_limits(silent.limits().with_auto_ack(false));
    let (a, mut b) = pair_with(&Options::default(), &silent).await;
    within(a.send_iter("one", ["abc", "def"])).await.unwrap();
    take(&mut b, 4).await;
    assert!(waits(b.next()).await && waits(a.delivered()).await);
    b.receiver().acknowledge(1).await.unwrap();
    assert!(waits(a.delivered()).await);
    assert_eq!(a.outbound().in_flight, 1);
    assert!(b.receiver().acknowledge(9).await.is_err());
    b.receiver().acknowledge(2).await.unwrap();
    within(a.delivered()).await.unwrap();
}

#[tokio::test]
async fn a_wait_that_is_given_up_loses_nothing() {
    let (a, mut b) = pair().await;
    let sending = async {
        let mut stream = a.start("drops").await.unwrap();
        for number in 0..300u32 {
            stream.data(number.to_be_bytes().to_vec()).await.unwrap();
            if number % 10 == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        }
        stream.end(0).await.unwrap();
    };
    let taking = async {
        let mut taken = Vec::new();
        loop {
            let Ok(next) = timeout(Duration::from_micros(300), b.next()).await else { continue };
            match next.unwrap().unwrap().frame() {
                Frame::Data(data) => taken.extend_from_slice(data.body),
                Frame::End(_) => return taken,
                _ => {}
            }
        }
    };
    let ((), taken) = tokio::join!(within(sending), within(taking));
    assert_eq!(taken, (0..300).flat_map(u32::to_be_bytes).collect::<Vec<u8>>());
}

#[tokio::test]
async fn the_receiver_is_a_stream_that_ends_behind_an_error() {
    let (a, mut raw) = raw_pair(&Options::default()).await;
    let start = Frame::Start(Start { stream: "one" });
    let ack = Frame::Ack(Ack { up_to: 9 });
    write(&mut raw, &greeted(&[start, ack])).await;
    let (_sender, receiver) = a.split();
    let items: Vec<_> = within(receiver.collect()).await;
    assert!(matches!(items[..], [Ok(_), Err(_)]), "{items:?}");
}

#[tokio::test]
async fn a_peer_that_reads_nothing_costs_its_sender_no_more_than_send_buffer() {
    let (near, _far) = {
        let (near, mut far) = tokio::io::duplex(10_000);
        tokio::io::AsyncWriteExt::write_all(&mut far, &greeted(&[])).await.unwrap();
        (near, far)
    };
    let a = Connection::new(near, &limits(&[("send_buffer", 50_000)]));
    let mut stream = within(a.start("stopped")).await.unwrap();
    let mut accepted = 0;
    while !waits(stream.data(vec![0; 20_000])).await {
        accepted += 20_000;
    }
    assert!((50_000..=50_000 + 20_000 + 10_000).contains(&accepted), "{accepted}");
}

#[tokio::test]
async fn a_receiver_that_takes_nothing_stops_the_reads() {
    let (a, mut raw) = raw_pair(&limits(&[("receive_buffer", 100_000)])).await;
    write(&mut raw, &greeted(&[Frame::Start(Start { stream: "many" })])).await;
    let mut bytes = Vec::new();
    for seq in 1..=200 {
        let data = Data { seq, obj: None, body: &[7; 100_000] };
        oap_tokio::oap::encode_to(&Frame::Data(data), &mut bytes).unwrap();
    }
    // 20 MB are more than the buffers of the system take.
    assert!(waits(async { write(&mut raw, &bytes).await }).await);
    assert!(a.inbound().in_flight < 100, "{:?}", a.inbound());
}

#[tokio::test]
async fn both_sides_that_wait_for_credit_are_told_so() {
    let mut options = limits(&[("stall_timeout_ns", 200 * MS), ("close_timeout_ns", 500 * MS)]);
    options = options.clone().with_config(options.config().with_ack_window_frames(2).unwrap());
    let (a, b) = pair_with(&options, &options).await;
    let many = || vec!["x"; 10];
    let (a_sent, b_sent) =
        within(async { tokio::join!(a.send_iter("a", many()), b.send_iter("b", many())) }).await;
    let reasons = [reason_of(a_sent), reason_of(b_sent)];
    assert!(reasons.iter().any(|reason| reason == "stalled"), "{reasons:?}");
}
