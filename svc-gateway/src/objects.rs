//! The objects of a stream: consecutive DATA with one address, hashed and held as their bodies come.

use blake3::{Hash, Hasher};
use bytes::{Bytes, BytesMut};
use std::fs::File;
use std::io;
use std::path::Path;

/// Bytes of a read buffer, which the bodies in it share.
pub const READ_BYTES: usize = 8 * oap::STREAM_CHUNK_BYTES;

/// The status of a receipt. The discriminant is that of its END.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u32)]
pub enum Status {
    /// All objects were verified, or there was none.
    #[default]
    Verified = 0,
    /// The bytes of an object have another address.
    Mismatch = 1,
    /// An object was larger than the limit.
    TooLarge = 2,
}

/// What became of a stream's objects.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Objects that came.
    pub objects: u64,
    /// Those of them whose bytes have their address.
    pub verified: u64,
    /// That of the first object that was not verified.
    pub status: Status,
    /// The address under which the last object came.
    pub address: Option<String>,
}

/// The objects of one stream.
pub struct Objects {
    limit: usize,
    open: Option<Object>,
    tally: Tally,
}

impl Objects {
    /// Holds and verifies objects of up to `limit` bytes.
    pub fn new(limit: usize) -> Self {
        Objects { limit, open: None, tally: Tally::default() }
    }

    /// The body of a DATA with that `obj`.
    pub fn take(&mut self, obj: &str, body: Bytes) {
        if self.open.as_ref().is_some_and(|object| object.address != obj) {
            self.count();
        }
        self.open.get_or_insert_with(|| Object::new(obj)).take(body, self.limit);
    }

    /// The stream has ended.
    pub fn close(mut self) -> Tally {
        self.count();
        self.tally
    }

    fn count(&mut self) {
        let Some(object) = self.open.take() else { return };
        let status = object.status();
        self.tally.objects += 1;
        self.tally.verified += u64::from(status == Status::Verified);
        if self.tally.status == Status::Verified {
            self.tally.status = status;
        }
        self.tally.address = Some(object.address);
    }
}

struct Object {
    address: String,
    hasher: Hasher,
    /// `None` once it is larger than the limit.
    held: Option<Held>,
}

impl Object {
    fn new(obj: &str) -> Self {
        Object { address: obj.to_owned(), hasher: Hasher::new(), held: Some(Held::default()) }
    }

    fn take(&mut self, body: Bytes, limit: usize) {
        let Some(held) = &mut self.held else { return };
        if body.len() > limit - held.len {
            self.held = None;
            return;
        }
        self.hasher.update(&body);
        held.push(body);
    }

    fn status(&self) -> Status {
        match &self.held {
            None => Status::TooLarge,
            Some(_) if address(&self.hasher.finalize()) == self.address => Status::Verified,
            Some(_) => Status::Mismatch,
        }
    }
}

/// The bytes of an object that is not yet verified, in memory of at most about twice their number: a body keeps its
/// whole read buffer alive, so only one that is half of it is shared; smaller ones are copied together.
#[derive(Default)]
struct Held {
    len: usize,
    parts: Vec<Bytes>,
    small: BytesMut,
}

impl Held {
    fn push(&mut self, body: Bytes) {
        self.len += body.len();
        if body.len() < READ_BYTES / 2 {
            self.small.extend_from_slice(&body);
            return;
        }
        if !self.small.is_empty() {
            self.parts.push(self.small.split().freeze());
        }
        self.parts.push(body);
    }
}

/// The address of a file's bytes.
///
/// # Errors
/// Where the file can't be read.
pub fn address_of_file(file: &Path) -> io::Result<String> {
    let mut hasher = Hasher::new();
    hasher.update_reader(File::open(file)?)?;
    Ok(address(&hasher.finalize()))
}

fn address(hash: &Hash) -> String {
    format!("b3:{}", hash.to_hex())
}
