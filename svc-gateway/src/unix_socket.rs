//! The Unix socket: for its owner alone, in a directory for its owner alone; gone when the process is.

use rustix::fs::statfs;
use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

const OWNER_ONLY: u32 = 0o600;
const OWNER_ONLY_DIRECTORY: u32 = 0o700;

/// What statfs says of file systems that are in memory.
const IN_MEMORY: [i64; 2] = [0x0102_1994, 0x8584_58f6];

/// The path of a bound socket, removed when dropped.
pub struct Bound(PathBuf);

impl Bound {
    pub fn path(&self) -> std::path::Display<'_> {
        self.0.display()
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Binds it, in place of one that nobody listens on any more.
///
/// # Errors
/// Where the directory is open to others or, if `in_memory`, on a disk; where somebody listens there; where the system
/// says no.
pub fn bind(path: &str, in_memory: bool) -> io::Result<(UnixListener, Bound)> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{path}: {error}"));
    bind_at(Path::new(path), in_memory).map_err(named)
}

fn bind_at(path: &Path, in_memory: bool) -> io::Result<(UnixListener, Bound)> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = directory.ok_or_else(|| refused("names no directory of its own"))?;
    secure(directory)?;
    if in_memory && !IN_MEMORY.contains(&(statfs(directory)?.f_type as i64)) {
        return Err(refused("is not on a tmpfs, and amnesia is on"));
    }
    remove_stale(path)?;
    let listener = UnixListener::bind(path)?;
    let bound = Bound(path.to_owned());
    // The directory has kept others out until here.
    fs::set_permissions(path, Permissions::from_mode(OWNER_ONLY))?;
    Ok((listener, bound))
}

fn refused(reason: &str) -> io::Error {
    io::Error::new(ErrorKind::PermissionDenied, reason)
}

fn secure(directory: &Path) -> io::Result<()> {
    match DirBuilder::new().mode(OWNER_ONLY_DIRECTORY).create(directory) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let about = fs::metadata(directory)?;
    if about.mode() & 0o777 != OWNER_ONLY_DIRECTORY {
        return Err(refused("is in a directory whose mode is not 0700"));
    }
    Ok(())
}

fn remove_stale(path: &Path) -> io::Result<()> {
    let Ok(about) = fs::symlink_metadata(path) else { return Ok(()) };
    if !about.file_type().is_socket() {
        return Err(io::Error::new(ErrorKind::AlreadyExists, "is there and is no socket"));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => Err(io::Error::new(ErrorKind::AddrInUse, "somebody listens there")),
    }
}
