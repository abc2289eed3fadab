//! The Unix socket: for its owner and perhaps a group, in a directory that keeps all others out; gone when the process is.

use crate::config::Config;
use crate::config_sources::Problem;
use crate::values::{FilePath, GroupName};
use nix::unistd::Group;
use rustix::fs::statfs;
use rustix::io::Errno;
use rustix::net::{connect, socket_with, AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{chown, DirBuilderExt, FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// What statfs says of file systems that are in memory.
const IN_MEMORY: [i64; 2] = [0x0102_1994, 0x8584_58f6];

/// The path of a bound socket, removed when dropped.
pub struct Bound {
    path: PathBuf,
    /// Device and number of the file, by which another process's is told.
    file: (u64, u64),
}

impl Bound {
    pub fn path(&self) -> std::path::Display<'_> {
        self.path.display()
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|about| identity(&about) == self.file) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(about: &Metadata) -> (u64, u64) {
    (about.dev(), about.ino())
}

/// The socket that is configured.
pub struct UnixSocket {
    path: PathBuf,
    /// Who may use it beside its owner.
    group: Option<u32>,
    in_memory: bool,
}

impl UnixSocket {
    /// `None` where it is off.
    ///
    /// # Errors
    /// The group is not known.
    pub fn new(config: &Config) -> Result<Option<Self>, Problem> {
        let Some(FilePath(path)) = config.unix_socket.value() else { return Ok(None) };
        let group = match config.unix_socket_group.value() {
            Some(GroupName(name)) => {
                Some(group_of(name).map_err(|e| Problem::new(&["unix_socket_group"], e))?)
            }
            None => None,
        };
        Ok(Some(UnixSocket { path: path.into(), group, in_memory: config.amnesia.0 }))
    }

    /// Whether it could be bound, as far as that can be said of one that may be in use.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self) -> Result<(), Problem> {
        let problem = |error: io::Error| Problem::new(&["unix_socket"], self.named(&error));
        self.check_path().and_then(|()| self.check_file().map(drop)).map_err(problem)
    }

    /// Binds it, in place of one that nobody listens on any more.
    ///
    /// # Errors
    /// Where the directory is open to others or, with amnesia, on a disk; where somebody listens there; where the system
    /// says no.
    pub fn bind(&self) -> io::Result<(UnixListener, Bound)> {
        let bound = self.make_directory().and_then(|()| self.bind_in_place());
        bound.map_err(|error| io::Error::new(error.kind(), self.named(&error)))
    }

    fn named(&self, error: &io::Error) -> String {
        format!("{}: {error}", self.path.display())
    }

    fn bind_in_place(&self) -> io::Result<(UnixListener, Bound)> {
        self.check_path()?;
        if self.check_file()? {
            self.remove_stale()?;
        }
        let listener = UnixListener::bind(&self.path)?;
        let file = identity(&fs::symlink_metadata(&self.path)?);
        let bound = Bound { path: self.path.clone(), file };
        // The directory has kept others out until here, and the socket's mode the group.
        self.give_to_group(&self.path)?;
        fs::set_permissions(&self.path, Permissions::from_mode(self.mode(0o600, 0o060)))?;
        Ok((listener, bound))
    }

    fn mode(&self, owner: u32, group: u32) -> u32 {
        owner | if self.group.is_some() { group } else { 0 }
    }

    fn give_to_group(&self, path: &Path) -> io::Result<()> {
        match self.group {
            // A service may be forbidden even to ask.
            Some(group) if fs::metadata(path)?.gid() != group => chown(path, None, Some(group)),
            _ => Ok(()),
        }
    }

    fn directory(&self) -> io::Result<&Path> {
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        parent.ok_or_else(|| refused("names no directory of its own"))
    }

    fn make_directory(&self) -> io::Result<()> {
        let directory = self.directory()?;
        match DirBuilder::new().mode(0o700).create(directory) {
            Ok(()) => {
                self.give_to_group(directory)?;
                let mode = Permissions::from_mode(self.mode(0o700, 0o050));
                fs::set_permissions(directory, mode)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn check_path(&self) -> io::Result<()> {
        if SocketAddr::from_pathname(&self.path).is_err() {
            return Err(refused(
                "is no path of a socket: it has at most 107 bytes, none of them 0",
            ));
        }
        let directory = self.directory()?;
        let about = match fs::metadata(directory) {
            // It would be made.
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            about => Some(about?),
        };
        about.as_ref().map_or(Ok(()), |about| self.check_mode(about))?;
        let above = directory.parent().unwrap_or(directory);
        let nearest = if about.is_some() { directory } else { above };
        let nearest = if nearest.as_os_str().is_empty() { Path::new(".") } else { nearest };
        if self.in_memory && !IN_MEMORY.contains(&(statfs(nearest)?.f_type as i64)) {
            return Err(refused("is not on a tmpfs, and amnesia is on"));
        }
        fs::metadata(nearest).map(drop)
    }

    fn check_mode(&self, about: &Metadata) -> io::Result<()> {
        let mode = about.mode() & 0o777;
        match self.group {
            None if mode != 0o700 => Err(refused("is in a directory whose mode is not 0700")),
            Some(group) if mode != 0o750 || about.gid() != group => Err(refused(&format!(
                "is in a directory that is not of the group {group} with the mode 0750"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether there is a socket already.
    fn check_file(&self) -> io::Result<bool> {
        match fs::symlink_metadata(&self.path) {
            Ok(about) if about.file_type().is_socket() => Ok(true),
            Ok(_) => Err(io::Error::new(ErrorKind::AlreadyExists, "is there and is no socket")),
            Err(_) => Ok(false),
        }
    }

    /// Who listens may hang, with a full queue: to wait for it would be to wait for ever.
    fn remove_stale(&self) -> io::Result<()> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let knock = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        match connect(&knock, &SocketAddrUnix::new(&self.path)?) {
            Err(Errno::CONNREFUSED) => fs::remove_file(&self.path),
            _ => Err(io::Error::new(ErrorKind::AddrInUse, "somebody listens there")),
        }
    }
}

fn refused(reason: &str) -> io::Error {
    io::Error::new(ErrorKind::PermissionDenied, reason.to_owned())
}

/// By its name or its number.
fn group_of(name: &str) -> Result<u32, String> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let found = Group::from_name(name).map_err(|error| format!("{name}: {error}"))?;
    found.map(|group| group.gid.as_raw()).ok_or_else(|| format!("{name}: there is no such group"))
}
