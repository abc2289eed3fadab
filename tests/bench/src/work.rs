//! The frames that are measured, the same in every language's benchmark.

use oap::{encode_to, Ack, Data, Frame};

/// One frame: DATA, or ACK where there is no body.
pub struct Item {
    pub number: u64,
    pub obj: Option<&'static str>,
    pub body: Option<Vec<u8>>,
}

impl Item {
    pub fn frame(&self) -> Frame<'_> {
        match &self.body {
            Some(body) => Frame::Data(Data { seq: self.number, obj: self.obj, body }),
            None => Frame::Ack(Ack { up_to: self.number }),
        }
    }
}

pub struct Work {
    pub name: &'static str,
    pub items: Vec<Item>,
    pub wire: Vec<u8>,
}

pub const OBJ: &str = "b3:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

pub fn tiny() -> Work {
    work("tiny", 1_000, None, Some(32))
}

pub struct Works {
    /// Tiny first.
    pub kinds: Vec<Work>,
    /// A few frames by the size of their bodies. At 64 KiB all frames fall into one set of the processor's cache of
    /// addresses, at 60 and 68 KiB they do not.
    pub sizes: Vec<(&'static str, Work)>,
}

/// Those whose frames are decoded.
pub fn all() -> Works {
    let sized = |what, kib: usize| (what, work("sizes", 16, Some(OBJ), Some(kib << 10)));
    Works {
        kinds: vec![
            tiny(),
            work("ack", 1_000, None, None),
            work("obj", 200, Some(OBJ), Some(4 << 10)),
            work("obj64k", 64, Some(OBJ), Some(64 << 10)),
        ],
        sizes: vec![
            sized("4 KiB", 4),
            sized("60 KiB", 60),
            sized("64 KiB", 64),
            sized("68 KiB", 68),
        ],
    }
}

fn work(name: &'static str, frames: u64, obj: Option<&'static str>, body: Option<usize>) -> Work {
    let item = |number| Item { number, obj, body: body.map(|len| vec![0x5a; len]) };
    let items: Vec<Item> = (1..=frames).map(item).collect();
    let mut wire = Vec::new();
    for item in &items {
        encode_to(&item.frame(), &mut wire).expect("valid");
    }
    Work { name, items, wire }
}
