//! Unix sockets, where the system has them; elsewhere every attempt fails with a word about it.

#[cfg(unix)]
pub use tokio::net::{UnixListener, UnixStream};

#[cfg(not(unix))]
pub use absent::{UnixListener, UnixStream};

#[cfg(not(unix))]
mod absent {
    use std::io;
    use std::path::Path;
    use tokio::io::DuplexStream;

    pub struct UnixStream;

    /// There is none.
    pub enum UnixListener {}

    fn absent() -> io::Error {
        io::Error::new(io::ErrorKind::Unsupported, "unix: addresses are for Unix systems only")
    }

    impl UnixStream {
        pub async fn connect(_: &Path) -> io::Result<DuplexStream> {
            Err(absent())
        }
    }

    impl UnixListener {
        pub fn bind(_: &Path) -> io::Result<Self> {
            Err(absent())
        }

        pub async fn accept(&self) -> io::Result<(DuplexStream, ())> {
            match *self {}
        }
    }
}
