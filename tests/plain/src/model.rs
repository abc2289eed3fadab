//! The spec read in the plainest way: all bytes kept, every look from the front, each DATA in flight in a list.

use crate::frames::Owned;
use crate::ways;
use oap::{Config, End, Hello, Reason, SeqRolloverPolicy};
use std::ops::Range;

/// What the front of some bytes is.
pub enum Look {
    Need,
    /// A whole header, of a body that is not whole.
    Head(Owned),
    Frame(Owned, usize),
}

/// Rule 3.2. A breach comes with the byte of the frame that it is known at.
pub fn look(bytes: &[u8], config: &Config, max_frame: usize) -> Result<Look, (Reason, usize)> {
    let number = |range: Range<usize>| -> Option<usize> {
        bytes.get(range).map(|bytes| bytes.iter().fold(0, |n, &byte| n << 8 | usize::from(byte)))
    };
    let Some(length) = number(0..4) else { return Ok(Look::Need) };
    if length > max_frame {
        return Err((Reason::FrameOversize, 4));
    }
    if length < 8 {
        return Err((Reason::HeaderMalformed, 4));
    }
    let Some(kind) = number(4..5) else { return Ok(Look::Need) };
    if kind == 0 || kind > 6 {
        return Err((Reason::UnknownEnvelope, 5));
    }
    let Some(reserved) = number(5..6) else { return Ok(Look::Need) };
    if reserved != 0 && config.strict_headers() {
        return Err((Reason::HeaderMalformed, 6));
    }
    let Some(header_len) = number(6..8) else { return Ok(Look::Need) };
    let end = 8 + header_len;
    if header_len > 2_048 || end > length || (kind != 3 && end < length) {
        return Err((Reason::HeaderMalformed, 8));
    }
    let Some(header) = bytes.get(8..end) else { return Ok(Look::Need) };
    let frame = judge_header(kind, header, config).map_err(|reason| (reason, end))?;
    Ok(match (frame, bytes.get(end..length)) {
        (Owned::Data { seq, obj, .. }, Some(body)) => {
            Look::Frame(Owned::Data { seq, obj, body: body.to_vec() }, length)
        }
        (frame, Some(_)) => Look::Frame(frame, length),
        (frame, None) => Look::Head(frame),
    })
}

fn judge_header(kind: usize, header: &[u8], config: &Config) -> Result<Owned, Reason> {
    let breach = if kind == 1 { Reason::BadHello } else { Reason::HeaderMalformed };
    let frame = read_header(kind, header).ok_or(breach)?;
    if config.strict_headers() && frame.header() != header {
        return Err(breach);
    }
    match frame {
        Owned::Hello(Hello { features: Some(1..), .. }) if !config.allow_pq_hello_flags() => {
            Err(Reason::BadHelloPq)
        }
        frame => Ok(frame),
    }
}

enum Value {
    Number(u64),
    Text(Vec<u8>),
    Other,
}

/// Section 2 as relaxed mode has it.
fn read_header(kind: usize, mut header: &[u8]) -> Option<Owned> {
    let mut fields = Vec::new();
    while !header.is_empty() {
        let (number, value) = read_field(&mut header)?;
        if !fits(kind, number, &value) {
            return None;
        }
        fields.push((number, value));
    }
    let last = |number| fields.iter().rev().find(|field| field.0 == number).map(|field| &field.1);
    let number = |field| match last(field) {
        Some(Value::Number(number)) => Some(*number),
        _ => None,
    };
    let text = |field| match last(field) {
        Some(Value::Text(text)) => Some(String::from_utf8(text.clone()).ok()),
        _ => None,
    };
    let frame = match kind {
        1 => Owned::Hello(Hello {
            version: number(1)? as u32,
            max_frame: number(2)?,
            features: number(3),
            ack_window: number(4).map(|window| window as u32),
        }),
        2 => Owned::Start(text(1)??),
        3 => Owned::Data {
            seq: number(1)?,
            obj: match text(2) {
                Some(obj) => Some(obj?),
                None => None,
            },
            body: Vec::new(),
        },
        4 => Owned::Ack(number(1)?),
        5 => Owned::End(End { seq: number(1)?, status: number(2)? as u32 }),
        _ => Owned::Error { code: number(1)? as u32, reason: text(2)?? },
    };
    keeps_value_rules(&frame).then_some(frame)
}

fn read_field(header: &mut &[u8]) -> Option<(u64, Value)> {
    let key = read_varint(header)?;
    let value = match key & 7 {
        0 => Value::Number(read_varint(header)?),
        1 => take(header, 8).map(|_| Value::Other)?,
        2 => {
            let len = read_varint(header)?;
            Value::Text(take(header, len)?.to_vec())
        }
        5 => take(header, 4).map(|_| Value::Other)?,
        _ => return None,
    };
    (key >> 3 != 0 && key < 1 << 32).then_some((key >> 3, value))
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let len = 1 + bytes.iter().position(|&byte| byte < 0x80)?;
    let groups = take(bytes, len as u64)?;
    let value = groups.iter().rev().fold(0u128, |n, &byte| n << 7 | u128::from(byte & 0x7f));
    (len <= 10).then(|| u64::try_from(value).ok())?
}

