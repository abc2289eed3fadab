"""What a frame costs in Python: `python bench/bench.py [rounds]`. Prints ns a frame (medians) and ratios to `struct`.

Opponents: `bench/pure.py` (struct), and msgpack, which validates nothing. Needs NumPy and msgpack.
"""

import gc
import statistics
import sys
from pathlib import Path
from time import perf_counter_ns

import msgpack
import numpy

import oap

sys.path.insert(0, str(Path(__file__).parent))

import pure

ADDRESS = "b3:" + "0123456789abcdef" * 4
WORKS = {
    "1,000 DATA of 32 bytes": [(oap.Kind.DATA, 1_000 + n, None, bytes(32)) for n in range(1_000)],
    "1,000 ACK": [(oap.Kind.ACK, 1_000 + n) for n in range(1_000)],
    "200 DATA, obj + 4 KiB": [(oap.Kind.DATA, n, ADDRESS, bytes(4096)) for n in range(200)],
}


def median(call, rounds):
    """ns of the median call."""
    times = []
    for _ in range(rounds):
        start = perf_counter_ns()
        call()
        times.append(perf_counter_ns() - start)
    return statistics.median(times)


def read_tuples(wire):
    decoder = oap.Decoder()

    def run():
        for _ in decoder.feed(wire).tuples():
            pass

    return run


def read_data_tuples(wire):
    decoder = oap.Decoder()

    def run():
        for _kind, _seq, _obj, _body in decoder.feed(wire).tuples():
            pass

    return run


def read_frames(wire):
    decoder = oap.Decoder()

    def run():
        for _ in decoder.feed(wire):
            pass

    return run


def read_data_fields(wire):
    decoder = oap.Decoder()

    def run():
        for frame in decoder.feed(wire):
            _ = frame.seq, frame.obj, frame.body

    return run


def read_ack_fields(wire):
    decoder = oap.Decoder()

    def run():
        for frame in decoder.feed(wire):
            _ = frame.up_to

    return run


def read_columns(wire):
    decoder = oap.Decoder()
    row = numpy.asarray(decoder.feed(wire)).dtype

    def run():
        columns = numpy.frombuffer(decoder.feed(wire), row)
        return columns["seq"], columns["body_len"]

    return run


def read_asarray(wire):
    decoder = oap.Decoder()
    return lambda: numpy.asarray(decoder.feed(wire))["seq"]


def read_table(wire):
    decoder = oap.Decoder()
    return lambda: decoder.feed(wire)


def read_pure(wire):
    def run():
        for _ in pure.decode(wire):
            pass

    return run


def read_msgpack(frames):
    packed = b"".join(msgpack.packb([int(kind), *rest]) for kind, *rest in frames)

    def run():
        unpacker = msgpack.Unpacker(use_list=False)
        unpacker.feed(packed)
        for _ in unpacker:
            pass

    return run


def write_oap(frames):
    return lambda: oap.encode_batch(frames)


def write_frames(frames):
    made = list(oap.Decoder().feed(oap.encode_batch(frames)))
    return lambda: oap.encode_batch(made)


def write_one_by_one(frames):
    made = list(oap.Decoder().feed(oap.encode_batch(frames)))
    return lambda: [oap.encode(frame) for frame in made]


def write_pure(frames):
    return lambda: pure.encode(frames)


def write_msgpack(frames):
    pack = msgpack.Packer().pack
    plain = [(int(kind), *rest) for kind, *rest in frames]
    return lambda: b"".join([pack(frame) for frame in plain])


def contenders(name, frames):
    wire = oap.encode_batch(frames)
    fields = read_ack_fields if "ACK" in name else read_data_fields
    reads = {
        "struct": read_pure(wire),
        "msgpack": read_msgpack(frames),
        "tuples": read_tuples(wire) if "ACK" in name else read_data_tuples(wire),
        "frames, unread": read_frames(wire),
        "frames, every field": fields(wire),
        "table alone": read_table(wire),
        "columns, frombuffer": read_columns(wire),
        "columns, asarray": read_asarray(wire),
    }
    writes = {
        "struct": write_pure(frames),
        "msgpack": write_msgpack(frames),
        "encode_batch, tuples": write_oap(frames),
        "encode_batch, frames": write_frames(frames),
        "encode, one by one": write_one_by_one(frames),
    }
    return {"decode": reads, "encode": writes}


def report(title, calls, frames, rounds):
    print(f"\n{title}")
    base = None
    for name, call in calls.items():
        cost = median(call, rounds) / frames
        base = base or cost
        print(f"  {name:22} {cost:8.1f} ns   {base / cost:6.1f} x struct")


def report_chunks(rounds):
    """What a chunk costs, from the smallest to those for which the GIL is released."""
    print("\nfeed: one chunk of ACKs, the smallest frames")
    ack = oap.encode((oap.Kind.ACK, 7))
    decoder = oap.Decoder()
    for size in (10, 1 << 10, 1 << 16, (1 << 20) - 10, 1 << 22):
        wire = ack * (size // len(ack))
        cost = median(lambda wire=wire: decoder.feed(wire), rounds)
        print(f"  {len(wire):9} bytes {cost / 1000:10.1f} us")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    gc.collect()
    for name, frames in WORKS.items():
        for way, calls in contenders(name, frames).items():
            report(f"{way}: {name}", calls, len(frames), rounds)
    report_chunks(rounds)


if __name__ == "__main__":
    main()
