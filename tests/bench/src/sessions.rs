//! Sessions: what they receive, what feature bits cost them, what many threads and many idle ones cost.

use crate::measure::Case;
use crate::work::Work;
use oap::{encode_to, Config, Decoder, Frame, Hello, Monitor, Row, Session, Start};
use std::hint::black_box;
use std::sync::Arc;
use std::{fs, thread};

fn config() -> Config {
    Config::default().with_ack_window_frames(1_024).expect("in range")
}

fn greeting(hello: Hello) -> Vec<u8> {
    let mut wire = Vec::new();
    encode_to(&Frame::Hello(hello), &mut wire).expect("valid");
    encode_to(&Frame::Start(Start { stream: "bench" }), &mut wire).expect("valid");
    wire
}

fn hello(features: Option<u64>) -> Hello {
    Hello { features, ..Session::new(config()).hello() }
}

/// A session that has sent its HELLO and received the peer's, and its START.
fn receiver(greeting: &[u8]) -> Session {
    let mut session = Session::new(config());
    session.send_to(&Frame::Hello(session.hello()), &mut Vec::new()).expect("the first frame");
    let mut rows = [Row::default(); 2];
    assert_eq!(session.recv(greeting, &mut rows).map(|table| table.len()), Ok(2));
    session
}

/// One that may send 1,024 DATA.
pub fn sender() -> Session {
    let mut session = receiver(&greeting(hello(None)));
    session.send_to(&Frame::Start(Start { stream: "bench" }), &mut Vec::new()).expect("valid");
    session
}

pub fn recv(work: &Work) -> Case<'_> {
    let session = receiver(&greeting(hello(None)));
    let mut rows = vec![Row::default(); work.items.len()];
    Case::prepared(
        (work.name, "Session::recv", "oap"),
        (work.items.len(), "frame"),
        move || session.clone(),
        move |mut session: Session| {
            let table = session.recv(black_box(&work.wire), &mut rows);
            assert_eq!(black_box(table).map(|table| table.len()), Ok(work.items.len()));
        },
    )
}

/// The life of a session: handshake, START, the DATA of `work`.
pub fn features(work: &Work) -> Vec<Case<'_>> {
    vec![
        life(work, "a session, no feature bits", hello(None)),
        life(work, "a session, 64 feature bits", hello(Some(u64::MAX))),
    ]
}

fn life<'w>(work: &'w Work, what: &'w str, hello: Hello) -> Case<'w> {
    let wire = [&greeting(hello)[..], &work.wire].concat();
    let frames = work.items.len() + 2;
    let mut rows = vec![Row::default(); frames];
    let mut out = Vec::new();
    Case::new(("features", what, "oap"), (frames, "frame"), move || {
        let mut session = Session::new(config());
        out.clear();
        session.send_to(&Frame::Hello(hello), &mut out).expect("the first frame");
        let table = session.recv(black_box(&wire), &mut rows);
        assert_eq!(black_box(table).map(|table| table.len()), Ok(frames));
    })
}

const THREADS: usize = 16;
const CALLS: usize = 100;

/// Threads that decode `work`, each for itself or all on one monitor. The clock also runs while they start and end.
pub fn threads(work: &Work) -> Vec<Case<'_>> {
    vec![
        on_threads(work, "16 threads", None),
        on_threads(work, "16 threads on one monitor", Some(Arc::new(Monitor::default()))),
    ]
}

fn on_threads<'w>(work: &'w Work, what: &'w str, monitor: Option<Arc<Monitor>>) -> Case<'w> {
    let frames = THREADS * CALLS * work.items.len();
    Case::new(("threads", what, "oap"), (frames, "frame"), move || {
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| decode_often(work, monitor.as_ref()));
            }
        });
    })
}

fn decode_often(work: &Work, monitor: Option<&Arc<Monitor>>) {
    let mut decoder = Decoder::new(Config::default());
    if let Some(monitor) = monitor {
        decoder.set_monitor(monitor);
    }
    let mut rows = vec![Row::default(); work.items.len()];
    for _ in 0..CALLS {
        let table = decoder.decode_table(black_box(&work.wire), &mut rows);
        assert_eq!(black_box(table).map(|table| table.len()), Ok(work.items.len()));
    }
}

/// Bytes that so many sessions, each of which decodes, keep resident; `None` where the system does not say.
pub fn idle_bytes(count: usize) -> Option<usize> {
    let before = resident()?;
    let held: Vec<_> = (0..count).map(|_| receiver_without_stream()).collect();
    let bytes = resident()?.saturating_sub(before);
    assert_eq!(black_box(held).len(), count);
    Some(bytes)
}

fn receiver_without_stream() -> Session {
    let mut session = Session::new(config());
    session.send_to(&Frame::Hello(session.hello()), &mut Vec::new()).expect("the first frame");
    session
}

fn resident() -> Option<usize> {
    let pages = fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<usize>().ok()? * 4_096)
}
