"""The cost of a frame in Python: `sdk-python/bench [--json] [--rounds N]`.

Needs what tests/requirements.txt has, protoc, and the modules that `sdk-python/build` makes.
"""

import argparse
import importlib.util
import sys
from pathlib import Path

import numpy

import oap
from oap.prometheus import OapCollector

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))

import hostile
import pure
import streams
from measure import Case, print_json, print_tables, rows
from peers import PEERS, check
from works import WORKS, segments

CALL_SIZES = {"one": 1, "two": 2, "four": 4, "eight": 8, "sixtyfour": 64}
REPEATS = 200


def hooks():
    """The module with the floors."""
    path = ROOT / "target" / "python" / "hooks" / "oap" / "_oap.abi3.so"
    spec = importlib.util.spec_from_file_location("hooks._oap", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read_tuples(chunks, decoder):
    feed = decoder.feed

    def data():
        for chunk in chunks:
            for _kind, _seq, _obj, _body in feed(chunk).tuples():
                pass

    def ack():
        for chunk in chunks:
            for _kind, _up_to in feed(chunk).tuples():
                pass

    return ack if isinstance(oap.Decoder().feed(chunks[0])[0], oap.Ack) else data


def read_frames(wire):
    decoder = oap.Decoder()

    def data():
        for frame in decoder.feed(wire):
            _ = frame.seq, frame.obj, frame.body

    def ack():
        for frame in decoder.feed(wire):
            _ = frame.up_to

    return ack if isinstance(oap.Decoder().feed(wire)[0], oap.Ack) else data


def read_frames_unread(wire):
    decoder = oap.Decoder()

    def run():
        for _ in decoder.feed(wire):
            pass

    return run


def read_columns(wire):
    decoder = oap.Decoder()
    dtype = numpy.asarray(decoder.feed(wire)).dtype

    def run():
        columns = numpy.frombuffer(decoder.feed(wire), dtype)
        return columns["seq"], columns["body_len"]

    return run


def decode_cases(frames):
    wire, decoder = oap.encode_batch(frames), oap.Decoder()
    return [
        Case("tuples: every field", "oap", read_tuples([wire], oap.Decoder())),
        Case("frames: every field", "oap", read_frames(wire)),
        Case("frames: unread", "oap", read_frames_unread(wire)),
        Case("columns: seq, body_len", "oap", read_columns(wire)),
        Case("table: feed alone", "oap", lambda: decoder.feed(wire)),
        *(Case(name, "peer", peer(frames).decode) for name, peer in PEERS.items()),
    ]


def encode_cases(frames):
    made = list(oap.Decoder().feed(oap.encode_batch(frames)))
    return [
        Case("encode_batch: frames", "oap", lambda: oap.encode_batch(made)),
        Case("encode_batch: tuples", "oap", lambda: oap.encode_batch(frames)),
        Case("encode: one by one", "oap", lambda: [oap.encode(frame) for frame in made]),
        *(encode_case(name, peer(frames)) for name, peer in PEERS.items() if name != "protobuf, lax"),
    ]


def encode_case(name, peer):
    return Case(name, "peer", lambda: peer.encode(peer.given))


def split_cases(frames):
    chunks = segments(oap.encode_batch(frames))

    def struct():
        stream = pure.Stream()
        for chunk in chunks:
            stream.feed(chunk)

    return [
        Case("tuples: every field", "oap", read_tuples(chunks, oap.Decoder())),
        Case("struct", "peer", struct),
    ]


def monitor_cases(frames):
    wire = oap.encode_batch(frames)
    monitors = {
        "no monitor": None,
        "monitor, timing off": oap.Monitor(timing=False),
        "monitor, timing on": oap.Monitor(),
    }
    decoders = {name: oap.Decoder(monitor=monitor) for name, monitor in monitors.items()}
    return [
        Case(name, "oap", lambda decoder=decoder: repeat(decoder.feed, wire))
        for name, decoder in decoders.items()
    ]


def scrape_cases():
    monitor = oap.Monitor()
    collector = OapCollector(monitor)
    calls = {
        "Monitor.text": monitor.text,
        "OapCollector.collect": lambda: list(collector.collect()),
        "Monitor.readiness": monitor.readiness,
    }
    return [Case(name, "oap", lambda call=call: repeat(call)) for name, call in calls.items()]


def numpy_cases():
    """The cost of a batch in NumPy, whatever its size."""
    batch = oap.Decoder().feed(oap.encode_batch(WORKS["obj"]))
    dtype = numpy.asarray(batch).dtype
    array, as_bytes = numpy.frombuffer(batch, dtype), bytes(memoryview(batch))
    calls = {
        "frombuffer(batch)": lambda: numpy.frombuffer(batch, dtype),
        "frombuffer(memoryview(batch))": lambda: numpy.frombuffer(memoryview(batch), dtype),
        "frombuffer(bytes)": lambda: numpy.frombuffer(as_bytes, dtype),
        "ndarray(n, dtype, batch)": lambda: numpy.ndarray(len(batch), dtype, batch),
        "a column": lambda: array["seq"],
    }
    return [Case(name, "oap", lambda call=call: repeat(call)) for name, call in calls.items()]


def repeat(call, *args):
    for _ in range(REPEATS):
        call(*args)


def call_cases(size):
    """`size` tiny frames a call, every field read."""
    frames = WORKS["tiny"][:size]
    wire = oap.encode_batch(frames)
    tuples = read_tuples([wire], oap.Decoder())
    fields = read_frames(wire)
    peers = {name: peer(frames) for name, peer in PEERS.items() if name in ("struct", "msgpack")}
    return [
        Case("tuples: every field", "oap", lambda: repeat(tuples)),
        Case("frames: every field", "oap", lambda: repeat(fields)),
        *(Case(name, "peer", lambda peer=peer: repeat(peer.decode)) for name, peer in peers.items()),
    ]


def all_rows(rounds):
    floors = hooks()
    empty = Case("empty PyO3 call", "floor", lambda: repeat(floors.empty))
    yield from rows("empty", [empty], REPEATS, rounds, "call")
    for name, size in CALL_SIZES.items():
        yield from rows(name, call_cases(size), REPEATS, rounds, "call")
    objects = Case("a list of small PyO3 objects", "floor", lambda: floors.objects(1000))
    yield from rows("object", [objects], 1000, rounds)
    for name, frames in WORKS.items():
        for peer in PEERS:
            check(peer, frames)
        yield from rows(name, decode_cases(frames), len(frames), rounds)
    tiny = WORKS["tiny"]
    yield from rows("split", split_cases(tiny), len(tiny), rounds)
    for name, frames in WORKS.items():
        work = "encode" if name == "tiny" else f"encode {name}"
        yield from rows(work, encode_cases(frames), len(frames), rounds)
    for size in (1, 64, 1000):
        work = f"monitor, {size} frames a call"
        yield from rows(work, monitor_cases(tiny[:size]), REPEATS, rounds, "call")
    yield from rows("scrape", scrape_cases(), REPEATS, rounds // 4 + 1, "call")
    yield from rows("columns, by piece", numpy_cases(), REPEATS, rounds, "call")
    yield from hostile.all_rows(rounds)
    yield from streams.all_rows(rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object a line, and nothing else")
    parser.add_argument("--rounds", type=int, default=101)
    options = parser.parse_args()
    found = all_rows(options.rounds)
    print_json(found) if options.json else print_tables(list(found))


if __name__ == "__main__":
    main()
