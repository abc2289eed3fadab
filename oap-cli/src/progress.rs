//! How far a transfer is: a bar with rate and time left on a terminal, and nothing elsewhere.

use crate::colour;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const KNOWN: &str =
    "{bar:30} {percent:>3} % {bytes}/{total_bytes} {bytes_per_sec} {eta} left {msg}";
const UNKNOWN: &str = "{spinner} {bytes} {bytes_per_sec} {msg}";

/// A bar for so many bytes; `None` where nobody knows. `quiet`: none in any case.
pub fn bar(bytes: Option<u64>, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(bytes, target(quiet));
    let template = if bytes.is_some() { KNOWN } else { UNKNOWN };
    let style = ProgressStyle::with_template(template).expect("a good template");
    bar.with_style(if colour::wanted() { style } else { style.progress_chars("=> ") })
}

/// A line whose text changes.
pub fn line(quiet: bool) -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed} {msg}").expect("a good template");
    let line = ProgressBar::with_draw_target(None, target(quiet));
    line.with_style(style)
}

fn target(quiet: bool) -> ProgressDrawTarget {
    match quiet {
        true => ProgressDrawTarget::hidden(),
        false => ProgressDrawTarget::stderr(),
    }
}
