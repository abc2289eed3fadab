//! What a side may try to send, right and wrong, as seen from where it stands.

use oap::{Ack, Data, End, Error, Flow, Frame, Hello, Start};

/// A frame to be tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Letter {
    Hello,
    /// Of objects, or not.
    Start(bool),
    Data(u64, bool),
    Ack(u64),
    End(u64),
    Error,
}

const ADDRESS: &str = "b3:0000000000000000000000000000000000000000000000000000000000000000";

impl Letter {
    pub fn frame(self, hello: Hello) -> Frame<'static> {
        match self {
            Letter::Hello => Frame::Hello(hello),
            Letter::Start(objects) => {
                Frame::Start(Start { stream: if objects { "objects" } else { "s" } })
            }
            Letter::Data(seq, obj) => {
                Frame::Data(Data { seq, obj: obj.then_some(ADDRESS), body: b"" })
            }
            Letter::Ack(up_to) => Frame::Ack(Ack { up_to }),
            Letter::End(seq) => Frame::End(End { seq, status: 0 }),
            Letter::Error => Frame::Error(Error { code: 0, reason: "" }),
        }
    }
}

/// Every kind, with numbers on both sides of each rule: the next seq and its neighbours, every DATA in flight and one
/// beyond on either side, the stream's last seq and another.
pub fn letters(own: &Flow, peer: &Flow, first: u64, last_of_stream: Option<u64>) -> Vec<Letter> {
    let mut letters = vec![Letter::Hello, Letter::Error, Letter::Start(false), Letter::Start(true)];
    let next = own.last_seq.map_or(first, |last| last.wrapping_add(1));
    letters.extend(
        [next, next.wrapping_add(1), next.wrapping_sub(1)].map(|seq| Letter::Data(seq, false)),
    );
    letters.push(Letter::Data(next, true));
    let ahead = peer.last_seq.map_or(first, |last| last.wrapping_add(1));
    letters
        .extend((0..=u64::from(peer.in_flight) + 1).map(|by| Letter::Ack(ahead.wrapping_sub(by))));
    let end = last_of_stream.unwrap_or(0);
    letters.extend([end, end.wrapping_add(1)].map(Letter::End));
    letters
}
