//! Signals: SIGINT and SIGTERM stop the gateway, SIGHUP has it read its configuration again, and none that a person or a
//! library might send by mistake kills it.

use rustix::process::Signal as Name;
use std::io;
use tokio::signal::unix::{signal, Signal, SignalKind};

/// Their default is to end the process, without a drain.
const HARMLESS: [Name; 7] =
    [Name::USR1, Name::USR2, Name::ALARM, Name::VTALARM, Name::PROF, Name::IO, Name::POWER];

pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Hears them from now on, and SIGHUP for who asks.
    ///
    /// # Errors
    /// Where the system says no.
    pub fn hear() -> io::Result<(Self, Signal)> {
        for harmless in HARMLESS {
            // What is heard once keeps its handler when nobody listens any more.
            drop(signal(SignalKind::from_raw(harmless.as_raw()))?);
        }
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        Ok((Signals { interrupt, terminate }, signal(SignalKind::hangup())?))
    }

    /// Waits until somebody asks to stop.
    pub async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
