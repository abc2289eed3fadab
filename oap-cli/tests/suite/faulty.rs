//! A small host of its own code, which keeps every rule but the one that is named.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// The faults: the rule that is broken, and how.
pub const FAULTS: &[&str] = &[
    "1.2 takes any length",
    "1.3 takes a length below 8",
    "1.4 passes over unknown kinds",
    "1.5 ignores the reserved byte",
    "1.6 takes long headers",
    "1.7 takes bodies everywhere",
    "1.8 limits a frame to 64 KiB",
    "2.2 takes varints over 64 bits",
    "2.3 ignores wire types",
    "2.4 takes any version",
    "2.5 takes an empty name",
    "2.6 takes any obj",
    "2.8 takes any status",
    "2.9 sends no ERROR",
    "2.10 cuts numbers to 32 bits",
    "2.11 takes varints that are not minimal",
    "2.13 rejects feature bits as malformed",
    "2.14 takes any text",
    "3.2 looks at the kind first",
    "3.3 waits for the body",
    "3.4 does not tell a cut frame",
    "3.5 needs whole frames in a read",
    "3.8 judges a DATA behind its body",
    "4.1 sends HELLO twice",
    "4.1 takes a second HELLO",
    "4.3 sends over our window",
    "4.5 takes a byte more than it says",
    "4.6 takes DATA without a stream",
    "4.7 ignores the seq of END",
    "4.8 ignores seq",
    "4.9 starts again at 1",
    "4.10 counts no credit",
    "4.11 takes any ACK",
    "4.12 answers an ERROR",
    "4.13 takes DATA without obj",
    "4.16 goes on behind its ERROR",
];

pub struct Faulty {
    pub address: String,
}

impl Faulty {
    /// Serves in threads until the test ends.
    pub fn start(fault: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || Host::new(fault, stream).serve());
            }
        });
        Faulty { address }
    }
}

const MAX_FRAME: usize = 100_000;
const WINDOW: usize = 4;

struct Host {
    fault: &'static str,
    stream: TcpStream,
    input: Vec<u8>,
    greeted: bool,
    open: Option<Open>,
    last: Option<u64>,
    /// DATA taken since the last ACK.
    due: usize,
    /// What our peer takes of our DATA, and how much of that was sent.
    window: u64,
    sent: u64,
}

struct Open {
    objects: bool,
    carried: Option<u64>,
}

/// Codes of the rejects.
const BAD_HELLO: u8 = 1;
const OVERSIZE: u8 = 3;
const UNKNOWN: u8 = 4;
const MALFORMED: u8 = 5;
const MISSING: u8 = 6;
const CREDIT: u8 = 7;
const TRUNCATED: u8 = 8;

type Judged<T> = Result<T, u8>;

/// A field: its number, its value and, of a text, its bytes.
type Field<'h> = (u64, u64, &'h [u8]);

impl Host {
    fn new(fault: &'static str, stream: TcpStream) -> Self {
        let (input, open, last) = (Vec::new(), None, None);
        let (greeted, due, window, sent) = (false, 0, 0, 0);
        Host { fault, stream, input, greeted, open, last, due, window, sent }
    }

    fn has(&self, fault: &str) -> bool {
        self.fault.split(' ').next() == Some(fault)
    }

    fn says(&self, words: &str) -> bool {
        self.fault.ends_with(words)
    }

    fn serve(mut self) {
        let _ = self.stream.set_nodelay(true);
        self.send_hello();
        if self.says("sends HELLO twice") {
            self.send_hello();
        }
        let mut buffer = vec![0; 1 << 17];
        loop {
            let count = self.stream.read(&mut buffer).unwrap_or(0);
            if count == 0 {
                break;
            }
            if self.has("3.5") {
                self.input.clear();
            }
            self.input.extend_from_slice(&buffer[..count]);
            match self.work() {
                Ok(true) => {}
                Ok(false) => return,
                Err(code) => return self.reject(code),
            }
        }
        if !self.input.is_empty() && !self.has("3.4") {
            self.reject(TRUNCATED);
        }
    }

    fn send(&mut self, kind: u8, header: &[u8], body: &[u8]) {
        let length = (8 + header.len() + body.len()) as u32;
        let mut frame = length.to_be_bytes().to_vec();
        frame.extend([kind, 0, 0, header.len() as u8]);
        frame.extend([header, body].concat());
        let _ = self.stream.write_all(&frame);
    }

    fn send_hello(&mut self) {
        let header = [&[0x08, 1, 0x10][..], &varint(MAX_FRAME as u64), &[0x20, WINDOW as u8]];
        self.send(1, &header.concat(), b"");
    }

    fn send_ack(&mut self) {
        if let Some(last) = self.last.filter(|_| self.due > 0) {
            self.due = 0;
            self.send(4, &[&[0x08][..], &varint(last)].concat(), b"");
        }
    }

