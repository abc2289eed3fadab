//! The iterator over a frame table.

use crate::frames::Owned;
use oap::{Config, Decoder, Row};

#[test]
fn an_iterator_knows_how_many_frames_are_left() {
    let wire: Vec<u8> = (0..3).flat_map(|up_to| Owned::Ack(up_to).wire()).collect();
    let mut rows = [Row::default(); 4];
    let table = Decoder::new(Config::default()).decode_table(&wire, &mut rows).unwrap();
    let mut frames = table.iter();
    for left in (0..=3).rev() {
        assert_eq!((frames.size_hint(), frames.len()), ((left, Some(left)), left));
        assert_eq!(frames.next().is_some(), left > 0);
    }
}
