//! One stream on its way into the folder.

use crate::receive::store::{Part, Store};
use blake3::Hasher;
use oap::Data;
use std::fs::File;
use std::io::{self, BufReader, Write};

/// The status of a receipt: that of its END. The first three are svc-gateway's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Receipt {
    /// Stored; an object was verified.
    Stored = 0,
    /// The bytes of an object have another address.
    Mismatch = 1,
    /// More bytes than are taken.
    TooLarge = 2,
    /// The name leads out of the folder, a file of that name is there, or the disk failed.
    NotStored = 3,
}

/// A stream that has started.
pub struct Incoming<'s> {
    store: &'s Store,
    limit: u64,
    name: String,
    /// Where the peer goes on in an object of which there is a part.
    start: u64,
    objects: bool,
    open: Option<Open<'s>>,
    stored: Vec<Stored>,
    /// The first failure, and what it was.
    failure: Option<(Receipt, String)>,
}

/// A file that is written.
struct Open<'s> {
    part: Part<'s>,
    file: File,
    address: Option<String>,
    hasher: Hasher,
    bytes: u64,
}

/// A file that is whole.
pub struct Stored {
    pub name: String,
    pub bytes: u64,
    pub address: Option<String>,
}

const OBJECTS: &str = "objects";

impl<'s> Incoming<'s> {
    pub fn new(store: &'s Store, limit: u64, stream: &str) -> Self {
        let (objects, rest) = match stream.strip_prefix(OBJECTS) {
            Some("") => (true, ""),
            Some(rest) if rest.starts_with('/') => (true, &rest[1..]),
            _ => (false, stream),
        };
        let resumed = rest.strip_prefix("from-").and_then(|rest| {
            let (start, name) = rest.split_once('/')?;
            Some((start.parse().ok()?, name))
        });
        let (start, name) = resumed.filter(|_| objects).unwrap_or((0, rest));
        Incoming {
            store,
            limit,
            name: name.to_owned(),
            start,
            objects,
            open: None,
            stored: Vec::new(),
            failure: None,
        }
    }

    /// Takes the body of a DATA. Once something failed the rest is passed over.
    pub fn take(&mut self, data: &Data<'_>) {
        let address = data.obj.filter(|_| self.objects);
        if self.open.as_ref().is_some_and(|open| open.address.as_deref() != address) {
            self.finish();
        }
        if self.failure.is_none() {
            if let Err((receipt, why)) = self.write(address, data.body) {
                self.fail(receipt, why);
            }
        }
    }

    fn write(&mut self, address: Option<&str>, body: &[u8]) -> Result<(), (Receipt, String)> {
        let disk = |error: io::Error| (Receipt::NotStored, error.to_string());
        if self.open.is_none() {
            self.open = Some(self.opened(address).map_err(disk)?);
        }
        let open = self.open.as_mut().expect("it was just opened");
        let bytes = open.bytes + body.len() as u64;
        if bytes > self.limit {
            return Err((Receipt::TooLarge, format!("is over {} bytes", self.limit)));
        }
        open.file.write_all(body).map_err(disk)?;
        open.bytes = bytes;
        if open.address.is_some() {
            open.hasher.update(body);
        }
        Ok(())
    }

    fn opened(&self, address: Option<&str>) -> io::Result<Open<'s>> {
        let mut hasher = Hasher::new();
        let part = address.map_or_else(|| self.store.part(), |it| self.store.part_of(it));
        let file = match self.start {
            0 => part.create()?,
            _ => part.go_on()?,
        };
        if self.start > 0 {
            hasher.update_reader(BufReader::new(&file))?;
        }
        let bytes = hasher.count();
        if bytes != self.start {
            return Err(io::Error::other(format!("the part has {bytes} bytes")));
        }
        Ok(Open { part, file, address: address.map(str::to_owned), hasher, bytes })
    }

    fn fail(&mut self, receipt: Receipt, why: String) {
        if let Some(open) = self.open.take() {
            open.part.remove();
        }
        self.failure.get_or_insert((receipt, why));
    }

    /// The peer's stream has ended with that status: only 0 says that the file is whole.
    pub fn end(mut self, status: u32) -> (Vec<Stored>, Receipt, Option<String>) {
        if status != 0 {
            let why = format!("the peer gave it up with status {status}");
            self.failure.get_or_insert((Receipt::NotStored, why));
        } else if self.open.is_none() && self.failure.is_none() && !self.objects {
            // A plain stream without DATA is an empty file.
            self.take(&Data { seq: 0, obj: None, body: b"" });
        }
        self.finish();
        let stored = std::mem::take(&mut self.stored);
        match self.failure.take() {
            None => (stored, Receipt::Stored, None),
            Some((receipt, why)) => (stored, receipt, Some(format!("{}: {why}", self.name))),
        }
    }

    fn finish(&mut self) {
        if self.failure.is_some() {
            return;
        }
        let Some(open) = self.open.take() else { return };
        let address = format!("b3:{}", open.hasher.finalize().to_hex());
        if open.address.as_ref().is_some_and(|announced| *announced != address) {
            open.part.remove();
            return self.fail(Receipt::Mismatch, "the bytes have another address".to_owned());
        }
        let name = self.name_of(&open);
        let placed = match self.store.place_of(&name) {
            Some(place) => open.part.become_file(&place),
            None => Err(io::Error::other("the name leads out of the folder")),
        };
        match placed {
            Ok(()) => {
                let (bytes, address) = (open.bytes, open.address.clone());
                self.stored.push(Stored { name, bytes, address });
            }
            Err(error) => {
                open.part.remove();
                self.fail(Receipt::NotStored, error.to_string());
            }
        }
    }

    /// The stream's name is that of its first object; any other has its digits.
    fn name_of(&self, open: &Open<'_>) -> String {
        match &open.address {
            Some(address) if !self.stored.is_empty() || self.name.is_empty() => {
                address.replace(':', "-")
            }
            _ => self.name.clone(),
        }
    }
}

impl Drop for Incoming<'_> {
    /// A stream that is cut leaves the part of an object, and nothing else.
    fn drop(&mut self) {
        if let Some(open) = &self.open {
            if open.address.is_none() {
                open.part.remove();
            }
        }
    }
}

impl Stored {
    /// A line about it.
    pub fn line(&self) -> String {
        let Stored { name, bytes, address } = self;
        match address {
            Some(address) => format!("{name} {bytes} {address}"),
            None => format!("{name} {bytes}"),
        }
    }
}
