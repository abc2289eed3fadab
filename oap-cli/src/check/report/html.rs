//! A report as one HTML page without anything beside it, each rule linked to the spec.

use crate::check::play::Verdict;
use crate::check::report::{Finding, Report};
use oap_explain::rules::anchor_of;
use std::fmt::Write;

const STYLE: &str = ":root{color-scheme:light dark}body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #8886}\
td:nth-child(3),h1{overflow-wrap:anywhere}@media(max-width:600px){th,td{padding:.3rem}}\
code{font:13px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}.broken{background:#fde8e8}.unseen{color:#666}\
@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}.broken{background:#4a1515}}";

pub fn page(report: &Report, spec: &str) -> String {
    let host = escaped(&report.host);
    let (kept, broken, unseen) = (report.kept(), report.broken(), report.not_seen());
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>OAP/1: {host}</title>\
         <style>{STYLE}</style>\n<h1>OAP/1 conformance of {host}</h1>\n\
         <p>{kept} kept, <strong>{broken} broken</strong>, {unseen} not seen.</p>\n\
         <table><tr><th>rule<th>level<th>case<th>verdict</tr>\n"
    );
    for finding in &report.findings {
        row(&mut page, finding, spec);
    }
    page + "</table></html>\n"
}

fn row(page: &mut String, finding: &Finding, spec: &str) {
    let Finding { rule, title, level, name, .. } = finding;
    let (class, verdict) = match &finding.verdict {
        Verdict::Kept => ("kept", "kept".to_owned()),
        Verdict::NotSeen(why) => ("unseen", format!("not seen: {}", escaped(why))),
        Verdict::Broken(why) => ("broken", broken(finding, why)),
    };
    let link = format!("{}#{}", escaped(spec), anchor_of(rule));
    let (title, level) = (escaped(title), level.name());
    // A String takes all that is written to it.
    let _ = writeln!(
        page,
        "<tr class=\"{class}\"><td><a href=\"{link}\" title=\"{title}\">{rule}</a><td>{level}<td>{name}<td>{verdict}</tr>"
    );
}

fn broken(finding: &Finding, why: &str) -> String {
    let part = |name: &str, text: &str| format!("<br>{name} <code>{}</code>", escaped(text));
    let Finding { sent, expected, got, .. } = finding;
    let parts = [part("sent", sent), part("expected", expected), part("got", got)].concat();
    format!("<strong>broken: {}</strong>{parts}", escaped(why))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(escaped("<a href=\"&\">"), "&lt;a href=&quot;&amp;&quot;&gt;");
    }
}
