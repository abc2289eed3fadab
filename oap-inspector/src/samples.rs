//! What a page shows before a user has bytes of their own.

use oap::{Ack, Data, End, Error, Frame, Hello, Start};

/// The bytes of both directions; the second is empty where one tells enough.
pub struct Sample {
    pub name: &'static str,
    pub bytes: [Vec<u8>; 2],
}

/// The samples by number; `None` behind the last.
pub fn sample(number: usize) -> Option<Sample> {
    match number {
        0 => Some(Sample { name: "a session", bytes: session() }),
        1 => Some(Sample { name: "more than the window", bytes: overrun() }),
        2 => Some(Sample { name: "a frame over 1 MiB", bytes: [oversize(), Vec::new()] }),
        _ => None,
    }
}

fn session() -> [Vec<u8>; 2] {
    let data = |seq| Frame::Data(Data { seq, obj: None, body: b"some bytes" });
    let ack = |up_to| Frame::Ack(Ack { up_to });
    let start = Frame::Start(Start { stream: "photo.jpg" });
    let end = Frame::End(End { seq: 6, status: 0 });
    let sent = [hello(8), start, data(1), data(2), data(3), data(4), data(5), data(6), end];
    [wire(&sent), wire(&[hello(4), ack(1), ack(3), ack(4), ack(6)])]
}

fn overrun() -> [Vec<u8>; 2] {
    let data = |seq| Frame::Data(Data { seq, obj: None, body: b"too soon" });
    let start = Frame::Start(Start { stream: "notes" });
    let error = Frame::Error(Error { code: 7, reason: "credit_violation" });
    [wire(&[hello(32), start, data(1), data(2), data(3)]), wire(&[hello(2), error])]
}

fn oversize() -> Vec<u8> {
    let mut bytes = wire(&[Frame::Ack(Ack { up_to: 7 })]);
    bytes.extend([0x00, 0x10, 0x00, 0x01, 0x03, 0x00, 0x00, 0x02]);
    bytes
}

fn hello(window: u32) -> Frame<'static> {
    Frame::Hello(Hello { ack_window: Some(window), ..Hello::new(oap::MAX_FRAME_BYTES as u64) })
}

fn wire(frames: &[Frame<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        oap::encode_to(frame, &mut bytes).expect("a good frame");
    }
    bytes
}
