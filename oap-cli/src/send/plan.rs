//! The files that are to be sent: their names, sizes and addresses.

use crate::input;
use crate::send::pieces::Reader;
use anyhow::{bail, Context};
use blake3::Hasher;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Bytes that are hashed at a time.
const HASHED_BYTES: usize = 256 << 10;

/// One stream to be sent.
pub struct Planned {
    /// The file; none is standard input.
    pub path: Option<PathBuf>,
    /// Its name for the peer, with `/` between folders.
    pub name: String,
    /// Its bytes, where they are known.
    pub size: Option<u64>,
}

/// The files of a command line, and those of its folders.
///
/// # Errors
/// Where one can't be read, or has a name that no stream can have.
pub fn plan(files: &[PathBuf], stdin_name: &str) -> anyhow::Result<Vec<Planned>> {
    let mut planned = Vec::new();
    for file in files {
        if file.as_os_str() == input::STANDARD {
            planned.push(Planned { path: None, name: stdin_name.to_owned(), size: None });
        } else {
            add(file, &name_of(file)?, &mut planned)?;
        }
    }
    Ok(planned)
}

/// The last part of a path, also where it is `.` or ends with a slash.
fn name_of(file: &Path) -> anyhow::Result<String> {
    let named = match file.file_name() {
        Some(_) => file.to_path_buf(),
        None => file.canonicalize().with_context(|| unreadable(file))?,
    };
    let name = named.file_name().and_then(|name| name.to_str());
    Ok(name.with_context(|| format!("{}: the name is no UTF-8", file.display()))?.to_owned())
}

fn unreadable(file: &Path) -> String {
    format!("{} can't be read", file.display())
}

fn add(file: &Path, name: &str, planned: &mut Vec<Planned>) -> anyhow::Result<()> {
    let about = fs::metadata(file).with_context(|| unreadable(file))?;
    if about.is_file() {
        let (path, size) = (Some(file.to_owned()), Some(about.len()));
        planned.push(Planned { path, name: name.to_owned(), size });
        return Ok(());
    }
    if !about.is_dir() {
        bail!("{} is neither a file nor a folder", file.display());
    }
    let entries = fs::read_dir(file).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut entries: Vec<_> = entries.with_context(|| unreadable(file))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        // A link could lead out of the folder, or in a circle.
        if !entry.file_type()?.is_symlink() {
            let below = name_of(&entry.path())?;
            add(&entry.path(), &format!("{name}/{below}"), planned)?;
        }
    }
    Ok(())
}

/// The BLAKE3-256 address of a file's bytes.
///
/// # Errors
/// Where it can't be read.
pub async fn address_of(file: &Path) -> anyhow::Result<String> {
    let hasher = hashed(file).await.with_context(|| unreadable(file))?;
    Ok(shown(&hasher))
}

/// Hashes while another thread reads.
async fn hashed(file: &Path) -> io::Result<Hasher> {
    let mut hasher = Hasher::new();
    let mut pieces = Reader::open(file, 0, HASHED_BYTES)?.ahead();
    loop {
        let piece = pieces.next().await?;
        if piece.is_empty() {
            return Ok(hasher);
        }
        hasher.update(&piece);
    }
}

/// The address that a hash has on the wire (rule 2.6).
pub fn shown(hasher: &Hasher) -> String {
    format!("b3:{}", hasher.finalize().to_hex())
}
