"""A live capture of one port of loopback by tshark, with a buffer (in MiB) that no burst fills. It wants root, or the right
to capture."""

import re
import signal
import subprocess
import threading

PATIENCE = 30


class Capture:
    def __init__(self, path, port):
        command = ["tshark", "-i", "lo", "-B", "64", "-f", f"tcp port {port}", "-w", path]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.said, self.capturing = [], threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            self.said.append(line)
            if re.search(r"Capture started", line):
                self.capturing.set()

    def __enter__(self):
        if not self.capturing.wait(PATIENCE):
            self.__exit__()
            raise AssertionError("".join(self.said))
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)
