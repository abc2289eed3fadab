"""docs/examples/readyz.c: the guide shows it, and it answers as the telemetry contract says."""

import tempfile
import unittest
from pathlib import Path

from blocks import blocks
from readyz import ACK, EXAMPLES, READY, STRANGER, Host, not_ready
from test_examples import FLAGS, FOUND_AT_RUN
from tree import run

SOURCE = EXAMPLES / "readyz.c"


class Readyz(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        program = Path(place.name) / "readyz"
        run("gcc", SOURCE, "-o", program, *FLAGS)
        self.host = self.enterContext(Host(program, **FOUND_AT_RUN))

    def send(self, octets: bytes) -> None:
        with self.host.connect() as peer:
            peer.sendall(octets)
            self.assertEqual(peer.recv(1), b"")

    def test_a_ready_host_answers_200_and_its_page(self):
        self.send(ACK + ACK)
        status, headers, body = self.host.get("/readyz")
        self.assertEqual((status, body), (200, READY))
        self.assertEqual(headers, {"Content-Type": "application/json"})
        self.host.check_page('oap_frames_total{kind="ACK"} 2', "oap_read_frame_seconds_count 1")

    def test_a_host_under_attack_answers_503_and_when_to_come_back(self):
        for _ in range(100):
            self.send(STRANGER)
        status, headers, body = self.host.get("/readyz")
        self.assertEqual((status, body), (503, not_ready("oap_reject_rate_ok")))
        self.assertEqual(headers, {"Content-Type": "application/json", "Retry-After": "5"})
        self.host.check_page('oap_rejects_total{reason="unknown_envelope"} 100', "oap_read_frame_seconds_count 100")


class Guide(unittest.TestCase):
    def test_it_shows_the_example_which_has_at_most_40_lines(self):
        text = SOURCE.read_text()
        self.assertIn(text, blocks("docs/c.md", "c"))
        self.assertLessEqual(len(text.splitlines()), 40)
