"""CONTRIBUTING.md counts the files that a change takes: those that name a reject, or a key of the gateway, that exists."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ["oap/src", "oap-ffi/src", "include", "sdk-node/src", "sdk-node/ts", "sdk-python/src", "sdk-python/python", "bindings/go",
        "svc-gateway/src", "svc-gateway/gateway.example.toml", "docs/CONFIG.md", "docs/OAP-1.md", "docs/RUNBOOK.md",
        "docs/telemetry.md", "docs/oap1-rules.csv", "docs/api-history", ":!*_test.go", ":!bindings/go/internal/bench"]


def row(change: str) -> tuple[int, set[str], set[str]]:
    """The count, the files by hand and the generated ones of a change."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    by_hand, generated = re.search(rf"^\| {change} \| (.*) \| (.*) \|$", text, re.M).groups()
    return int(re.match(r"\d+", by_hand)[0]), set(re.findall(r"`([^`]+)`", by_hand)), set(re.findall(r"`([^`]+)`", generated))


def naming(pattern: str) -> set[str]:
    command = ["git", "grep", "--untracked", "-liE", pattern, "--", *CODE]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return {re.sub(r"(docs/api-history)/.*", r"\1", path) for path in found}


def test_a_reject_and_a_key_take_the_files_that_are_listed():
    for change, name in {"a reject": "missing_?obj", "a key of svc-gateway": "quarantine_offences"}.items():
        count, by_hand, generated = row(change)
        assert naming(name) == by_hand | generated
        assert count == len(by_hand)


def test_the_files_of_a_credit_rule_exist():
    count, by_hand, _ = row("a credit rule")
    assert count == len(by_hand) and all((ROOT / path).is_file() for path in by_hand)
