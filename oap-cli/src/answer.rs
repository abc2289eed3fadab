//! The exit statuses, the same for all commands.

use std::io::{self, ErrorKind};
use std::process::ExitCode;

/// What a command found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// All is well.
    Yes,
    /// The command did its work, and the answer is no: rejected, not acknowledged, a rule not kept.
    No,
}

/// The exit statuses as the help shows them. Status 2 is clap's, for a command line that it does not understand.
pub const STATUSES: &str = "\
Exit status:
  0  all is well
  1  the answer is no: a reject, something not acknowledged, a rule that is not kept
  2  the command line is wrong
  3  a file, a connection or the system failed";

const SYSTEM_FAILED: u8 = 3;

impl From<Answer> for ExitCode {
    fn from(answer: Answer) -> Self {
        ExitCode::from(answer as u8)
    }
}

/// Tells an error, and gives the exit status. Who no longer reads our output wants no message.
pub fn failed(error: &anyhow::Error) -> ExitCode {
    if !is_broken_pipe(error) {
        eprintln!("oap: {error:#}");
    }
    ExitCode::from(SYSTEM_FAILED)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<io::Error>();
    io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
