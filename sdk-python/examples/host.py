"""Takes OAP/1 streams, and answers /readyz and /metrics: `python host.py 9900 9909`."""

import asyncio
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


async def main(oap_port: int, http_port: int) -> None:
    Thread(target=ThreadingHTTPServer(("127.0.0.1", http_port), Pages).serve_forever, daemon=True).start()
    async with await serve(take, "127.0.0.1", oap_port, monitor=monitor) as server:
        await server.serve_forever()


asyncio.run(main(*map(int, sys.argv[1:])))
