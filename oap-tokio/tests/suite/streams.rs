//! Whole streams: their order, their pieces, and what becomes of those that fail (C.6, C.7).

use crate::peers::{limits, pair, pair_with, shown, take, take_all, waits, within};
use bytes::Bytes;
use futures_util::{stream, SinkExt, StreamExt};
use oap_tokio::oap::Monitor;
use oap_tokio::{Connection, Error, Options};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

#[tokio::test]
async fn an_iterator_a_stream_and_a_reader_are_sent_alike() {
    let (a, mut b) = pair_with(&Options::default().with_chunk(4), &Options::default()).await;
    let sending = async {
        a.send_iter("iter", ["abcd", "ef"]).await?;
        a.send_stream("stream", stream::iter([Ok::<_, io::Error>("abcdef")])).await?;
        a.send_reader("reader", &b"abcdef"[..]).await?;
        a.send_iter("empty", [""; 0]).await
    };
    let (sent, frames) = tokio::join!(within(sending), take(&mut b, 14));
    sent.unwrap();
    let expected = [
        "start iter",
        "data 1 4",
        "data 2 2",
        "end 0",
        "start stream",
        "data 3 4",
        "data 4 2",
        "end 0",
        "start reader",
        "data 5 4",
        "data 6 2",
        "end 0",
        "start empty",
        "end 0",
    ];
    assert_eq!(frames, expected);
}

#[tokio::test]
async fn a_body_is_cut_to_what_the_peer_takes() {
    let config = Options::default().config().with_max_frame(4_096).unwrap();
    let small = Options::default().with_config(config);
    let (a, mut b) = pair_with(&Options::default(), &small).await;
    let body: Vec<u8> = (0..100_000u32).map(|place| place as u8).collect();
    let sending = async { a.send_iter("cut", [body.clone()]).await.unwrap() };
    let taking = async {
        let mut taken = Vec::new();
        while let Some(batch) = within(b.next_batch()).await.unwrap() {
            for frame in batch.frames() {
                assert!(frame.wire().len() <= 4_096);
                taken.extend_from_slice(&frame.body());
            }
            if taken.len() == body.len() {
                return taken;
            }
        }
        panic!("{} bytes", taken.len())
    };
    let ((), taken) = tokio::join!(sending, taking);
    assert!(taken == body);
}

#[tokio::test]
async fn large_bodies_and_small_ones_arrive_as_they_were() {
    let (a, mut b) = pair().await;
    let lengths = [0, 1, 16_383, 16_384, 300_000, 31, 1_000_000, 65_536, 65_537];
    let bodies = lengths.map(|len| (0..len).map(|place| (place % 253) as u8).collect::<Vec<u8>>());
    let sending = async {
        let mut stream = a.start("bodies").await.unwrap();
        for body in bodies.clone() {
            stream.data(body).await.unwrap();
        }
        stream.end(7).await.unwrap();
    };
    let taking = async {
        assert_eq!(take(&mut b, 1).await, ["start bodies"]);
        for body in &bodies {
            let frame = within(b.next()).await.unwrap().unwrap();
            assert!(frame.body() == body[..], "{}", shown(frame.frame()));
        }
        assert_eq!(take(&mut b, 1).await, ["end 7"]);
    };
    tokio::join!(sending, taking);
}

#[tokio::test]
async fn streams_of_one_time_go_in_the_order_of_their_calls() {
    let (a, mut b) = pair().await;
    let sender = a.sender();
    let sending = async {
        let (one, two, three) = tokio::join!(
            sender.send_iter("one", ["1"; 300]),
            sender.send_iter("two", ["2"; 300]),
            sender.send_iter("three", ["3"; 300]),
        );
        one.and(two).and(three).unwrap();
    };
    let ((), frames) = tokio::join!(within(sending), take(&mut b, 906));
    let starts: Vec<_> = frames.iter().filter(|frame| frame.starts_with("start")).collect();
    assert_eq!(starts, ["start one", "start two", "start three"]);
    assert_eq!([&frames[301], &frames[603], &frames[905]], ["end 0"; 3]);
}

