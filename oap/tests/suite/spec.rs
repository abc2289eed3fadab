//! The constants are those of the spec's tables.

use crate::frames::Owned;
use oap::{Config, End, Hello};

/// The rows of the first table of `docs/OAP-1.md` below the heading, as cells.
fn rows(heading: &str) -> Vec<Vec<String>> {
    let spec = include_str!("../../../docs/OAP-1.md");
    let section = &spec[spec.find(heading).expect(heading)..];
    let table = section.lines().skip_while(|line| !line.starts_with('|'));
    let rows = table.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |row: &str| row.trim_matches('|').split('|').map(plain).collect();
    rows.map(cells).collect()
}

fn plain(cell: &str) -> String {
    cell.trim().replace(['`', ','], "")
}

#[test]
fn the_limits_of_the_spec_are_the_constants() {
    let window = format!("1 to {} absent means {}", oap::MAX_ACK_WINDOW, oap::DEFAULT_ACK_WINDOW);
    let held = [
        ("MAX_FRAME_BYTES", oap::MAX_FRAME_BYTES.to_string()),
        ("MAX_HEADER_BYTES", oap::MAX_HEADER_BYTES.to_string()),
        ("STREAM_CHUNK_BYTES", oap::STREAM_CHUNK_BYTES.to_string()),
        ("prefix", oap::PREFIX_BYTES.to_string()),
        ("protocol version", oap::VERSION.to_string()),
        ("least max_frame", oap::MIN_MAX_FRAME.to_string()),
        ("ack_window", window),
    ];
    let shown = rows("### Limits and constants");
    for ((name, value), row) in held.iter().zip(&shown) {
        assert_eq!((*name, value), (row[0].as_str(), &row[1]));
    }
}

#[test]
fn the_config_of_the_spec_is_the_default_config() {
    let config = Config::default();
    let features = config.features().map_or("absent".to_owned(), |features| features.to_string());
    let held = [
        ("strict_headers", config.strict_headers().to_string()),
        ("enforce_obj_header_on_objects", config.enforce_obj_header_on_objects().to_string()),
        ("allow_pq_hello_flags", config.allow_pq_hello_flags().to_string()),
        ("seq_rollover_policy", config.seq_rollover_policy().name().to_owned()),
        ("ack_window_frames", config.ack_window_frames().to_string()),
        ("max_frame", config.max_frame().to_string()),
        ("features", features),
    ];
    let shown: Vec<_> =
        rows("### 2a.1").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    assert_eq!(shown, held.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn the_kinds_of_the_spec_are_the_kinds() {
    let shown: Vec<_> =
        rows("### 1.4").into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let held = oap::Kind::ALL.map(|kind| (format!("0x{:02x}", kind as u8), kind.name().to_owned()));
    assert_eq!(shown, held);
    let bytes = (0..=u8::MAX).filter_map(oap::Kind::from_byte);
    assert_eq!(bytes.collect::<Vec<_>>(), oap::Kind::ALL);
}

#[test]
fn the_sizes_of_headers_in_the_spec_are_those_that_encode_writes() {
    let (obj, name) = (format!("b3:{}", "0".repeat(64)), "x".repeat(1_024));
    let greatest = Hello { features: Some(!0), ack_window: Some(1_024), ..Hello::new(1_048_576) };
    let ends = [
        (Owned::Hello(Hello::new(4_096)), Owned::Hello(greatest)),
        (Owned::Start("x".to_owned()), Owned::Start(name.clone())),
        (data(0, None), data(!0, Some(obj))),
        (Owned::Ack(0), Owned::Ack(!0)),
        (Owned::End(End { seq: 0, status: 0 }), Owned::End(End { seq: !0, status: 65_535 })),
        (error(0, ""), error(65_535, &name)),
    ];
    let header_len = |frame: &Owned| oap::encoded_len(&frame.frame()).unwrap() - oap::PREFIX_BYTES;
    let held = ends.map(|(least, greatest)| {
        let kind = least.frame().kind().name().to_owned();
        vec![kind, header_len(&least).to_string(), header_len(&greatest).to_string()]
    });
    assert_eq!(rows("The least and greatest size of a canonical header"), held);
    let longest = error(65_535, &name);
    assert_eq!(oap::MAX_HEAD_BYTES, oap::PREFIX_BYTES + header_len(&longest));
}

fn data(seq: u64, obj: Option<String>) -> Owned {
    Owned::Data { seq, obj, body: Vec::new() }
}

fn error(code: u32, reason: &str) -> Owned {
    Owned::Error { code, reason: reason.to_owned() }
}
