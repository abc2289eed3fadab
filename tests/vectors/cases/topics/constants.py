"""What every SDK publishes by name."""

from .. import wire
from ..names import METRICS, READINESS_KEYS, REJECT_LABELS
from ..topic import Topic


def build(t: Topic) -> None:
    t.add("constants", "3.1", {"op": "constants"}, {
        "max_frame_bytes": wire.MAX_FRAME_BYTES,
        "max_header_bytes": wire.MAX_HEADER_BYTES,
        "stream_chunk_bytes": wire.STREAM_CHUNK_BYTES,
        "version": 1,
        "kinds": list(wire.KINDS),
        "reject_labels": REJECT_LABELS,
        "metrics": METRICS,
        "readiness_keys": READINESS_KEYS,
    })
