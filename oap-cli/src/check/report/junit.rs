//! A report as JUnit XML: a suite a section, a test a finding.

use crate::check::play::Verdict;
use crate::check::report::{Finding, Report};
use quick_junit::{NonSuccessKind, Report as Page, TestCase, TestCaseStatus, TestSuite};

pub fn page(report: &Report) -> anyhow::Result<String> {
    let mut page = Page::new(format!("OAP/1 {}", report.host));
    for section in ["1", "2", "3", "4"] {
        let mut suite = TestSuite::new(format!("section {section}"));
        let of_section = |finding: &&Finding| finding.rule.split('.').next() == Some(section);
        suite.add_test_cases(report.findings.iter().filter(of_section).map(test));
        page.add_test_suite(suite);
    }
    Ok(page.to_string()?)
}

fn test(finding: &Finding) -> TestCase {
    let Finding { sent, expected, got, .. } = finding;
    let status = match &finding.verdict {
        Verdict::Kept => TestCaseStatus::success(),
        Verdict::NotSeen(why) => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(why.as_str());
            status
        }
        Verdict::Broken(why) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(why.as_str());
            status.set_description(format!("sent {sent}\nexpected {expected}\ngot {got}"));
            status
        }
    };
    let mut test = TestCase::new(finding.name.as_str(), status);
    test.set_classname(format!("{} {}", finding.rule, finding.level.name()));
    test
}
