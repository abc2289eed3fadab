"""Whatever is done to the native module, the interpreter lives: each case in an interpreter of its own."""

import os
import subprocess
import sys

import pytest
from wires import ROOT

HOOKS = ROOT / "target" / "python" / "hooks"

CASES = {
    "random bytes": """
        import random
        random.seed(1)
        wire = oap.encode_batch([oap.Data(n, None, bytes(50)) for n in range(20)])
        for _ in range(20_000):
            chunk = bytearray(wire[: random.randrange(len(wire))])
            for _ in range(random.randrange(4)):
                chunk[random.randrange(len(chunk) + 1) - 1 :] = random.randbytes(random.randrange(9))
            decoder = oap.Decoder(oap.Config(strict_headers=random.random() < 0.5))
            try:
                for part in (chunk[:100], chunk[100:]):
                    batch = decoder.feed(part)
                    list(batch), list(batch.tuples()), [batch.body(i) for i in range(len(batch))]
                decoder.finish()
            except oap.RejectError as error:
                list(error.frames)
    """,
    "a body outlives everything": """
        import gc
        body = oap.Decoder().feed(oap.encode(oap.Data(1, None, b"abc" * 1000))).body(0)
        rows = memoryview(oap.Decoder().feed(oap.encode(oap.Ack(1)) * 1000))
        gc.collect()
        junk = [bytes(3000) for _ in range(1000)]
        assert bytes(body) == b"abc" * 1000 and rows.nbytes == 32_000
    """,
    "objects without their constructor": """
        for cls in (oap.Data, oap.Ack, oap.Decoder, oap.Session, oap.FrameBatch, oap.Config):
            for make in (object.__new__, lambda cls: cls.__new__(cls), lambda cls: cls()):
                try:
                    made = make(cls)
                except TypeError:
                    continue
                repr(made)
        for name in ("FrameBatch", "Flow"):
            try:
                getattr(oap, name)()
            except TypeError:
                continue
            raise AssertionError(name)
    """,
    "a buffer that feeds the decoder while it is read": """
        decoder = oap.Decoder()
        class Frames(list):
            def __iter__(self):
                decoder.feed(b"")
                return super().__iter__()
        assert oap.encode_batch(Frames([oap.Ack(1)])) == oap.encode(oap.Ack(1))
        class Odd:
            def __index__(self):
                decoder.feed(b"")
                raise ZeroDivisionError
        for call in (lambda: oap.Ack(Odd()), lambda: oap.encode((oap.Kind.ACK, Odd()))):
            try:
                call()
            except (ZeroDivisionError, TypeError):
                continue
            raise AssertionError
    """,
    "an exporter that lies": """
        import ctypes
        view = memoryview((ctypes.c_uint32 * 3)(10 << 24, 4, 0x0100_0000))
        try:
            oap.Decoder().feed(view)
        except oap.RejectError:
            pass
    """,
    "threads": """
        import threading
        session = oap.Session()
        decoder = oap.Decoder()
        wire = oap.encode(oap.Data(1, None, bytes(10))) * 60_000
        batch = decoder.feed(wire)
        frames, tuples = iter(batch), batch.tuples()
        def work():
            for _ in range(10):
                try:
                    decoder.feed(wire)
                    session.recv(wire)
                except (RuntimeError, oap.RejectError):
                    pass
            for shared in (frames, tuples):
                try:
                    for _ in shared:
                        pass
                except (RuntimeError, ValueError):
                    pass
        threads = [threading.Thread(target=work) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    """,
    "exceptions at exit": """
        import atexit
        keep = [oap.Decoder().feed(oap.encode(oap.Data(1, None, b"abc")))]
        body, it = keep[0].body(0), iter(keep[0])
        atexit.register(lambda: (list(it), bytes(body)))
    """,
}


# Each makes an object at its first use. The collector may run inside, and with it a finalizer that asks for the same
# object.
MADE_ONCE = {
    "the view of a batch": "batch.body(0)",
    "the wire of a batch": "batch.wire",
    "tuples of more than a block": "list(batch.tuples())",
}

FINALIZED = """
        import gc
        batch = oap.Decoder().feed(oap.encode(oap.Data(1, None, b"abc")) * 100)
        done = []
        class Cycle:
            def __init__(self):
                self.itself = self
            def __del__(self):
                USE
                done.append(self)
        gc.disable()
        Cycle()
        gc.set_threshold(1)
        gc.enable()
        USE
        gc.disable()
        gc.collect()
        assert done
"""

CLOCK_ASKED_TWICE = """
        import builtins
        imported, monitor = builtins.__import__, oap.Monitor()
        def asks_again(*args):
            builtins.__import__ = imported
            monitor.tick()
            return imported(*args)
        builtins.__import__ = asks_again
        monitor.tick()
        assert builtins.__import__ is imported
"""

# As much address space as the mapping needs, and a fifth of its size for a copy.
HUGE = """
        import mmap, resource
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + (6 << 30), -1))
        huge = mmap.mmap(-1, 5 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
        for call, error in (
            (oap.Decoder().feed, ValueError),
            (oap.Session().recv, ValueError),
            (lambda body: oap.Data(1, None, body), oap.FrameOversizeError),
            (lambda body: oap.encode((oap.Kind.DATA, 1, None, body)), oap.FrameOversizeError),
        ):
            try:
                call(huge)
            except error:
                continue
            raise AssertionError(error)
"""


def run(script: str, **env: str) -> subprocess.CompletedProcess[str]:
    lines = [line[8:] for line in script.splitlines()]
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", "import oap\n" + "\n".join(lines)],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **env},
    )


@pytest.mark.parametrize("name", CASES)
def test_the_interpreter_lives(name: str) -> None:
    done = run(CASES[name])
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("use", MADE_ONCE.values(), ids=MADE_ONCE)
def test_a_finalizer_may_use_what_is_being_made(use: str) -> None:
    done = run(FINALIZED.replace("USE", use))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_clock_may_be_asked_for_while_it_is_asked_for() -> None:
    done = run(CLOCK_ASKED_TWICE)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_too_large_is_refused_before_it_is_copied() -> None:
    done = run(HUGE)
    assert (done.returncode, done.stderr) == (0, "")


def test_no_panic_reaches_python() -> None:
    """With the module that sdk-python/build builds with `test-hooks`."""
    script = """
        from oap import _oap
        decoder, wire = oap.Decoder(), oap.encode(oap.Ack(1))
        for call in (lambda: _oap.panic(decoder), lambda: decoder.feed(wire), decoder.reset):
            try:
                call()
            except oap.InternalError as error:
                assert isinstance(error, Exception) and "report it" in str(error)
                continue
            raise AssertionError
        assert len(oap.Decoder().feed(wire)) == 1
    """
    done = run(script, PYTHONPATH=str(HOOKS))
    assert done.returncode == 0, done.stderr
    assert "PanicException" not in done.stderr


def test_a_release_has_no_test_hooks() -> None:
    done = run("        from oap import _oap\n        assert not hasattr(_oap, 'panic')")
    assert done.returncode == 0, done.stderr
