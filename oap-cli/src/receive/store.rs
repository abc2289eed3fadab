//! The folder that files are received into, and the parts of those that are not whole.

use anyhow::Context;
use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The folder of the parts, in the one that files are received into: of the same file system, so that a part becomes
/// the file by being renamed.
const PARTS: &str = ".oap-parts";

pub struct Store {
    root: PathBuf,
    overwrite: bool,
    /// The parts that are being written, and how many there have been.
    busy: Mutex<(HashSet<String>, u64)>,
}

/// A part of a file. While it exists no other connection writes to it.
pub struct Part<'s> {
    store: &'s Store,
    name: String,
}

impl Store {
    /// Makes the folder where it is not there.
    ///
    /// # Errors
    /// Where it can't be made.
    pub fn open(root: &Path, overwrite: bool) -> anyhow::Result<Self> {
        let parts = root.join(PARTS);
        fs::create_dir_all(&parts).with_context(|| format!("can't make {}", parts.display()))?;
        Ok(Store { root: root.to_owned(), overwrite, busy: Mutex::default() })
    }

    /// The objects of which there is a part, and its bytes.
    pub fn parts(&self) -> Vec<(String, u64)> {
        let Ok(entries) = fs::read_dir(self.root.join(PARTS)) else { return Vec::new() };
        let part = |entry: fs::DirEntry| {
            let name = entry.file_name().into_string().ok()?;
            let digits = name.strip_prefix("b3-")?;
            Some((format!("b3:{digits}"), entry.metadata().ok()?.len()))
        };
        entries.filter_map(Result::ok).filter_map(part).collect()
    }

    /// The part of an object. Where another connection writes to it, one that can't be resumed.
    pub fn part_of(&self, address: &str) -> Part<'_> {
        let name = address.replace(':', "-");
        let free = self.lock().0.insert(name.clone());
        if free {
            return Part { store: self, name };
        }
        self.part()
    }

    /// A part that can't be resumed.
    pub fn part(&self) -> Part<'_> {
        let mut busy = self.lock();
        busy.1 += 1;
        let name = format!("{}-{}", std::process::id(), busy.1);
        busy.0.insert(name.clone());
        Part { store: self, name }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (HashSet<String>, u64)> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a name of a stream leads, inside the folder; `None` where it would lead out of it, or to the parts.
    pub fn place_of(&self, name: &str) -> Option<PathBuf> {
        let good = |part: &str| {
            // There are file systems without a difference between cases.
            !matches!(part, "" | "." | "..")
                && !part.eq_ignore_ascii_case(PARTS)
                && !part.contains(['\\', ':', '\0'])
                && (cfg!(unix) || is_plain_on_windows(part))
        };
        name.split('/').all(good).then(|| self.root.join(name))
    }
}

/// Whether it names itself on Windows, and no device, no pattern, and no other file by its short name.
fn is_plain_on_windows(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let device = matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || ["COM", "LPT"].iter().any(|it| stem.strip_prefix(it).is_some_and(is_one_digit));
    let short = part.split('~').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let odd = |c: char| c.is_ascii_control() || "<>\"|?*".contains(c);
    !device && !short && !part.ends_with(['.', ' ']) && !part.contains(odd)
}

/// Superscripts count too.
fn is_one_digit(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_digit() || "¹²³".contains(c)) && chars.next().is_none()
}

impl Part<'_> {
    fn path(&self) -> PathBuf {
        self.store.root.join(PARTS).join(&self.name)
    }

    /// Opens it without the bytes that it had.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn create(&self) -> io::Result<File> {
        File::create(self.path())
    }

    /// Opens it to go on behind its bytes, which can be read.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn go_on(&self) -> io::Result<File> {
        File::options().read(true).append(true).open(self.path())
    }

    pub fn remove(&self) {
        let _ = fs::remove_file(self.path());
    }

    /// Makes it the file of that place. A file that is there stays, unless it may be overwritten.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn become_file(&self, place: &Path) -> io::Result<()> {
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        if !self.store.overwrite && place.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(self.path(), place)
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        self.store.lock().0.remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), false).unwrap();
        let outside = ["", "/etc/passwd", "..", "a/../b", "a//b", "a/.", "a\\b", "c:a"];
        for name in outside.into_iter().chain([".oap-parts/x", ".OAP-Parts/x"]) {
            assert_eq!(store.place_of(name), None, "{name}");
        }
        assert_eq!(store.place_of("a/b.txt"), Some(folder.path().join("a/b.txt")));
        #[cfg(unix)]
        assert_eq!(store.place_of("..."), Some(folder.path().join("...")));
    }

    #[test]
    fn on_windows_no_name_is_a_device_or_another_file() {
        let others = "NUL nul.txt com1 LPT².x .oap-parts. OAP-PA~1 a?";
        for name in others.split(' ').chain(["Con .a", "a ", "a\n"]) {
            assert!(!is_plain_on_windows(name), "{name}");
        }
        for name in ["null", "com", "com10", "console.txt", "a~b", ".hidden", "a b", "größe"] {
            assert!(is_plain_on_windows(name), "{name}");
        }
    }

    #[test]
    fn two_connections_never_write_to_one_part() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), false).unwrap();
        let address = format!("b3:{}", "0".repeat(64));
        let first = store.part_of(&address);
        let second = store.part_of(&address);
        assert_ne!(first.path(), second.path());
        let path = first.path();
        drop(first);
        assert_eq!(store.part_of(&address).path(), path);
    }
}
