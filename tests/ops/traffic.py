"""Traffic of a gateway that gives every panel and series something to show."""

import threading
import time

from gateway import HAPPY, OVERSIZE

HOSTILE_EVERY = 20


class Traffic:
    """One stream that stays open, honest conversations without a pause, a hostile one now and then, until it is left."""

    def __init__(self, gateway):
        self.gateway, self.stopped = gateway, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def run(self):
        with self.gateway.connect() as open_stream:
            open_stream.sendall(b"".join(HAPPY[:2]))
            self.converse()

    def converse(self):
        number = 0
        while not self.stopped.is_set():
            number += 1
            self.gateway.converse(*HAPPY)
            if number % HOSTILE_EVERY == 1:
                self.gateway.converse(HAPPY[0], OVERSIZE)
            time.sleep(0.01)
