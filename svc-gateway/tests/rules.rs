//! The alert rules name what the core counts, and the capacity that it judges by.

use oap::{Reason, METRICS};

const RULES: &str = include_str!("../../ops/prometheus/oap-rules.yml");

/// The first word behind each `before`.
fn words<'a>(before: &'a str) -> impl Iterator<Item = &'static str> + 'a {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    RULES.match_indices(before).map(move |(at, _)| {
        let rest = &RULES[at + before.len()..];
        rest.split(|c| !is_part(c)).next().unwrap()
    })
}

#[test]
fn every_metric_of_the_rules_is_one_of_the_contract() {
    let mut named = words("(oap_").map(|rest| format!("oap_{rest}")).peekable();
    assert!(named.peek().is_some());
    for name in named {
        assert!(METRICS.contains(&name.trim_end_matches("_bucket")), "{name}");
    }
}

#[test]
fn every_reason_of_the_rules_is_a_label() {
    let mut reasons = words("reason=\"").peekable();
    assert!(reasons.peek().is_some());
    for reason in reasons {
        assert!(Reason::ALL.iter().any(|known| known.label() == reason), "{reason}");
    }
}

#[test]
fn the_back_pressure_rule_divides_by_the_capacity_that_the_gateway_judges_by() {
    let divisors: Vec<_> = words("avg_over_time(oap_inflight_frames[5m]) / ").collect();
    assert_eq!(divisors, ["oap_inflight_capacity"]);
    assert!(METRICS.contains(&divisors[0]));
}
