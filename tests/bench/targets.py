"""What the figures must come to, and whether they do."""

from collections.abc import Callable
from dataclasses import dataclass

MIB = 1 << 20


class Missing(Exception):
    """No program has given that figure."""


class Figures:
    def __init__(self, rows):
        self._rows = rows

    def ns(self, language, work, what):
        for row in self._rows:
            if (row["language"], row["work"], row["what"]) == (language, work, what):
                return row["ns"]
        raise Missing(f"{work}: {what}")

    def least(self, language, work, role, has=""):
        """Of the rows of that role whose name has that text."""
        found = [row["ns"] for row in self._all(language, work) if row["role"] == role and has in row["what"]]
        return min(found) if found else self._missing(work, has or role)

    def most(self, language, work, has):
        found = [row["ns"] for row in self._all(language, work) if has in row["what"]]
        return max(found) if found else self._missing(work, has)

    def bytes(self, language):
        found = [row["bytes"] for row in self._all(language, "idle")]
        return found[0] if found else self._missing("idle", "bytes")

    def _all(self, language, work):
        return [row for row in self._rows if (row["language"], row["work"]) == (language, work)]

    @staticmethod
    def _missing(work, what):
        raise Missing(f"{work}: {what}")


@dataclass
class Target:
    language: str
    text: str
    value: Callable[[Figures], float]
    least: float | None = None
    most: float | None = None
    unit: str = "×"

    def judge(self, figures) -> tuple[str, str, str]:
        """The verdict, the figure and the limit, as they are printed."""
        limits = [f"{sign} {limit:g}" for sign, limit in (("≥", self.least), ("≤", self.most)) if limit is not None]
        limit = f"{' and '.join(limits)} {self.unit}"
        try:
            value = self.value(figures)
        except Missing as missing:
            return "not measured", f"{missing}", limit
        met = (self.least is None or value >= self.least) and (self.most is None or value <= self.most)
        return "met" if met else "MISSED", f"{value:.3g} {self.unit}", limit


def ratio(language, work, of, to, to_work=None):
    return lambda f: f.ns(language, work, of) / f.ns(language, to_work or work, to)


def rust():
    for work in ("tiny", "ack", "obj"):
        yield Target("rust", f"{work}: FrameTable to the floor", ratio("rust", work, "FrameTable", "by hand"), most=1.25)
        peer = "LengthDelimitedCodec + prost"
        yield Target("rust", f"{work}: {peer} to FrameTable", ratio("rust", work, peer, "FrameTable"), least=8)
    split, whole = "StreamDecoder, 1,460 bytes", "StreamDecoder, not split"
    yield Target("rust", "1,460-byte pieces to the whole", ratio("rust", "split", split, whole), most=1.5)
    yield Target("rust", "encode_to to an append by hand", ratio("rust", "encode", "encode_to", "append by hand"), most=1.5)
    size = ratio("rust", "obj64k", "FrameTable", "FrameTable", "obj")
    yield Target("rust", "a body of 64 KiB to one of 4 KiB", size, least=0.9, most=1.1)
    for kib in (60, 68):
        apart = ratio("rust", "sizes", f"{kib} KiB", "4 KiB")
        yield Target("rust", f"16 bodies of {kib} KiB to as many of 4 KiB", apart, least=0.9, most=1.1)
    bits = ratio("rust", "features", "a session, 64 feature bits", "a session, no feature bits")
    yield Target("rust", "feature bits in HELLO", bits, most=1.01)
    crowd = ratio("rust", "threads", "16 threads on one monitor", "16 threads")
    yield Target("rust", "16 threads on one monitor", crowd, most=1.05)
    yield Target("rust", "10,000 idle sessions with decoders", lambda f: f.bytes("rust") / MIB, most=4, unit="MiB")
    yield Target("rust", "a decoder made", lambda f: f.least("rust", "setup", "oap", "Decoder"), most=1_000, unit="ns")


def c():
    for work in ("tiny", "ack", "obj"):
        core = "the core in Rust: table"
        yield Target("c", f"{work}: a call a buffer to Rust", ratio("c", work, "table", core), most=1.1)

        def a_frame(f, work=work):
            return f.ns("c", work, "one call a frame") - f.ns("c", work, "the core in Rust: one call a frame")

        yield Target("c", f"{work}: a call a frame, over Rust", a_frame, most=4, unit="ns")
        yield Target("c", f"{work}: nghttp2 to a call a buffer", ratio("c", work, "nghttp2", "table"), least=8)
    yield Target("c", "10,000 idle sessions with decoders", lambda f: f.bytes("c") / MIB, most=4, unit="MiB")


