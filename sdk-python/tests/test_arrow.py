"""oap.arrow: the columns that pyarrow, Polars and DuckDB read, and whose memory they are."""

from collections.abc import Iterator
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from wires import ADDRESS

import oap
import oap.arrow
from oap import Ack, Data, Decoder, End, Error, FrameBatch, Hello, Start

FRAMES: list[oap.Frame] = [
    Hello(1, 1 << 20, 5, 7),
    Hello(1, 4096),
    Start("notes"),
    Start("a name that is longer than a view"),
    Data(1, ADDRESS, b"twelve bytes"),
    Data(2, None, b"thirteen byte"),
    Data(3),
    Data((1 << 64) - 1, None, bytes(range(256)) * 100),
    Ack(9),
    End(3, 65_535),
    Error(4, "why"),
    Data(4, None, b"x"),
]
WIRE = oap.encode_batch(FRAMES)


def row_of(frame: oap.Frame) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(oap.arrow.SCHEMA.names) | {"kind": frame.kind}
    match frame:
        case Hello(_, max_frame, features, ack_window):
            return row | {"value": max_frame, "seq": features, "ack_window": ack_window}
        case Start(stream):
            return row | {"text": stream}
        case Data(seq, obj, body):
            return row | {"seq": seq, "text": obj, "body": bytes(body)}
        case Ack(up_to):
            return row | {"seq": up_to}
        case End(seq, status):
            return row | {"seq": seq, "value": status}
        case Error(code, reason):
            return row | {"value": code, "text": reason}


ROWS = [row_of(frame) for frame in FRAMES]


def batches_of(cut: int) -> Iterator[FrameBatch]:
    """The frames in two batches; the second one's first frame was begun by the first chunk."""
    decoder = Decoder()
    yield decoder.feed(WIRE[:cut])
    yield decoder.feed(WIRE[cut:])


def test_a_row_has_the_fields_of_its_frame() -> None:
    table = oap.arrow.record_batch(Decoder().feed(WIRE))
    table.validate(full=True)
    assert table.schema == oap.arrow.SCHEMA
    assert table.to_pylist() == ROWS


def test_frames_that_chunks_cut_anywhere() -> None:
    for cut in range(0, len(WIRE), 7):
        batches = [oap.arrow.record_batch(batch) for batch in batches_of(cut)]
        for batch in batches:
            batch.validate(full=True)
        assert [row for batch in batches for row in batch.to_pylist()] == ROWS


def test_slices_and_an_empty_batch() -> None:
    batch = Decoder().feed(WIRE)
    assert oap.arrow.record_batch(batch[::-2]).to_pylist() == ROWS[::-2]
    assert oap.arrow.record_batch(batch[:0]).to_pylist() == []
    assert oap.arrow.record_batch(Decoder().feed(b"")).to_pylist() == []


def addresses(array: pa.Array) -> list[int]:
    return [buffer.address for buffer in array.buffers()[2:] if buffer is not None]


def test_bodies_are_where_the_chunk_is() -> None:
    wire = oap.encode_batch(Data(seq, None, bytes(1000)) for seq in range(100))
    decoder = Decoder()
    decoder.feed(wire[:500])
    batch = decoder.feed(wire[500:])
    staged, chunk = map(pa.py_buffer, batch.wire_parts)
    table = oap.arrow.record_batch(batch)
    assert addresses(table["body"]) == [staged.address, chunk.address]
    assert isinstance(batch.wire_parts[1].obj, bytes)
    taken = pa.record_batch(pl.DataFrame(table).to_arrow(compat_level=pl.CompatLevel.newest()).to_batches()[0])
    assert addresses(taken["body"]) == addresses(table["body"])


def test_columns_outlive_the_batch() -> None:
    body = oap.arrow.record_batch(Decoder().feed(bytes(bytearray(WIRE))))["body"]
    assert [value.as_py() for value in body] == [row["body"] for row in ROWS]


def test_a_chunk_that_is_longer_than_an_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oap.arrow, "WINDOW_BYTES", 100)
    for cut in (0, 333):
        tables = [oap.arrow.record_batch(batch) for batch in batches_of(cut)]
        for table in tables:
            table.validate(full=True)
        assert [row for table in tables for row in table.to_pylist()] == ROWS


def test_a_stream_is_read_as_it_is_asked_for() -> None:
    given = list[FrameBatch]()

    def source() -> Iterator[FrameBatch]:
        for batch in batches_of(200):
            given.append(batch)
            yield batch

    reader = oap.arrow.stream(source())
    assert given == []
    assert reader.read_next_batch().num_rows == len(given[0]) and len(given) == 1
    assert reader.read_all().num_rows == len(FRAMES) - len(given[0])


class Capsules:
    """What has the PyCapsule interface and nothing else."""

    def __init__(self, source: pa.RecordBatchReader) -> None:
        self.source = source

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.source.__arrow_c_stream__(requested_schema)


def test_polars_reads_a_stream() -> None:
    frame = pl.DataFrame(Capsules(oap.arrow.stream(batches_of(200))))
    assert frame.to_dicts() == ROWS
    assert frame.schema["body"] == pl.Binary and frame.schema["text"] == pl.String


def test_duckdb_reads_a_stream() -> None:
    frames = Capsules(oap.arrow.stream(batches_of(200)))
    data = int(oap.Kind.DATA)
    found = duckdb.sql("select seq, text, body from frames where kind = $data order by seq", params={"data": data})
    assert frames is not None and found is not None
    expected = [(row["seq"], row["text"], row["body"]) for row in ROWS if row["kind"] == data]
    assert found.fetchall() == sorted(expected)


def test_a_consumer_that_knows_no_views_gets_what_it_asks_for() -> None:
    plain = pa.schema([field.with_type(PLAIN.get(field.name, field.type)) for field in oap.arrow.SCHEMA])
    table = pa.table(Capsules(oap.arrow.stream(batches_of(200))), schema=plain)
    assert table.schema == plain and table.to_pylist() == ROWS


PLAIN = {"text": pa.string(), "body": pa.binary()}
