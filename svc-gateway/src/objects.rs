//! The objects of a stream: consecutive DATA with one address, hashed as their bodies come.

use blake3::{Hash, Hasher};
use std::fs::File;
use std::io;
use std::path::Path;

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

/// The objects of one stream. Nothing of them is kept: a body is hashed and gone.
pub struct Objects {
    limit: u64,
    open: Option<Box<Object>>,
    tally: Tally,
}

impl Objects {
    /// Verifies objects of up to `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Objects { limit, open: None, tally: Tally::default() }
    }

    /// The body of a DATA with that `obj`.
    pub fn take(&mut self, obj: &str, body: &[u8]) {
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
    too_large: bool,
}

impl Object {
    fn new(obj: &str) -> Box<Self> {
        Box::new(Object { address: obj.to_owned(), hasher: Hasher::new(), too_large: false })
    }

    fn take(&mut self, body: &[u8], limit: u64) {
        let hashed = self.hasher.count();
        self.too_large |= body.len() as u64 > limit.saturating_sub(hashed);
        if !self.too_large {
            self.hasher.update(body);
        }
    }

    fn status(&self) -> Status {
        if self.too_large {
            Status::TooLarge
        } else if address(&self.hasher.finalize()) == self.address {
            Status::Verified
        } else {
            Status::Mismatch
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 8;

    fn address_of(bytes: &[u8]) -> String {
        address(&blake3::hash(bytes))
    }

    /// Takes (bytes whose address is given, body) pairs.
    fn tally(bodies: &[(&[u8], &[u8])]) -> Tally {
        let mut objects = Objects::new(LIMIT as u64);
        for (whole, body) in bodies {
            objects.take(&address_of(whole), body);
        }
        objects.close()
    }

    fn summary(tally: &Tally) -> (u64, u64, Status) {
        (tally.objects, tally.verified, tally.status)
    }

    #[test]
    fn a_stream_without_objects_has_nothing_to_verify() {
        assert_eq!(tally(&[]), Tally::default());
        assert_eq!(Tally::default().status as u32, 0);
    }

    #[test]
    fn consecutive_bodies_of_one_address_are_one_object() {
        let tally = tally(&[(b"abcdef", b"abc"), (b"abcdef", b""), (b"abcdef", b"def")]);
        assert_eq!(summary(&tally), (1, 1, Status::Verified));
        assert_eq!(tally.address, Some(address_of(b"abcdef")));
    }

    #[test]
    fn another_address_begins_another_object() {
        let tally = tally(&[(b"ab", b"a"), (b"ab", b"b"), (b"c", b"c"), (b"ab", b"ab")]);
        assert_eq!(summary(&tally), (3, 3, Status::Verified));
    }

    #[test]
    fn an_object_without_bytes_has_an_address_too() {
        assert_eq!(summary(&tally(&[(b"", b"")])), (1, 1, Status::Verified));
    }

    #[test]
    fn one_wrong_bit_is_a_mismatch() {
        assert_eq!(summary(&tally(&[(b"abc", b"abb")])), (1, 0, Status::Mismatch));
    }

    #[test]
    fn bytes_that_are_missing_are_a_mismatch() {
        assert_eq!(summary(&tally(&[(b"abc", b"ab")])), (1, 0, Status::Mismatch));
    }

    #[test]
    fn the_limit_is_the_largest_size_that_passes() {
        let (full, over) = ([1; LIMIT], [1; LIMIT + 1]);
        assert_eq!(summary(&tally(&[(&full, &full)])), (1, 1, Status::Verified));
        assert_eq!(summary(&tally(&[(&over, &full), (&over, &[1])])), (1, 0, Status::TooLarge));
    }

    #[test]
    fn the_limit_is_each_objects_own() {
        let (one, other) = ([1; LIMIT], [2; LIMIT]);
        assert_eq!(summary(&tally(&[(&one, &one), (&other, &other)])), (2, 2, Status::Verified));
    }

    #[test]
    fn an_object_over_the_limit_stays_so_and_is_no_longer_hashed() {
        let mut object = Object::new(&address_of(b"a"));
        object.take(&[0; LIMIT + 1], LIMIT as u64);
        object.take(b"a", LIMIT as u64);
        assert_eq!((object.hasher.count(), object.status()), (0, Status::TooLarge));
    }

    #[test]
    fn the_first_failure_is_the_status() {
        let over = [1; LIMIT + 1];
        let mismatch: (&[u8], &[u8]) = (b"a", b"b");
        let tally = tally(&[(b"c", b"c"), mismatch, (&over, &over), (b"d", b"d")]);
        assert_eq!(summary(&tally), (4, 2, Status::Mismatch));
        assert_eq!(tally.address, Some(address_of(b"d")));
    }

    #[test]
    fn the_address_of_no_bytes_is_that_of_the_blake3_paper() {
        let known = "b3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
        assert_eq!(address_of(b""), known);
    }
}