fn take<'b>(bytes: &mut &'b [u8], len: u64) -> Option<&'b [u8]> {
    if len > bytes.len() as u64 {
        return None;
    }
    let (taken, rest) = bytes.split_at(len as usize);
    *bytes = rest;
    Some(taken)
}

/// Rules 2.3 and 2.10.
fn fits(kind: usize, number: u64, value: &Value) -> bool {
    match (kind, number) {
        (1, 1 | 4) | (5, 2) | (6, 1) => matches!(value, Value::Number(0..=0xffff_ffff)),
        (1, 2 | 3) | (3..=5, 1) => matches!(value, Value::Number(_)),
        (2, 1) | (3 | 6, 2) => matches!(value, Value::Text(_)),
        _ => true,
    }
}

/// The value rules of 2.4 to 2.9.
pub fn keeps_value_rules(frame: &Owned) -> bool {
    let is_text = |text: &str| text.bytes().all(|byte| byte >= 0x20 && byte != 0x7f);
    match frame {
        Owned::Hello(hello) => {
            hello.version == 1
                && (4_096..=1_048_576).contains(&hello.max_frame)
                && hello.ack_window.map_or(true, |window| (1..=1_024).contains(&window))
        }
        Owned::Start(stream) => (1..=1_024).contains(&stream.len()) && is_text(stream),
        Owned::Data { obj, .. } => obj.as_ref().map_or(true, |obj| is_address(obj)),
        Owned::Ack(_) => true,
        Owned::End(end) => end.status <= 65_535,
        Owned::Error { code, reason } => {
            *code <= 65_535 && reason.len() <= 1_024 && is_text(reason)
        }
    }
}

fn is_address(obj: &str) -> bool {
    let digits = obj.strip_prefix("b3:").unwrap_or_default();
    digits.len() == 64 && digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
}

/// Decodes a whole stream and its end: the frames, and the reject with the bytes of the stream before its frame and
/// up to where it was known.
pub fn decode(mut stream: &[u8], config: &Config) -> (Vec<Owned>, Option<(Reason, u64, u64)>) {
    let mut frames = Vec::new();
    let mut offset = 0;
    loop {
        match look(stream, config, config.max_frame()) {
            Ok(Look::Frame(frame, len)) => {
                frames.push(frame);
                stream = &stream[len..];
                offset += len as u64;
            }
            Ok(_) if stream.is_empty() => return (frames, None),
            Ok(_) => {
                let end = offset + stream.len() as u64;
                return (frames, Some((Reason::Truncated, offset, end)));
            }
            Err((reason, at)) => return (frames, Some((reason, offset, offset + at as u64))),
        }
    }
}

pub fn assert_decodes_as_the_spec_says(stream: &[u8], config: Config) {
    let (frames, reject) = decode(stream, &config);
    let trace = ways::decode(config, &[stream]);
    assert_eq!(trace.frames, frames);
    let said = trace.reject.map(|reject| (reject.reason(), reject.offset(), reject.at()));
    assert_eq!(said, reject);
}

/// What a side has sent.
#[derive(Clone, Default)]
pub struct Side {
    hello: Option<(usize, usize)>,
    /// The open stream: whether of objects, and its last seq.
    stream: Option<(bool, Option<u64>)>,
    last: Option<u64>,
    in_flight: Vec<u64>,
}

#[derive(Clone, Copy, PartialEq)]
enum Ended {
    No,
    Sent,
    Received,
}

pub const OWN: usize = 0;
pub const PEER: usize = 1;

/// Section 4.
pub struct Model {
    config: Config,
    max_frame: usize,
    sides: [Side; 2],
    input: Vec<u8>,
    rejected: Option<Reason>,
    ended: Ended,
}

impl Model {
    pub fn new(config: Config) -> Self {
        Model {
            config,
            max_frame: config.max_frame(),
            sides: Default::default(),
            input: Vec::new(),
            rejected: None,
            ended: Ended::No,
        }
    }

    pub fn recv(&mut self, bytes: &[u8]) -> (Vec<Owned>, Option<Reason>) {
        let mut frames = Vec::new();
        if self.ended == Ended::Sent {
            return (frames, None);
        }
        // Rule 4.5: no bytes are no look.
        if self.rejected.is_none() && !bytes.is_empty() {
            self.input.extend_from_slice(bytes);
            self.rejected = self.take_frames(&mut frames).err();
        }
        (frames, self.rejected)
    }

    fn take_frames(&mut self, frames: &mut Vec<Owned>) -> Result<(), Reason> {
        loop {
            match look(&self.input, &self.config, self.max_frame).map_err(|breach| breach.0)? {
                Look::Need => return Ok(()),
                Look::Head(frame) => return self.judge(PEER, &frame),
                Look::Frame(frame, len) => {
                    self.judge(PEER, &frame)?;
                    self.apply(PEER, &frame);
                    self.input.drain(..len);
                    frames.push(frame);
                }
            }
        }
    }

