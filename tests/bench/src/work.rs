//! The byte streams that are measured.

use oap::{encode_to, Ack, Data, Frame};

pub struct Work {
    pub name: &'static str,
    pub frames: usize,
    pub wire: Vec<u8>,
}

pub fn all() -> Vec<Work> {
    vec![
        data("tiny", 1_000, 32, false),
        acks(1_000),
        data("obj 4 KiB", 200, 4 << 10, true),
        data("obj 64 KiB", 64, 64 << 10, true),
    ]
}

fn acks(frames: usize) -> Work {
    let mut wire = Vec::new();
    for up_to in 1..=frames as u64 {
        encode_to(&Frame::Ack(Ack { up_to }), &mut wire).expect("an ACK is valid");
    }
    Work { name: "ack", frames, wire }
}

fn data(name: &'static str, frames: usize, body: usize, obj: bool) -> Work {
    let address = format!("b3:{}", "0123456789abcdef".repeat(4));
    let body = vec![0x5a; body];
    let mut wire = Vec::new();
    for seq in 1..=frames as u64 {
        let data = Data { seq, obj: obj.then_some(address.as_str()), body: &body };
        encode_to(&Frame::Data(data), &mut wire).expect("a DATA is valid");
    }
    Work { name, frames, wire }
}