    fn reject(mut self, code: u8) {
        if !self.has("2.9") {
            self.send(6, &[0x08, code, 0x12, 0], b"");
        }
        if self.has("4.16") {
            self.send_ack();
            self.send(2, b"\x0a\x01a", b"");
        }
        let _ = self.stream.shutdown(Shutdown::Write);
        // What is unread would reset the connection.
        let _ = std::io::copy(&mut self.stream, &mut std::io::sink());
    }

    /// Works off what is there. False: an ERROR came.
    fn work(&mut self) -> Judged<bool> {
        loop {
            let input = std::mem::take(&mut self.input);
            let judged = self.look(&input);
            self.input = input;
            let Some((kind, length)) = judged? else { break };
            self.input.drain(..length);
            if kind == 6 {
                if self.has("4.12") {
                    self.send(6, &[0x08, 9, 0x12, 0], b"");
                }
                let _ = self.stream.shutdown(Shutdown::Both);
                return Ok(false);
            }
        }
        if self.greeted {
            self.send_ack();
        }
        Ok(true)
    }

    /// Judges the front frame; its kind and length, once it is whole and has taken effect.
    fn look(&mut self, input: &[u8]) -> Judged<Option<(u8, usize)>> {
        if self.has("3.2") && input.len() >= 5 && !(1..=6).contains(&input[4]) {
            return Err(UNKNOWN);
        }
        let Some(length) = input.first_chunk().map(|b| u32::from_be_bytes(*b) as usize) else {
            return Ok(None);
        };
        let most = if self.has("4.5") { MAX_FRAME + 1 } else { MAX_FRAME };
        let most = if self.has("1.8") { 65_536 } else { most };
        if length > most && !self.has("1.2") {
            return Err(OVERSIZE);
        }
        if length < 8 && !self.has("1.3") {
            return Err(MALFORMED);
        }
        let Some(&kind) = input.get(4) else { return Ok(None) };
        if !(1..=6).contains(&kind) && !self.has("1.4") {
            return Err(UNKNOWN);
        }
        if input.get(5).is_some_and(|&reserved| reserved != 0) && !self.has("1.5") {
            return Err(MALFORMED);
        }
        let Some(header_len) = input.get(6..8).map(|b| usize::from(b[0]) << 8 | usize::from(b[1]))
        else {
            return Ok(None);
        };
        let end = 8 + header_len;
        if (header_len > 2_048 || end > length) && !self.has("1.6") {
            return Err(MALFORMED);
        }
        if end < length && kind != 3 && !self.has("1.7") {
            return Err(MALFORMED);
        }
        let late = self.has("3.3") || self.has("3.8");
        let Some(header) = input.get(8..end) else { return Ok(None) };
        if late && input.len() < length {
            return Ok(None);
        }
        let whole = input.len() >= length;
        self.judge(kind, header, whole)?;
        Ok(whole.then_some((kind, length)))
    }

    fn judge(&mut self, kind: u8, header: &[u8], whole: bool) -> Judged<()> {
        let bad = if kind == 1 { BAD_HELLO } else { MALFORMED };
        let fields = self.fields(kind, header).map_err(|()| bad)?;
        let field = |number: u64| fields.iter().find(|field| field.0 == number);
        match kind {
            1 => self.hello(&fields),
            6 => Ok(()),
            _ if !self.greeted => Err(BAD_HELLO),
            2 => self.start(field(1).ok_or(MALFORMED)?.2, whole),
            3 => self.data(field(1).ok_or(MALFORMED)?.1, field(2).is_some(), whole),
            4 if self.has("4.11") => Ok(()),
            4 => self.ack(),
            5 => self.end(field(1).ok_or(MALFORMED)?.1, whole),
            _ => Ok(()),
        }
    }

