//! What a decoder keeps from one call to the next: its verdict, and how much it waits for.

use crate::frames::Owned;
use oap::{Config, Decoded, Decoder, Row};

#[test]
fn a_reject_stands_whatever_frame_comes_after_it() {
    let ack = Owned::Ack(7).wire();
    let mut decoder = Decoder::new(Config::default());
    let reject = decoder.decode(b"\0\0\0\x08\x99").unwrap_err();
    for rows in 1..=2 {
        assert_eq!(decoder.decode(&ack), Err(reject));
        let again = decoder.decode_table(&ack, &mut vec![Row::default(); rows]).unwrap_err();
        assert_eq!((again, decoder.position()), (reject, 0));
    }
}

/// Other bytes show it, whose frame a look would find. So a peer that sends a header byte by byte buys no work.
#[test]
fn a_decoder_that_waits_for_a_header_does_not_look_before_it_is_whole() {
    let (start, ack) = (Owned::Start("s".repeat(100)).wire(), Owned::Ack(7).wire());
    for came in [8, 9, 50] {
        let mut decoder = Decoder::new(Config::default());
        let lacks = start.len() - came;
        assert_eq!(decoder.decode(&start[..came]), Ok(Decoded::Need(lacks)));
        let lacks = start.len() - ack.len();
        assert_eq!(decoder.decode(&ack), Ok(Decoded::Need(lacks)), "{came}");
    }
}
