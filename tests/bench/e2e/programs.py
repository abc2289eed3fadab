"""The programs that are measured. Each takes `server SCENARIO`, prints its address and then a report, or
`client ADDRESS SCENARIO`, and prints a report."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
BUILT = ROOT / "build" / "e2e"
ONE_CONNECTION_ONE_WAY = ("32 B", "4 KiB", "64 KiB")


@dataclass(frozen=True)
class Program:
    language: str
    name: str
    role: str
    """`oap`, `session`: our Session by hand, in batches; `peer`; `hand`: what one would write for this alone; `batched`:
    that, many messages a write."""
    command: tuple
    only: tuple | None = None
    """The scenarios that it is measured in, where not all."""

    def takes(self, scenario) -> bool:
        return self.only is None or scenario.name in self.only

    def is_there(self) -> bool:
        return all(part.exists() for part in self.command if isinstance(part, Path))


def _python(script: str, *words: str) -> tuple:
    return (ROOT / ".venv/bin/python", HERE / "python" / script, *words)


def _node(script: str, *words: str) -> tuple:
    return ("node", HERE / "node" / script, *words)


def _rust(*words: str) -> tuple:
    return (ROOT / "target/release/oap-e2e", *words)


OURS = [
    Program("rust", "oap-tokio", "oap", _rust("oap")),
    Program("rust", "Session by hand", "session", _rust("session"), ONE_CONNECTION_ONE_WAY),
    Program("c", "oap_connection on poll", "oap", (BUILT / "c-e2e",)),
    Program("cpp", "oap::Connection on asio", "oap", (BUILT / "cpp-e2e",)),
    Program("go", "Conn", "oap", (BUILT / "go-e2e",)),
    Program("go", "Session by hand", "session", (BUILT / "go-e2e-session",), ONE_CONNECTION_ONE_WAY),
    Program("python", "oap.asyncio", "oap", _python("connection.py", "asyncio")),
    Program("python", "oap.asyncio on uvloop", "oap", _python("connection.py", "uvloop")),
    Program("python", "Session by hand", "session", _python("session.py"), ONE_CONNECTION_ONE_WAY),
    Program("node", "connection, an async generator", "oap", _node("connection.mjs", "async")),
    Program("node", "connection, an array", "oap", _node("connection.mjs", "array")),
    Program("node", "Session by hand", "session", _node("session.mjs"), ONE_CONNECTION_ONE_WAY),
]


def _rust_peer(*words: str) -> tuple:
    return (BUILT / "rust" / "release" / "oap-e2e-peers", *words)


def _python_peer(script: str, loop: str = "asyncio") -> tuple:
    return (BUILT / "venv/bin/python", HERE / "python" / "peers" / script, loop)


def _node_peer(script: str, *words: str) -> tuple:
    return ("node", HERE / "node" / "peers" / script, *words)


PEERS = [
    Program("rust", "tokio-tungstenite", "peer", _rust_peer("tungstenite")),
    Program("rust", "tonic", "peer", _rust_peer("tonic")),
    Program("rust", "LengthDelimitedCodec + prost", "hand", _rust_peer("hand")),
    Program("go", "grpc-go", "peer", (BUILT / "go-e2e-peers", "grpc")),
    Program("go", "gorilla", "peer", (BUILT / "go-e2e-peers", "gorilla")),
    Program("go", "coder", "peer", (BUILT / "go-e2e-peers", "coder")),
    Program("go", "bufio by hand", "hand", (BUILT / "go-e2e-peers", "hand")),
    Program("python", "websockets", "peer", _python_peer("by_websockets.py")),
    Program("python", "picows", "peer", _python_peer("by_picows.py")),
    Program("python", "grpcio", "peer", _python_peer("by_grpcio.py")),
    Program("python", "asyncio by hand", "hand", _python_peer("by_hand.py")),
    Program("python", "uvloop by hand", "hand", _python_peer("by_hand.py", "uvloop")),
    Program("node", "ws", "peer", _node_peer("by-ws.mjs")),
    Program("node", "grpc-js", "peer", _node_peer("by-grpc.mjs")),
    Program("node", "net by hand", "hand", _node_peer("by-hand.mjs", "each")),
    Program("node", "net by hand, batched", "batched", _node_peer("by-hand.mjs", "batched")),
]
PROGRAMS = OURS + PEERS