    pub fn finish(&mut self) -> Option<Reason> {
        if self.ended == Ended::Sent {
            return None;
        }
        let cut = (!self.input.is_empty()).then_some(Reason::Truncated);
        self.rejected = self.rejected.or(cut);
        self.rejected
    }

    /// Rule 4.14.
    pub fn send(&mut self, frame: &Owned) -> Result<Vec<u8>, Reason> {
        if !keeps_value_rules(frame) {
            let is_hello = matches!(frame, Owned::Hello(_));
            return Err(if is_hello { Reason::BadHello } else { Reason::HeaderMalformed });
        }
        let wire = frame.wire();
        let peer_takes = self.sides[PEER].hello.map_or(1_048_576, |hello| hello.0);
        if wire.len() > peer_takes {
            return Err(Reason::FrameOversize);
        }
        if self.rejected.is_some() && !matches!(frame, Owned::Error { .. }) {
            return Err(Reason::CreditViolation);
        }
        self.judge(OWN, frame)?;
        if let Owned::Hello(hello) = frame {
            let window = hello.ack_window.unwrap_or(32);
            let most = (self.config.max_frame() as u64, self.config.ack_window_frames());
            if hello.max_frame > most.0 || window > most.1 {
                return Err(Reason::BadHello);
            }
            self.max_frame = hello.max_frame as usize;
        }
        self.apply(OWN, frame);
        Ok(wire)
    }

    fn judge(&self, from: usize, frame: &Owned) -> Result<(), Reason> {
        let (side, other) = (&self.sides[from], &self.sides[1 - from]);
        if self.ended != Ended::No {
            return Err(Reason::CreditViolation);
        }
        let good = match frame {
            Owned::Error { .. } => true,
            Owned::Hello(_) if side.hello.is_none() => true,
            Owned::Hello(_) => return Err(Reason::BadHello),
            _ if side.hello.is_none() || other.hello.is_none() => return Err(Reason::BadHello),
            Owned::Start(_) => side.stream.is_none(),
            Owned::Data { seq, obj, .. } => return self.judge_data(from, *seq, obj.is_some()),
            Owned::Ack(up_to) => other.in_flight.contains(up_to),
            Owned::End(end) => side.stream.is_some_and(|(_, last)| end.seq == last.unwrap_or(0)),
        };
        good.then_some(()).ok_or(Reason::CreditViolation)
    }

    fn judge_data(&self, from: usize, seq: u64, has_obj: bool) -> Result<(), Reason> {
        let (side, other) = (&self.sides[from], &self.sides[1 - from]);
        let Some((objects, _)) = side.stream else { return Err(Reason::CreditViolation) };
        if objects && !has_obj && self.config.enforce_obj_header_on_objects() {
            return Err(Reason::MissingObj);
        }
        let wraps = self.config.seq_rollover_policy() == SeqRolloverPolicy::Wrap;
        let next = match side.last {
            None => true,
            Some(u64::MAX) => wraps && seq == 0,
            Some(last) => seq == last + 1,
        };
        let window = other.hello.map_or(0, |hello| hello.1);
        (next && side.in_flight.len() < window).then_some(()).ok_or(Reason::CreditViolation)
    }

    fn apply(&mut self, from: usize, frame: &Owned) {
        let side = &mut self.sides[from];
        match frame {
            Owned::Hello(hello) => {
                let window = hello.ack_window.unwrap_or(32);
                side.hello = Some((hello.max_frame as usize, window as usize));
            }
            Owned::Start(name) => {
                side.stream = Some((name == "objects" || name.starts_with("objects/"), None));
            }
            Owned::Data { seq, .. } => {
                side.last = Some(*seq);
                side.in_flight.push(*seq);
                side.stream.as_mut().unwrap().1 = Some(*seq);
            }
            Owned::Ack(up_to) => {
                let in_flight = &mut self.sides[1 - from].in_flight;
                let acked = in_flight.iter().position(|seq| seq == up_to).unwrap();
                in_flight.drain(..=acked);
            }
            Owned::End(_) => side.stream = None,
            Owned::Error { .. } if from == OWN => self.ended = Ended::Sent,
            Owned::Error { .. } => self.ended = Ended::Received,
        }
    }

    /// What [`oap::Flow`] has to say of a side: open, objects, last seq, in flight, window.
    pub fn flow(&self, of: usize) -> (bool, bool, Option<u64>, u32, u32) {
        let (side, other) = (&self.sides[of], &self.sides[1 - of]);
        let objects = side.stream.is_some_and(|stream| stream.0);
        let window = other.hello.map_or(0, |hello| hello.1 as u32);
        (side.stream.is_some(), objects, side.last, side.in_flight.len() as u32, window)
    }

    pub fn peer_max_frame(&self) -> Option<usize> {
        self.sides[PEER].hello.map(|hello| hello.0)
    }

    pub fn has_ended(&self) -> bool {
        self.ended != Ended::No
    }

    /// Bytes of a frame that has begun to come.
    pub fn partial(&self) -> usize {
        let waiting = self.rejected.is_none() && self.ended != Ended::Sent;
        if waiting {
            self.input.len()
        } else {
            0
        }
    }
}
