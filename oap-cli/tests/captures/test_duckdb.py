"""The queries of docs/captures.md in DuckDB, each over a small set of recordings."""

import duckdb
import pytest

from recordings import queries, record_all

QUERIES = queries("sql")


@pytest.fixture(scope="module")
def captures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recordings")
    record_all(folder)
    return folder


def rows(captures, sql):
    result = duckdb.sql(sql.replace("'captures/", f"'{captures}/captures/"))
    return [dict(zip(result.columns, row)) for row in result.fetchall()]


def test_the_page_has_the_three_queries():
    assert list(QUERIES) == ["Rejects by reason and peer", "Credit starvation", "Sizes"]


def test_rejects_are_told_by_reason_and_peer(captures):
    found = rows(captures, QUERIES["Rejects by reason and peer"])
    assert {(row["reject"], row["rule"]) for row in found} == {("frame_oversize", "1.2"), ("credit_violation", "4.6")}
    assert all(len(row["peer"]) == 16 and row["rejects"] > 0 for row in found)
    assert len({row["peer"] for row in found}) == 1


def test_a_window_of_two_starves_its_sender(captures):
    found = rows(captures, QUERIES["Credit starvation"])
    starved = [row for row in found if row["flow"] == "to_host"]
    assert "eu1" in {row["host"] for row in starved}
    assert all(row["times"] > 0 and row["starved_seconds"] > 0 for row in starved)


def test_sizes_are_those_that_were_sent(captures):
    found = {(row["host"], row["direction"]): row for row in rows(captures, QUERIES["Sizes"])}
    sent = found["eu1", "to_host"]
    assert (sent["bytes"], sent["largest"]) == (sent["data"] * 100, 100)
    assert found["eu2", "to_host"]["largest"] == 7


def test_nothing_secret_is_written(captures):
    secret = rows(captures, "SELECT count(features) AS features, count(body) AS bodies FROM 'captures/**/*.parquet'")
    assert secret == [{"features": 0, "bodies": 0}]
