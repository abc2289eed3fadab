"""TLS for the tests."""

import ssl
from pathlib import Path
from typing import Any


class Tls:
    """A certificate, and the options of both sides."""

    def __init__(self, cert: Path, key: Path) -> None:
        self.cert, self.key = cert, key
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.server: dict[str, Any] = {"ssl": context}
        trusting = ssl.create_default_context(cafile=str(cert))
        self.client: dict[str, Any] = {"ssl": trusting, "server_hostname": "localhost"}
