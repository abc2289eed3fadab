"""Two network namespaces with a slow way between them: `with link(0.01) as (near, far)`. Needs root on Linux.

Packets of two TUN devices are held for so long and passed on. netem would do the same, but is a module that many kernels lack.
"""

import contextlib
import fcntl
import multiprocessing
import os
import select
import struct
import subprocess
import time
from collections import deque

NEAR, FAR = "oap-near", "oap-far"
FAR_ADDRESS = "10.77.0.2"
ADDRESSES = {NEAR: "10.77.0.1/30", FAR: f"{FAR_ADDRESS}/30"}
MOST_PACKET = 65_535
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)


def _tun(namespace: str) -> int:
    """A device in a new namespace. Gives where its packets are read and written."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH14x", namespace.encode(), IFF_TUN | IFF_NO_PI))
    _ip("netns", "add", namespace)
    _ip("link", "set", namespace, "netns", namespace)
    for words in (("addr", "add", ADDRESSES[namespace], "dev", namespace), ("link", "set", namespace, "mtu", str(MOST_PACKET)),
                  ("link", "set", namespace, "txqueuelen", "10000"), ("link", "set", namespace, "up"), ("link", "set", "lo", "up")):
        _ip("-n", namespace, *words)
    return device


def _carry(devices: tuple, seconds: float) -> None:
    """Passes packets on, each so many seconds after it came."""
    ways = {devices[0]: (devices[1], deque()), devices[1]: (devices[0], deque())}
    while True:
        due = min((held[0][0] for _, held in ways.values() if held), default=None)
        wait = None if due is None else max(due - time.monotonic(), 0)
        for device in select.select(devices, (), (), wait)[0]:
            with contextlib.suppress(BlockingIOError):
                while True:
                    ways[device][1].append((time.monotonic() + seconds, os.read(device, MOST_PACKET)))
        now = time.monotonic()
        for to, held in ways.values():
            while held and held[0][0] <= now:
                os.write(to, held.popleft()[1])


@contextlib.contextmanager
def link(seconds: float):
    """What goes before a command so that it runs here or there; a packet takes so many seconds either way."""
    devices = ()
    try:
        devices = (_tun(NEAR), _tun(FAR))
        carrier = multiprocessing.Process(target=_carry, args=(devices, seconds), daemon=True)
        carrier.start()
        yield tuple(["ip", "netns", "exec", namespace] for namespace in (NEAR, FAR))
        carrier.kill()
        carrier.join()
    finally:
        for device in devices:
            os.close(device)
        for namespace in (NEAR, FAR):
            subprocess.run(["ip", "netns", "delete", namespace], check=False, stderr=subprocess.DEVNULL)
