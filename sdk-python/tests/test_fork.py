"""Monitors after a fork: each process has its own, and pre-forked workers each show a page of their own."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

SERVED = """
    import os, urllib.request
    from http.server import BaseHTTPRequestHandler, HTTPServer
    import oap

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.server.monitor.text().encode())
        def log_message(self, *_):
            pass

    def worker(listening, frames):
        monitor = listening.monitor = oap.Monitor()  # after the fork
        oap.Decoder(monitor=monitor).feed(oap.encode(oap.Ack(1)) * frames)
        listening.handle_request()
        os._exit(0)

    # As gunicorn does it: sockets first, then workers.
    pages = [HTTPServer(("127.0.0.1", 0), Page) for _ in range(3)]
    for frames, page in enumerate(pages, 1):
        if os.fork() == 0:
            worker(page, frames)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    shown = [opener.open(f"http://127.0.0.1:{page.server_port}/", timeout=30).read().decode() for page in pages]
    for _ in pages:
        assert os.wait()[1] == 0
    for frames, text in enumerate(shown, 1):
        assert f'oap_frames_total{{kind="ACK"}} {frames}\\n' in text, text
"""

INHERITED = """
    import gc, os
    import oap

    def in_child(check):
        pid = os.fork()
        if pid == 0:
            try:
                check()
                os._exit(0)
            except BaseException:
                import traceback; traceback.print_exc()
                os._exit(1)
        assert os.waitpid(pid, 0)[1] == 0

    monitor = oap.Monitor()
    session, peer = oap.Session(monitor=monitor), oap.Session()
    peer.recv(session.send(session.hello()))
    session.recv(peer.send(peer.hello()) + peer.send(oap.Start("notes")) + peer.send(oap.Data(1)))

    def check():
        global session
        # The numbers at the fork, from then on of the child alone.
        assert monitor.snapshot().inflight_frames == 1
        oap.Decoder(monitor=monitor).feed(oap.encode(oap.Ack(1)) * 50)
        assert monitor.snapshot().frames["ACK"] == 50
        del session
        gc.collect()
        assert monitor.snapshot().inflight_frames == 0
        # One that was made after the fork begins with 0.
        assert oap.Monitor().snapshot().frames["DATA"] == 0

    in_child(check)
    assert monitor.snapshot().frames["ACK"] == 0
    assert monitor.snapshot().inflight_frames == 1
    assert monitor.readiness().ready
"""

MULTIPROCESS = """
    from prometheus_client import REGISTRY, CollectorRegistry, Counter, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector
    import oap
    from oap.prometheus import OapCollector

    REGISTRY.register(OapCollector(oap.Monitor()))
    Counter("of_the_client_s_own", "").inc()
    joined = CollectorRegistry()
    MultiProcessCollector(joined)
    page = generate_latest(joined).decode()
    assert "of_the_client_s_own" in page
    assert "oap_" not in page
"""


def run(script: str, **env: str) -> None:
    """In an interpreter of its own, which has one thread when it forks."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **env},
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_each_pre_forked_worker_shows_a_page_of_its_own() -> None:
    run(SERVED)


def test_what_a_child_inherits_is_a_copy_that_tells_the_parent_nothing() -> None:
    run(INHERITED)


def test_the_multiprocess_mode_of_prometheus_client_sees_no_collector(tmp_path: Path) -> None:
    run(MULTIPROCESS, PROMETHEUS_MULTIPROC_DIR=str(tmp_path))
