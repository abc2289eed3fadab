"""Takes streams on PORT, and answers /readyz and /metrics on PAGES: `python metrics_host.py HOST PORT PAGES`."""

import asyncio
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import oap
from oap.asyncio import Connection, serve

monitor = oap.Monitor()


class Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        readiness = monitor.readiness()
        readyz = readiness.status, readiness.headers, readiness.body
        metrics = 200, {"Content-Type": oap.TEXT_CONTENT_TYPE}, monitor.text().encode()
        status, headers, body = {"/readyz": readyz, "/metrics": metrics}.get(self.path, (404, {}, b""))
        self.send_response(status)
        for header in headers.items():
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...  # a peer's address reaches no log


async def take(connection: Connection) -> None:
    async for _ in connection:
        pass


async def main(host: str, port: str, pages: str) -> None:
    # A balancer sends no more to who drains.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, monitor.set_parser_ready, False)
    Thread(target=ThreadingHTTPServer((host, int(pages)), Pages).serve_forever, daemon=True).start()
    async with await serve(take, host, int(port), monitor=monitor) as server:
        print("listening on {}:{}".format(*server.sockets[0].getsockname()), flush=True)
        await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