def go():
    rows, pure = "table: kind, seq, body", "pure Go: kind, seq, body"
    for work in ("tiny", "ack"):
        yield Target("go", f"{work}: rows read, to pure Go", ratio("go", work, rows, pure), most=1)
    yield Target("go", "obj: pure Go to rows read", ratio("go", "obj", pure, rows), least=2)


def node():
    for work in ("tiny", "ack", "obj"):
        for reads, least in (("kind, seq", 2), ("kind, seq, body", 1)):
            def pure(f, work=work, reads=reads):
                peers = [f"pure JavaScript, {kind}: {reads}" for kind in ("lazy", "objects")]
                return min(f.ns("node", work, peer) for peer in peers) / f.ns("node", work, f"table: {reads}")

            yield Target("node", f"{work}: the best pure JavaScript to {reads}", pure, least=least)
        for peer in ("protobufjs: kind, seq, body", "ws: body"):
            times = ratio("node", work, peer, "table: kind, seq, body")
            yield Target("node", f"{work}: {peer} to bodies read", times, least=8)


def python():
    tuples, frames, columns = "tuples: every field", "frames: every field", "columns: seq, body_len"
    for work in ("tiny", "ack", "obj"):
        yield Target("python", f"{work}: struct to tuples", ratio("python", work, "struct", tuples), least=5)
        yield Target("python", f"{work}: msgpack to tuples", ratio("python", work, "msgpack", tuples), least=1)
        yield Target("python", f"{work}: struct to frames", ratio("python", work, "struct", frames), least=2)
        yield Target("python", f"{work}: upb to frames", ratio("python", work, "protobuf", frames), least=4)
    yield Target("python", "tiny: columns", lambda f: f.ns("python", "tiny", columns), most=10, unit="ns")
    batch = ratio("python", "encode", "struct", "encode_batch: frames")
    yield Target("python", "encode: struct to a batch", batch, least=10)


# The row of honest bytes, and what the names of hostile ones beside it begin with.
REJECTED = ("honest: DATA of 32 bytes", "reject: ")
RELAXED = ("honest: END, the dearest a byte", "relaxed: ")
TRICKLED = ("byte by byte: honest DATA", "byte by byte: header_malformed")
TRICKLED_UNKNOWN = ("byte by byte: honest DATA", "byte by byte: unknown")
HOSTILE = {
    "rust": [REJECTED, RELAXED, TRICKLED, TRICKLED_UNKNOWN],
    "c": [REJECTED, RELAXED, TRICKLED, TRICKLED_UNKNOWN],
    "go": [REJECTED, RELAXED, ("Decoder, byte by byte: honest DATA", "Decoder, byte by byte: a bad kind")],
    "node": [REJECTED, RELAXED, TRICKLED],
    "python": [("session: honest", "session: "), RELAXED, ("byte by byte: honest DATA", "byte by byte: a frame")],
}


def hostile():
    """A hostile byte costs no more than an honest one, as closely as a median tells."""
    for language, pairs in HOSTILE.items():
        for honest, bad in pairs:
            def worst(f, language=language, honest=honest, bad=bad):
                return f.most(language, "hostile", bad) / f.ns(language, "hostile", honest)

            yield Target(language, f"a hostile byte: {bad.strip(': ')}, the worst, to {honest}", worst, most=1.05)


# A batch of frames with a monitor, and without; timing, which reads clocks, is off.
WATCHED = {
    "rust": ("tiny", "FrameTable, monitored", "FrameTable"),
    "c": ("tiny", "table, monitored", "table"),
    "go": ("tiny", "table, monitored", "table: kind, seq, body"),
    "node": ("sixtyfour", "feed, a monitor without timing: kind, seq", "feed: kind, seq"),
    "python": ("monitor, 1000 frames a call", "monitor, timing off", "no monitor"),
}


def watched():
    for language, (work, monitored, plain) in WATCHED.items():
        yield Target(language, "a monitor attached", ratio(language, work, monitored, plain), most=1.05)


def batches():
    for language in ("c", "go", "node", "python"):
        def peers(f, language=language):
            return f.least(language, "encode", "peer") / f.least(language, "encode", "oap")

        yield Target(language, "encode: the best peer to the best of oap", peers, least=1)


TARGETS = [*rust(), *c(), *go(), *node(), *python(), *batches(), *watched(), *hostile()]
