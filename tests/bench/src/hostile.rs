//! What hostile bytes cost beside honest ones, a byte.

use crate::measure::Case;
use crate::work::Work;
use oap::{Config, Reason, Row, Session, StreamDecoder};
use std::hint::black_box;

/// A stream, how it is configured, and what it comes to.
struct Stream {
    what: &'static str,
    config: Config,
    wire: Vec<u8>,
    reject: Option<Reason>,
}

fn frame(kind: u8, header: &[u8]) -> Vec<u8> {
    let length = (8 + header.len()) as u32;
    let [high, low] = (header.len() as u16).to_be_bytes();
    [&length.to_be_bytes()[..], &[kind, 0, high, low], header].concat()
}

fn hello() -> Vec<u8> {
    frame(1, b"\x08\x01\x10\x80\x80\x40\x20\x80\x08")
}

fn relaxed() -> Config {
    Config::default().with_strict_headers(false)
}

fn honest(work: &Work) -> Vec<Stream> {
    let plain = |what, wire| Stream { what, config: Config::default(), wire, reject: None };
    let ends = frame(5, b"\x08\x01\x10\x00").repeat(1_000);
    vec![
        plain("honest: DATA of 32 bytes", work.wire.clone()),
        plain("honest: END, the dearest a byte", ends),
    ]
}

/// Good frames, then a bad one: each reject that a decoder gives.
fn rejected(work: &Work) -> Vec<Stream> {
    let no_pq = Config::default().with_allow_pq_hello_flags(false);
    let bad = |what, reason, config, end: &[u8]| Stream {
        what,
        config,
        wire: [&work.wire[..], end].concat(),
        reject: Some(reason),
    };
    let strict = Config::default();
    let pq = frame(1, b"\x08\x01\x10\x80\x80\x40\x18\x01");
    vec![
        bad("reject: bad_hello", Reason::BadHello, strict, &frame(1, b"\x08\x02")),
        bad("reject: bad_hello_pq", Reason::BadHelloPq, no_pq, &pq),
        bad("reject: frame_oversize", Reason::FrameOversize, strict, b"\x00\x10\x00\x01"),
        bad("reject: unknown_envelope", Reason::UnknownEnvelope, strict, &frame(0x99, b"")),
        bad(
            "reject: header_malformed",
            Reason::HeaderMalformed,
            strict,
            &frame(4, b"\x08\x80\x00"),
        ),
        bad("reject: truncated", Reason::Truncated, strict, b"\x00\x00\x00"),
    ]
}

/// Nothing but what each frame's key must be, and as much that nobody knows as a header holds.
fn unknown_fields() -> Vec<Stream> {
    let filled = |field: &[u8]| {
        let mut header = b"\x08\x01".to_vec();
        while header.len() + field.len() <= oap::MAX_HEADER_BYTES {
            header.extend_from_slice(field);
        }
        frame(4, &header).repeat(8)
    };
    let of = |what, field| Stream { what, config: relaxed(), wire: filled(field), reject: None };
    vec![
        of("relaxed: unknown fields of 2 bytes", &b"\x78\x00"[..]),
        of("relaxed: the same field again", b"\x08\x01"),
        of(
            "relaxed: unknown fields of 19 bytes",
            b"\xf8\x80\x80\x80\x80\x80\x80\x80\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ),
    ]
}

pub fn decoded(work: &Work) -> Vec<Case<'static>> {
    let streams = honest(work).into_iter().chain(rejected(work)).chain(unknown_fields());
    streams.map(|stream| fed(stream, None)).collect()
}

/// A byte a call.
pub fn trickled(work: &Work) -> Vec<Case<'static>> {
    let names = [
        "byte by byte: honest DATA",
        "byte by byte: honest END",
        "byte by byte: header_malformed",
        "byte by byte: unknown fields, relaxed",
    ];
    let [data, ends] = <[Stream; 2]>::try_from(honest(work)).ok().expect("two");
    let malformed = rejected(work).remove(4);
    let unknown = unknown_fields().remove(0);
    let streams = [data, ends, malformed, unknown];
    let named = streams.into_iter().zip(names).map(|(stream, what)| Stream { what, ..stream });
    named.map(|stream| fed(stream, Some(1))).collect()
}

fn fed(stream: Stream, chunk: Option<usize>) -> Case<'static> {
    let mut rows = vec![Row::default(); 1_024];
    let chunk = chunk.unwrap_or(stream.wire.len());
    Case::new(("hostile", stream.what, "oap"), (stream.wire.len(), "byte"), move || {
        assert_eq!(black_box(verdict(&stream, chunk, &mut rows)), stream.reject, "{}", stream.what);
    })
}

fn verdict(stream: &Stream, chunk: usize, rows: &mut [Row]) -> Option<Reason> {
    let mut decoder = StreamDecoder::new(stream.config);
    for mut chunk in stream.wire.chunks(chunk) {
        loop {
            match decoder.feed(chunk, rows) {
                Ok(table) => {
                    chunk = &chunk[table.consumed()..];
                    if !table.more() {
                        break;
                    }
                }
                Err(reject) => return Some(reject.reason()),
            }
        }
    }
    decoder.finish().err().map(|reject| reject.reason())
}

/// The two rejects that take a session, beside a session without.
pub fn received(work: &Work) -> Vec<Case<'static>> {
    let data = |after: &[u8]| [&hello()[..], &frame(2, b"\x0a\x01s"), &work.wire, after].concat();
    let without_obj = [
        frame(5, b"\x08\xe8\x07\x10\x00"),
        frame(2, b"\x0a\x07objects"),
        frame(3, b"\x08\xe9\x07"),
    ];
    let streams = [
        ("session: honest", data(b""), None),
        ("session: missing_obj", data(&without_obj.concat()), Some(Reason::MissingObj)),
        ("session: credit_violation", data(&frame(3, b"\x08\x07")), Some(Reason::CreditViolation)),
    ];
    streams.into_iter().map(|(what, wire, reject)| session(what, wire, reject)).collect()
}

fn session(what: &'static str, wire: Vec<u8>, reject: Option<Reason>) -> Case<'static> {
    let config = Config::default().with_ack_window_frames(1_024).expect("in range");
    let mut rows = vec![Row::default(); 1_024];
    Case::new(("hostile", what, "oap"), (wire.len(), "byte"), move || {
        let mut session = Session::new(config);
        session.send(&oap::Frame::Hello(session.hello()), &mut [0; 64]).expect("the first frame");
        let consumed = session.recv(black_box(&wire), &mut rows).expect("good frames").consumed();
        let rest = session.recv(&wire[consumed..], &mut rows);
        assert_eq!(black_box(rest).err().map(|reject| reject.reason()), reject);
    })
}
