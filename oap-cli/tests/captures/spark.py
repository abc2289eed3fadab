"""Runs the PySpark program of docs/captures.md over a small set of recordings, and compares what it finds."""

import os
import tempfile

from recordings import queries, record_all

PROGRAM = queries("python")["PySpark"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        record_all(folder)
        os.chdir(folder)
        found = {}
        exec(PROGRAM, found)
        rejects = {(row.reject, len(row.peer)) for row in found["rejects"].collect()}
        assert rejects == {("frame_oversize", 16), ("credit_violation", 16)}, rejects
        starved = [row for row in found["starved"].collect() if row.flow == "to_host"]
        assert "eu1" in {row.host for row in starved} and all(row.starved_us > 0 for row in starved), starved
        sizes = {(row.host, row.direction): row for row in found["sizes"].collect()}
        sent = sizes["eu1", "to_host"]
        assert sent.bytes == sent.data * 100 and list(sent.p50_p99) == [100, 100], sent
        print(f"gate: Spark {found['spark'].version}: {found['frames'].count()} rows, 3 queries")
        found["spark"].stop()


if __name__ == "__main__":
    main()
