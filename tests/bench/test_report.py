"""The guard and the report see what they are to see."""

import xml.etree.ElementTree as xml

import counts
from plot import svg
from targets import TARGETS, Figures, Target, ratio

CALLGRIND = """ob=(1) /lib/libc.so.6
fn=(1) memcpy
7 90
ob=(2) /target/release/oap-bench
fn=(2) run
12 100
calls=1 7
+1 4000
* 20
cfn=(1)
cob=(1)
calls=1 7
-2 90
ob=(1)
fn=(1)
7 10
""".splitlines()


def row(work, what, ns, role="oap"):
    return {"language": "rust", "work": work, "what": what, "role": role, "unit": "frame", "ns": ns}


def test_only_instructions_of_the_program_itself_count_and_none_twice():
    assert counts.own_instructions(CALLGRIND) == 120


def test_three_per_cent_more_pass_and_a_little_more_does_not():
    assert counts.over({"a": 1000}, {"a": 1030}) == []
    assert counts.over({"a": 1000}, {"a": 1031}) == ["a"]


def test_a_path_that_only_one_list_has_is_told():
    assert counts.over({"a": 1, "b": 1}, {"a": 1, "c": 1}) == ["b", "c"]


def test_the_counts_that_are_checked_in_are_of_the_paths_that_are_counted():
    recorded = counts.recorded()["instructions"]
    assert list(recorded) == [f"{work}: {what}" for work, what in counts.PATHS]


def test_the_engine_takes_at_most_1_3_times_what_sessions_by_hand_take():
    recorded = counts.recorded()["instructions"]
    assert recorded["tiny: connections"] <= 1.3 * recorded["tiny: sessions by hand, in batches"]


def test_a_target_is_met_missed_or_not_measured():
    target = Target("rust", "", ratio("rust", "tiny", "table", "floor"), least=0.5, most=2)
    verdicts = [
        target.judge(Figures(rows))[0]
        for rows in (
            [row("tiny", "table", 4), row("tiny", "floor", 2)],
            [row("tiny", "table", 4.1), row("tiny", "floor", 2)],
            [row("tiny", "table", 0.9), row("tiny", "floor", 2)],
            [row("tiny", "table", 4)],
        )
    ]
    assert verdicts == ["met", "MISSED", "MISSED", "not measured"]


def test_no_figure_leaves_every_target_not_measured():
    assert {target.judge(Figures([]))[0] for target in TARGETS} == {"not measured"}


def test_the_plot_is_well_formed_and_shows_each_row_but_those_with_a_monitor():
    rows = [row("tiny", "a <table>", 4), row("tiny", "copy", 0.05, "floor"), row("tiny", "table, monitored", 5)]
    texts = [text.text for text in xml.fromstring(svg(rows, "a machine")).iter("{http://www.w3.org/2000/svg}text")]
    assert "a <table>" in texts and "copy" in texts and "table, monitored" not in texts
