//! What the gateway says on stdout: whole lines, never payload, feature bits or peer addresses.

use crate::objects::{address_of_file, Tally};
use oap::Reject;
use std::fmt::Arguments;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;

pub struct StreamLine<'a> {
    pub name: &'a str,
    pub frames: u64,
    pub bytes: u64,
    pub tally: &'a Tally,
}

pub fn listening(at: SocketAddr) {
    line(format_args!("listening on {at}"));
}

pub fn serving_metrics(at: SocketAddr) {
    line(format_args!("metrics on {at}"));
}

/// The name is the peer's text: what a terminal would not print, or would act on, is escaped.
pub fn stream(line_of: &StreamLine<'_>) {
    let StreamLine { name, frames, bytes, tally } = line_of;
    let Tally { objects, verified, status, address } = tally;
    let address = address.as_deref().unwrap_or("-");
    line(format_args!(
        "stream name={name:?} frames={frames} bytes={bytes} objects={objects} verified={verified} \
         status={} address={address}",
        *status as u32
    ));
}

pub fn reject(reject: &Reject) {
    let (reason, offset, at) = (reject.reason(), reject.offset(), reject.at());
    let field = quoted(reject.fault().field());
    line(format_args!("reject reason={reason} field={field} offset={offset} at={at}"));
}

/// In quotes where it has spaces: they part the pairs of a line.
fn quoted(value: &str) -> String {
    if value.contains(' ') {
        format!("{value:?}")
    } else {
        value.to_owned()
    }
}

/// # Errors
/// Where the file can't be read, or stdout can't be written.
pub fn address(file: &Path) -> io::Result<()> {
    let address = address_of_file(file)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
    writeln!(io::stdout(), "{address}")
}

/// A stdout that nobody reads any more is no reason to stop serving.
fn line(words: Arguments<'_>) {
    let line = format!("{words}\n");
    let mut stdout = io::stdout().lock();
    let _ = stdout.write_all(line.as_bytes()).and_then(|()| stdout.flush());
}
