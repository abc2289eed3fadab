//! What a run found: as text, as JUnit, as one HTML page.

mod html;
mod junit;

use crate::check::case::{Case, Level};
use crate::check::play::{Outcome, Verdict};
use crate::colour::Colours;
use anyhow::Context;
use oap_explain::hex;
use oap_explain::rules::title_of;
use std::fs;
use std::path::Path;

/// Bytes of what was sent that a report shows.
const SHOWN_BYTES: usize = 48;

/// One line of a report: a case as a must or as a should.
pub struct Finding {
    pub rule: &'static str,
    pub title: String,
    pub level: Level,
    pub name: String,
    pub verdict: Verdict,
    pub sent: String,
    pub expected: String,
    pub got: String,
}

/// All of a run, in the order of the cases.
pub struct Report {
    /// The host, as it was named on the command line.
    pub host: String,
    pub findings: Vec<Finding>,
}

impl Report {
    pub fn new(host: String, cases: &[Case], outcomes: Vec<Outcome>, level: Level) -> Self {
        let played = cases.iter().zip(outcomes);
        let findings = played.flat_map(|(case, outcome)| findings(case, outcome));
        Report { host, findings: findings.filter(|finding| finding.level <= level).collect() }
    }

    fn count(&self, is: impl Fn(&Verdict) -> bool) -> usize {
        self.findings.iter().filter(|finding| is(&finding.verdict)).count()
    }

    pub fn broken(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::Broken(_)))
    }

    pub fn not_seen(&self) -> usize {
        self.count(|verdict| matches!(verdict, Verdict::NotSeen(_)))
    }

    pub fn kept(&self) -> usize {
        self.count(|verdict| *verdict == Verdict::Kept)
    }

    /// A line a finding; what was sent, expected and got where a rule is broken.
    pub fn print(&self) {
        let Colours { strong, bad, off, .. } = Colours::of_output();
        for finding in &self.findings {
            let Finding { rule, level, name, .. } = finding;
            let level = level.name();
            match &finding.verdict {
                Verdict::Kept => println!("{rule:<5} {level:<6} {name}: kept"),
                Verdict::NotSeen(why) => println!("{rule:<5} {level:<6} {name}: not seen: {why}"),
                Verdict::Broken(why) => {
                    println!("{rule:<5} {level:<6} {name}: {bad}BROKEN{off}: {why}");
                    println!("        rule      {}", finding.title);
                    println!("        sent      {}", finding.sent);
                    println!("        expected  {}", finding.expected);
                    println!("        got       {}", finding.got);
                }
            }
        }
        let (kept, broken, not_seen) = (self.kept(), self.broken(), self.not_seen());
        println!("{strong}{}: {kept} kept, {broken} broken, {not_seen} not seen{off}", self.host);
    }

    pub fn write_junit(&self, file: &Path) -> anyhow::Result<()> {
        write(file, &junit::page(self)?)
    }

    pub fn write_html(&self, file: &Path, spec: &str) -> anyhow::Result<()> {
        write(file, &html::page(self, spec))
    }
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("{} can't be written", file.display()))
}

fn findings(case: &Case, outcome: Outcome) -> Vec<Finding> {
    let Outcome { must, should, got } = outcome;
    let finding = |level, name: String, verdict, expected: String| Finding {
        rule: case.rule,
        title: title_of(case.rule),
        level,
        name,
        verdict,
        sent: sent(case),
        expected,
        got: got_words(&got),
    };
    let name = case.name.to_owned();
    let mut findings = vec![finding(Level::Must, name, must, case.expect.words())];
    if let Some(should) = should {
        let name = format!("{}_tells_its_code", case.name);
        let expected = "an ERROR with the code of the reject (rule 2.9)".to_owned();
        findings.push(finding(Level::Should, name, should, expected));
    }
    findings
}

/// The first and the last of what came.
fn got_words(got: &[String]) -> String {
    const ENDS: usize = 4;
    match got.len() {
        0..=8 => got.join(", "),
        len => [&got[..ENDS], &["…".to_owned()], &got[len - ENDS..]].concat().join(", "),
    }
}

fn sent(case: &Case) -> String {
    let bytes = [&case.before[..], &case.sent].concat();
    let shown = hex::encoded(&bytes[..bytes.len().min(SHOWN_BYTES)]);
    let more = if bytes.len() > SHOWN_BYTES { "…" } else { "" };
    let hello = if case.greeting.is_some() { "HELLO " } else { "" };
    let end = if case.ends { " and the end of input" } else { "" };
    format!("{hello}{shown}{more}{end}").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::cases;

    #[test]
    fn every_rule_of_a_case_has_its_title_in_the_spec() {
        for case in cases::all() {
            assert!(!title_of(case.rule).is_empty(), "{} {}", case.rule, case.name);
        }
    }
}
