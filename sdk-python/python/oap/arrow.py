"""Batches as Arrow record batches, for pyarrow, Polars, DuckDB and all that knows the Arrow PyCapsule interface.

Needs the extra `oap[arrow]`. Bodies and texts are not copied: they are views into the chunks, which stay alive as long as
the columns do. The other columns are copied, 30 bytes a frame.

```python
import oap
import oap.arrow

batch = oap.Decoder().feed(oap.encode_batch(oap.Data(seq, body=b"abc") for seq in range(5)))
assert oap.arrow.record_batch(batch)["body"].to_pylist() == [b"abc"] * 5
```
"""

# pyarrow has no types.
# pyright: basic, reportMissingModuleSource=false

from collections.abc import Iterable
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]

from ._oap import MAX_FRAME_BYTES, FrameBatch, Kind

__all__ = ["SCHEMA", "record_batch", "stream"]

SCHEMA = pa.schema(
    [
        pa.field("kind", pa.uint8(), nullable=False),
        pa.field("seq", pa.uint64()),
        pa.field("value", pa.uint32()),
        pa.field("ack_window", pa.uint32()),
        pa.field("text", pa.string_view()),
        pa.field("body", pa.binary_view()),
    ]
)
"""The columns, with the meaning that they have for NumPy: null where a frame has no such field.

`kind`: `oap.Kind`; `seq`: `seq`, ACK's `up_to` or HELLO's `features`; `value`: `max_frame`, `status` or `code`; `ack_window`;
`text`: `stream`, `obj` or `reason`; `body`.
"""

INLINE_BYTES = 12
"""What is no longer stands in the view itself."""

WINDOW_BYTES = 1 << 30
"""A view has 31 bits for an offset, and a chunk may be longer: its bytes are given as buffers that start so far apart."""

HAS_OBJ, HAS_FEATURES, HAS_ACK_WINDOW = 1, 2, 4
"""Bits of the column `flags`."""

Array: TypeAlias = npt.NDArray[Any]


def record_batch(batch: FrameBatch) -> pa.RecordBatch:
    """The frames of a batch, a row each."""
    rows, parts = np.asarray(batch), batch.wire_parts
    has_seq = _has(rows, {Kind.DATA, Kind.ACK, Kind.END}, HAS_FEATURES)
    has_value = _has(rows, {Kind.HELLO, Kind.END, Kind.ERROR})
    has_text = _has(rows, {Kind.START, Kind.ERROR}, HAS_OBJ)
    columns = [
        pa.array(rows["kind"].copy()),
        _numbers(rows["seq"], has_seq, pa.uint64()),
        _numbers(rows["value"], has_value, pa.uint32()),
        _numbers(rows["ack_window"], _has(rows, set(), HAS_ACK_WINDOW), pa.uint32()),
        _views(rows["text_offset"], rows["text_len"], has_text, parts, pa.string_view()),
        _views(rows["body_offset"], rows["body_len"], _has(rows, {Kind.DATA}), parts, pa.binary_view()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def stream(batches: Iterable[FrameBatch]) -> pa.RecordBatchReader:
    """The frames of many batches, a record batch each, made when the consumer asks for it."""
    return pa.RecordBatchReader.from_batches(SCHEMA, map(record_batch, batches))


def _has(rows: Array, kinds: set[Kind], flag: int = 0) -> Array:
    """Which rows have a field: those of some kinds, and those with the flag."""
    return cast(Array, np.isin(rows["kind"], list(kinds)) | (rows["flags"] & flag != 0))


def _numbers(numbers: Array, valid: Array, kind: pa.DataType) -> pa.Array:
    return pa.array(numbers, kind, mask=~valid)


def _views(
    offsets: Array, lengths: Array, valid: Array, parts: tuple[memoryview, ...], kind: pa.DataType
) -> pa.Array:
    """A column of views: length, the first four bytes, buffer and offset; or length and all bytes, where they are few."""
    lengths = np.where(valid, lengths, 0).astype(np.uint32)
    views = np.zeros((len(lengths), 4), np.uint32)
    views[:, 0] = lengths
    buffers = list[memoryview]()
    first_bytes = np.zeros((len(lengths), INLINE_BYTES), np.uint8)
    end = 0
    for part in parts:
        start, end = end, end + len(part)
        here = np.flatnonzero((offsets >= start) & (offsets < end) & (lengths > 0))
        at = offsets[here].astype(np.int64) - start
        first_bytes[here] = _gather(part, at)
        views[here, 2] = at // WINDOW_BYTES + len(buffers)
        views[here, 3] = at % WINDOW_BYTES
        buffers += [part[edge : edge + WINDOW_BYTES + MAX_FRAME_BYTES] for edge in range(0, len(part), WINDOW_BYTES)]
    first_bytes[np.arange(INLINE_BYTES) >= lengths[:, None]] = 0
    words, short = first_bytes.view(np.uint32), lengths <= INLINE_BYTES
    views[:, 1] = words[:, 0]
    views[short, 1:] = words[short]
    nulls = np.packbits(valid, bitorder="little")
    return pa.Array.from_buffers(kind, len(views), [pa.py_buffer(buffer) for buffer in (nulls, views, *buffers)])


def _gather(part: memoryview, at: Array) -> Array:
    """The bytes that start at those places, as many as a view holds; behind the part's end its last byte again."""
    content = np.frombuffer(part, np.uint8)
    places = at[:, None] + np.arange(INLINE_BYTES)
    return content[np.minimum(places, len(content) - 1)]