#[tokio::test]
async fn a_source_that_fails_gives_its_stream_up_and_the_connection_goes_on() {
    let (a, mut b) = pair().await;
    let source = stream::iter([Ok("abc"), Err(io::Error::other("no more paper"))]);
    let failed = within(a.send_stream("first", source)).await;
    assert!(matches!(failed, Err(Error::Source(error)) if error.to_string() == "no more paper"));
    within(a.send_iter("second", ["de"])).await.unwrap();
    let expected = ["start first", "end 1", "start second", "data 1 2", "end 0"];
    let frames = take(&mut b, 5).await;
    assert_eq!(frames, expected);
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_its_stream_up_and_the_connection_goes_on() {
    let (a, mut b) = pair().await;
    let stopped = stream::iter([Ok::<_, io::Error>("abc")]).chain(stream::pending());
    assert!(waits(a.send_stream("first", stopped)).await);
    let mut second = within(a.start("second")).await.unwrap();
    second.data("de").await.unwrap();
    drop(second);
    within(a.send_iter("third", ["f"])).await.unwrap();
    let expected = [
        "start first",
        "data 1 3",
        "end 1",
        "start second",
        "data 2 2",
        "end 1",
        "start third",
        "data 3 1",
        "end 0",
    ];
    assert_eq!(take(&mut b, 9).await, expected);
}

#[tokio::test]
async fn a_call_that_is_dropped_while_it_waits_for_room_or_credit_is_made_up_for_later() {
    for (send_buffer, bodies) in [(1_000, 400), (1 << 20, 1_500)] {
        let (near, far) = tokio::io::duplex(2_000);
        let a = Connection::new(near, &limits(&[("send_buffer", send_buffer)]));
        let mut b = Connection::new(far, &limits(&[("receive_buffer", 2_000)]));
        assert!(waits(a.send_iter("first", vec!["x".repeat(100); bodies])).await);
        let taking = async { take_all(&mut b).await };
        let sending = async {
            within(a.send_iter("second", ["y"])).await.unwrap();
            within(a.delivered()).await.unwrap();
            within(a.close(None)).await.unwrap();
        };
        let ((frames, ended), ()) = tokio::join!(taking, sending);
        ended.unwrap();
        let end = frames.iter().position(|frame| frame.starts_with("end")).unwrap();
        assert_eq!(frames[end..end + 2], ["end 1", "start second"]);
        assert!(end < bodies);
    }
}

#[tokio::test]
async fn an_open_stream_is_a_sink_that_waits_for_its_peer() {
    let (near, far) = tokio::io::duplex(2_000);
    let a = Connection::new(near, &limits(&[("send_buffer", 1_000)]));
    let mut b = Connection::new(far, &limits(&[("receive_buffer", 2_000)]));
    let stream = a.start("sunk").await.unwrap();
    let bodies = stream::iter((1..=3_000).map(|number| Ok(Bytes::from(vec![0; number % 100]))));
    let (sent, frames) = tokio::join!(within(bodies.forward(stream)), take(&mut b, 3_002));
    sent.unwrap();
    let data = (1..=3_000).map(|number| format!("data {number} {}", number % 100));
    assert!(frames[1..3_001].iter().eq(&data.collect::<Vec<_>>()));
    assert_eq!([&frames[0], &frames[3_001]], ["start sunk", "end 0"]);
}

#[tokio::test]
async fn a_sink_that_is_dropped_or_cut_off_says_so() {
    let (near, far) = tokio::io::duplex(2_000);
    let a = Connection::new(near, &Options::default());
    let mut b = Connection::new(far, &limits(&[("receive_buffer", 2_000)]));
    let mut first = a.start("dropped").await.unwrap();
    first.feed(Bytes::from("kept back")).await.unwrap();
    drop(first);
    assert_eq!(take(&mut b, 2).await, ["start dropped", "end 1"]);
    let mut second = a.start("cut off").await.unwrap();
    let body = Bytes::from(vec![0; 60_000]);
    within(second.send(body.clone())).await.unwrap();
    assert!(waits(second.send(body)).await, "the first is not taken");
    a.abort();
    assert!(within(second.flush()).await.is_err());
    assert!(within(second.close()).await.is_err());
}

#[tokio::test]
async fn what_would_be_rejected_is_refused_and_the_connection_goes_on() {
    let (a, mut b) = pair().await;
    assert!(matches!(within(a.start("bad\nname")).await, Err(Error::Refused(_))));
    let mut objects = within(a.start("objects")).await.unwrap();
    assert!(matches!(objects.data("no address").await, Err(Error::Refused(_))));
    assert!(matches!(objects.object("b3:", "").await, Err(Error::Refused(_))));
    let address = format!("b3:{}", "0a".repeat(32));
    objects.object(&address, "abc").await.unwrap();
    objects.end(0).await.unwrap();
    assert_eq!(take(&mut b, 3).await, ["start objects", "data 1 3", "end 0"]);
}

/// A stream that counts its writes.
struct Counted {
    stream: DuplexStream,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn the_frames_of_one_turn_leave_in_one_write() {
    let (near, far) = tokio::io::duplex(1 << 20);
    let writes = Arc::new(AtomicUsize::new(0));
    let counted = Counted { stream: near, writes: Arc::clone(&writes) };
    let a = Connection::new(counted, &Options::default());
    let mut b = Connection::new(far, &Options::default());
    within(a.sender().ready()).await.unwrap();
    let before = writes.load(Ordering::Relaxed);
    let mut stream = a.start("turn").await.unwrap();
    for _ in 0..100 {
        stream.data("32 bytes are a small message here").await.unwrap();
    }
    stream.end(0).await.unwrap();
    assert_eq!(writes.load(Ordering::Relaxed), before);
    within(a.sender().flush()).await.unwrap();
    assert_eq!(writes.load(Ordering::Relaxed), before + 1);
    assert_eq!(take(&mut b, 102).await[101], "end 0");
}

/// Else each side of a stream of small messages waits while the other works.
#[tokio::test]
async fn a_window_of_small_messages_is_more_than_one_write() {
    let (near, far) = tokio::io::duplex(1 << 20);
    let writes = Arc::new(AtomicUsize::new(0));
    let counted = Counted { stream: near, writes: Arc::clone(&writes) };
    let a = Connection::new(counted, &Options::default());
    let _b = Connection::new(far, &Options::default());
    within(a.sender().ready()).await.unwrap();
    let before = writes.load(Ordering::Relaxed);
    within(a.send_iter("window", ["small"; 1_000])).await.unwrap();
    assert_eq!(writes.load(Ordering::Relaxed) - before, 2);
}

#[tokio::test]
async fn a_monitor_is_told_the_time_of_a_read_and_of_a_send() {
    let (sends, takes) = (Arc::new(Monitor::default()), Arc::new(Monitor::default()));
    let options = [&sends, &takes].map(|monitor| Options::default().with_monitor(monitor));
    let (a, mut b) = pair_with(&options[0], &options[1]).await;
    let sending = async { a.send_iter("timed", ["small"; 1_000]).await.unwrap() };
    let ((), frames) = tokio::join!(within(sending), take(&mut b, 1_002));
    assert_eq!(frames.len(), 1_002);

    let (sent, taken) = (sends.snapshot(), takes.snapshot());
    assert!(
        (3..100).contains(&sent.write().count()),
        "{} for START, DATA and END",
        sent.write().count()
    );
    assert!((1..100).contains(&taken.read().count()), "{} reads", taken.read().count());
    assert!(taken.read().sum_ns() > 0);
}
