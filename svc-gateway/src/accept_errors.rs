//! Errors of accepting: each is counted, and some are logged.

use crate::metrics::{Metrics, ACCEPT_ERRORS};
use crate::report;
use rustix::io::Errno;
use std::io;
use std::time::{Duration, Instant};

/// Between two lines of the log.
const LOGGED_EVERY: Duration = Duration::from_secs(10);

#[derive(Default)]
pub struct AcceptErrors {
    logged: Option<Instant>,
    unlogged: u64,
}

impl AcceptErrors {
    pub fn record(&mut self, metrics: &Metrics, error: &io::Error) {
        let label = label(error);
        metrics.accept_failed(label);
        if self.logged.is_some_and(|at| at.elapsed() < LOGGED_EVERY) {
            self.unlogged += 1;
            return;
        }
        report::accept_failed(label, std::mem::take(&mut self.unlogged));
        self.logged = Some(Instant::now());
    }
}

fn label(error: &io::Error) -> &'static str {
    let [emfile, enfile, enomem, enobufs, econnaborted, other] = ACCEPT_ERRORS;
    match Errno::from_io_error(error) {
        Some(Errno::MFILE) => emfile,
        Some(Errno::NFILE) => enfile,
        Some(Errno::NOMEM) => enomem,
        Some(Errno::NOBUFS) => enobufs,
        Some(Errno::CONNABORTED) => econnaborted,
        _ => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_has_its_name_and_others_share_one() {
        let of = |errno: Errno| label(&errno.into());
        assert_eq!([of(Errno::MFILE), of(Errno::CONNABORTED)], ["emfile", "econnaborted"]);
        assert_eq!([of(Errno::IO), label(&io::Error::other("x"))], ["other"; 2]);
    }
}
