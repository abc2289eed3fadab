//! What a drill says at its end: tables, and a verdict with each bound beside what was measured. The same Markdown goes
//! to stdout and into the report.

use std::fmt::{Display, Write as _};
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

pub struct Report {
    text: String,
    checks: Vec<[String; 4]>,
    failed: bool,
    short: bool,
    began: Instant,
}

impl Report {
    /// In its short form a drill proves the same, but does not judge what depends on the machine's speed.
    pub fn new(title: &str, about: &str, short: bool) -> Self {
        let text = format!("# {title}\n\n{about}\n");
        Report { text, checks: Vec::new(), failed: false, short, began: Instant::now() }
    }

    pub fn table<const N: usize>(
        &mut self,
        heading: &str,
        columns: [&str; N],
        rows: &[[String; N]],
    ) {
        let table = markdown(columns, rows);
        let _ = write!(self.text, "\n## {heading}\n\n{table}");
    }

    pub fn note(&mut self, words: &str) {
        let _ = write!(self.text, "\n{words}\n");
    }

    /// One line of the verdict.
    pub fn check(&mut self, what: &str, bound: &str, measured: impl Display, ok: bool) {
        let met = if ok { "yes" } else { "NO" };
        self.failed |= !ok;
        self.checks.push([what.into(), bound.into(), measured.to_string(), met.into()]);
    }

    /// Likewise, where time decides: judged in the long form only.
    pub fn check_speed(&mut self, what: &str, bound: &str, measured: impl Display, ok: bool) {
        if self.short {
            let measured = measured.to_string();
            self.checks.push([what.into(), bound.into(), measured, "not judged".into()]);
        } else {
            self.check(what, bound, measured, ok);
        }
    }

    /// Prints the report and writes it to a file, where one is named. Whether all bounds were met.
    ///
    /// # Errors
    /// Where the file can't be written.
    pub fn finish(mut self, file: Option<&Path>) -> io::Result<bool> {
        let checks = std::mem::take(&mut self.checks);
        self.table("Verdict", ["what", "bound", "measured", "met"], &checks);
        let seconds = self.began.elapsed().as_secs();
        self.note(&format!("{} The drill took {seconds} s.", machine()?));
        print!("{}", self.text);
        if let Some(file) = file {
            fs::write(file, &self.text)?;
        }
        Ok(!self.failed)
    }
}

/// A table whose columns stand under each other in plain text, too.
fn markdown<const N: usize>(columns: [&str; N], rows: &[[String; N]]) -> String {
    let head = columns.map(str::to_owned);
    let width = |column: usize| {
        let cells = std::iter::once(&head).chain(rows).map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    let mut table = String::new();
    let mut line = |cells: &[String; N]| {
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(table, "| {cell:width$} ");
        }
        table.push_str("|\n");
    };
    line(&head);
    line(&widths.map(|width| "-".repeat(width)));
    rows.iter().for_each(line);
    table
}

/// The figures are this machine's.
fn machine() -> io::Result<String> {
    let cores = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib: u64 = memory.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let series: Vec<_> = kernel.trim().split('.').take(2).collect();
    let gib = kib.div_ceil(1 << 20);
    Ok(format!(
        "Measured on {cores} cores with {gib} GiB, Linux {}; gateway {}.",
        series.join("."),
        env!("CARGO_PKG_VERSION")
    ))
}

pub fn mib(bytes: u64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}

pub fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

pub fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a".to_owned(), "bb".to_owned()], ["cccc".to_owned(), "d".to_owned()]];
        let table = "| x    | yy |\n| ---- | -- |\n| a    | bb |\n| cccc | d  |\n";
        assert_eq!(markdown(["x", "yy"], &rows), table);
    }

    #[test]
    fn one_bound_that_is_not_met_fails_the_drill() {
        let mut report = Report::new("A drill", "About it.", false);
        report.check("this", "0", 0, true);
        assert!(!report.failed);
        report.check("that", "0", 1, false);
        report.check("more", "0", 0, true);
        assert!(!report.finish(None).unwrap());
    }

    #[test]
    fn the_short_form_does_not_judge_speed() {
        for short in [false, true] {
            let mut report = Report::new("A drill", "About it.", short);
            report.check_speed("this", "1 s", "2 s", false);
            assert_eq!(report.finish(None).unwrap(), short);
        }
    }
}
