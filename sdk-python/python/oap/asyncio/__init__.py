"""OAP/1 over asyncio: `connect`, `serve` and `Connection`, by the rules of `docs/connection.md`.

The engine (`oap.Connection`) decides when to acknowledge, wait, stop and close; here are the sockets, the event loop, the
iterators and the cancellation. Every call may be cancelled: no received frame is lost by it, and a stream that was begun
is ended.
"""

from ._connection import Connection, Source, connect
from ._options import Options
from ._server import Server, serve

__all__ = ["ABORTED", "Connection", "Options", "Server", "Source", "connect", "serve"]

ABORTED = 1
"""END.status of a stream whose source failed, or whose `send_stream` was cancelled."""
