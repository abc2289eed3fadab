//! When the user or the system asks a command to end.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{signal, Signal, SignalKind};
#[cfg(windows)]
use tokio::signal::windows::{ctrl_break, ctrl_c, CtrlBreak, CtrlC};

#[cfg(unix)]
type Signals = (Signal, Signal);
#[cfg(windows)]
type Signals = (CtrlC, CtrlBreak);

/// SIGINT and SIGTERM; on Windows Ctrl-C and Ctrl-Break.
pub struct Stop(Signals);

impl Stop {
    /// From now on they don't end the process by themselves.
    ///
    /// # Errors
    /// Where the system refuses.
    pub fn new() -> io::Result<Self> {
        #[cfg(unix)]
        let signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        #[cfg(windows)]
        let signals = (ctrl_c()?, ctrl_break()?);
        Ok(Stop(signals))
    }

    pub async fn asked(&mut self) {
        let (first, second) = &mut self.0;
        tokio::select! {
            _ = first.recv() => {}
            _ = second.recv() => {}
        }
    }
}
