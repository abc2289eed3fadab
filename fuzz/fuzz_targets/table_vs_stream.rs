//! The batch table, the stream decoder and the one-frame call over the same bytes in different chunks with different
//! room: the same frames, every row inside its bytes, and a monitor that has counted just what was given.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oap::{Decoder, FrameTable, Kind, Monitor, Reject, Row, StreamDecoder};
use oap_fuzz::frames::Owned;
use oap_fuzz::input::Input;
use std::sync::Arc;

fuzz_target!(|bytes: &[u8]| {
    let Some(input) = Input::new(bytes) else { return };
    let chunked = Counted::stream(&input, &input.chunks(), input.rows());
    let whole = Counted::stream(&input, &[input.stream], 1);
    let tables = [1, 2, 7, 300].map(|room| Counted::table(&input, room));
    for other in [&whole].into_iter().chain(&tables) {
        assert_eq!(other.frames, chunked.frames);
        assert_eq!(other.reject, chunked.reject);
        assert_eq!(other.wire, chunked.wire);
    }
    [chunked, whole].into_iter().chain(tables).for_each(|counted| counted.assert_counts(&input));
});

/// What one way gave, and the monitor that watched it.
#[derive(Default)]
struct Counted {
    frames: Vec<Owned>,
    /// The bytes of those frames.
    wire: Vec<u8>,
    reject: Option<Reject>,
    monitor: Arc<Monitor>,
}

impl Counted {
    fn table(input: &Input<'_>, room: usize) -> Self {
        let mut counted = Counted::default();
        let mut decoder = Decoder::new(input.config).with_monitor(&counted.monitor);
        let mut rows = vec![Row::default(); room];
        let mut rest = input.stream;
        let end = loop {
            match decoder.decode_table(rest, &mut rows) {
                Ok(table) => {
                    counted.add(&table);
                    let why_more = table.len() == room || decoder.verdict().is_some();
                    assert!(if table.more() { why_more } else { table.need() > 0 });
                    rest = &rest[table.consumed()..];
                    if !table.more() {
                        break decoder.finish(rest);
                    }
                }
                Err(reject) => break Err(reject),
            }
        };
        assert_eq!(decoder.position(), counted.wire.len() as u64);
        Counted { reject: end.err(), ..counted }
    }

    fn stream(input: &Input<'_>, chunks: &[&[u8]], room: usize) -> Self {
        let mut counted = Counted::default();
        let mut decoder = StreamDecoder::new(input.config).with_monitor(&counted.monitor);
        let mut rows = vec![Row::default(); room];
        let mut fed = Ok(());
        for chunk in chunks {
            fed = fed.and_then(|()| counted.feed(&mut decoder, chunk, &mut rows));
        }
        let end = fed.and_then(|()| decoder.finish());
        Counted { reject: end.err(), ..counted }
    }

    fn feed(
        &mut self,
        decoder: &mut StreamDecoder,
        chunk: &[u8],
        rows: &mut [Row],
    ) -> Result<(), Reject> {
        let mut rest = chunk;
        loop {
            let table = decoder.feed(rest, rows)?;
            self.add(&table);
            rest = &rest[table.consumed()..];
            if !table.more() {
                assert!(rest.is_empty());
                return Ok(());
            }
        }
    }

    fn add(&mut self, table: &FrameTable<'_>) {
        for (row, frame) in table.rows().iter().zip(table) {
            let wire = &table.bytes()[row.offset()..][..row.length()];
            assert!(row.text(table.bytes()).is_some() && row.body(table.bytes()).is_some());
            self.wire.extend_from_slice(wire);
            self.frames.push(frame.into());
        }
        assert_eq!(table.iter().len(), table.len());
    }

    fn assert_counts(&self, input: &Input<'_>) {
        let snapshot = self.monitor.snapshot();
        for kind in Kind::ALL {
            let given = self.frames.iter().filter(|frame| frame.frame().kind() == kind).count();
            assert_eq!(snapshot.frames(kind), given as u64);
        }
        assert_eq!(snapshot.frame_bytes(), self.wire.len() as u64);
        for reason in oap::Reason::ALL {
            let given = self.reject.is_some_and(|reject| reject.reason() == reason);
            assert_eq!(snapshot.rejects(reason), u64::from(given));
        }
        assert!(input.stream.starts_with(&self.wire));
    }
}