    /// Fields in order, canonical, with good values.
    fn fields<'h>(&self, kind: u8, mut header: &'h [u8]) -> Result<Vec<Field<'h>>, ()> {
        let (required, most): (&[u64], u64) = match kind {
            1 => (&[1, 2], 4),
            2 | 4 => (&[1], 1),
            3 => (&[1], 2),
            _ => (&[1, 2], 2),
        };
        let mut fields: Vec<Field<'h>> = Vec::new();
        while !header.is_empty() {
            let key = self.varint(&mut header)?;
            let number = key >> 3;
            let last = fields.last().map_or(0, |field| field.0);
            if number <= last || number > most {
                return Err(());
            }
            let is_text = matches!((kind, number), (2, 1) | (3 | 6, 2));
            if key & 7 != if is_text { 2 } else { 0 } && !self.has("2.3") {
                return Err(());
            }
            let value = self.varint(&mut header)?;
            let mut text: &[u8] = b"";
            if is_text {
                let len = usize::try_from(value).map_err(|_| ())?;
                text = header.get(..len).ok_or(())?;
                header = &header[len..];
                self.text(kind, text)?;
            }
            self.value(kind, number, value)?;
            fields.push((number, value, text));
        }
        let there = |number: &u64| fields.iter().any(|field| field.0 == *number);
        required.iter().all(there).then_some(fields).ok_or(())
    }

    fn varint(&self, bytes: &mut &[u8]) -> Result<u64, ()> {
        let mut value = 0u64;
        for at in 0..10 {
            let byte = *bytes.get(at).ok_or(())?;
            if at == 9 && byte > 1 && !self.has("2.2") {
                return Err(());
            }
            value |= u64::from(byte & 0x7f) << (7 * at).min(63);
            if byte < 0x80 {
                if byte == 0 && at > 0 && !self.has("2.11") {
                    return Err(());
                }
                *bytes = &bytes[at + 1..];
                return Ok(value);
            }
        }
        if self.has("2.2") {
            *bytes = &bytes[bytes.len()..];
            return Ok(value);
        }
        Err(())
    }

    fn text(&self, kind: u8, text: &[u8]) -> Result<(), ()> {
        if kind == 3 {
            let lower = |c: &u8| c.is_ascii_digit() || (b'a'..=b'f').contains(c);
            let good = text.len() == 67 && text.starts_with(b"b3:") && text[3..].iter().all(lower);
            return (good || self.has("2.6")).then_some(()).ok_or(());
        }
        let least = if kind == 2 && !self.has("2.5") { 1 } else { 0 };
        if !(least..=1_024).contains(&text.len()) {
            return Err(());
        }
        let plain = std::str::from_utf8(text)
            .is_ok_and(|text| !text.bytes().any(|c| c < 0x20 || c == 0x7f));
        (plain || self.has("2.14")).then_some(()).ok_or(())
    }

    fn value(&self, kind: u8, number: u64, value: u64) -> Result<(), ()> {
        let cut = if self.has("2.10") { value & 0xffff_ffff } else { value };
        let good = match (kind, number) {
            (1, 1) => cut == 1 || self.has("2.4"),
            (1, 2) => (4_096..=1_048_576).contains(&value),
            (1, 3) => value == 0 || !self.has("2.13"),
            (1, 4) => (1..=1_024).contains(&value),
            (5, 2) => cut <= 65_535 || self.has("2.8"),
            (6, 1) => cut <= 65_535,
            _ => true,
        };
        good.then_some(()).ok_or(())
    }

    fn hello(&mut self, fields: &[Field<'_>]) -> Judged<()> {
        if self.greeted && !self.says("takes a second HELLO") {
            return Err(BAD_HELLO);
        }
        self.greeted = true;
        self.window = fields.iter().find(|field| field.0 == 4).map_or(32, |field| field.1);
        Ok(())
    }

    fn start(&mut self, name: &[u8], whole: bool) -> Judged<()> {
        if self.open.is_some() {
            return Err(CREDIT);
        }
        let objects = name == b"objects" || name.starts_with(b"objects/");
        self.open = whole.then_some(Open { objects, carried: None });
        Ok(())
    }

    fn data(&mut self, seq: u64, has_obj: bool, whole: bool) -> Judged<()> {
        if self.open.is_none() && !self.has("4.6") {
            return Err(CREDIT);
        }
        let objects = self.open.as_ref().is_some_and(|open| open.objects);
        if objects && !has_obj && !self.has("4.13") {
            return Err(MISSING);
        }
        let next = match self.last {
            Some(u64::MAX) if self.has("4.9") => seq == 1,
            Some(last) => last.checked_add(1) == Some(seq),
            None => true,
        };
        if !next && !self.has("4.8") {
            return Err(CREDIT);
        }
        if self.due >= WINDOW && !self.has("4.10") {
            return Err(CREDIT);
        }
        if whole {
            self.due += 1;
            self.last = Some(seq);
            self.open.iter_mut().for_each(|open| open.carried = Some(seq));
        }
        Ok(())
    }

    /// An ACK is good while our DATA is in flight.
    fn ack(&mut self) -> Judged<()> {
        if self.sent == 0 {
            return Err(CREDIT);
        }
        self.sent = 0;
        Ok(())
    }

    fn end(&mut self, seq: u64, whole: bool) -> Judged<()> {
        let Some(open) = &self.open else { return Err(CREDIT) };
        if open.carried.unwrap_or(0) != seq && !self.has("4.7") {
            return Err(CREDIT);
        }
        if whole {
            self.open = None;
            self.send_ack();
            if self.has("4.3") {
                self.send(2, b"\x0a\x01r", b"");
                (1..=self.window as u8 + 1).for_each(|seq| self.send(3, &[0x08, seq], b"r"));
                self.sent = 1;
            }
        }
        Ok(())
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
