"""What the figures must come to, and whether they do. A ratio is ours to theirs, so that larger is better for a rate."""

from .programs import PROGRAMS

TINY, BODY, LARGE = "32 B", "4 KiB", "64 KiB"
FRESH, PING, MANY = "1,000 × 32 B, fresh", "ping-pong of 32 B", "32 B, 64 connections"

TIMES = {
    "go": {"grpc-go": 2, "gorilla": 15},
    "python": {"websockets": 6, "picows": 2},
    "node": {"ws": 5},
    "rust": {"tokio-tungstenite": 1, "tonic": 1},
    "c": {"tokio-tungstenite": 1, "tonic": 1},
}
"""How many times as fast as that peer our connections are to be with small messages."""


def _of(language: str, *roles: str) -> list:
    return [program for program in PROGRAMS if program.language == language and program.role in roles]


def _peers(language: str, *roles: str) -> list:
    """C and C++ are judged by the peers of Rust."""
    return _of("rust" if language in ("c", "cpp") else language, *roles)


def _rate(figure) -> float:
    return figure.rate


def _latency(figure) -> float:
    return figure.latency


def _cpu(figure) -> float:
    return figure.both


def _least(ratio: float, least: float) -> tuple:
    return f"≥ {least:g} ×", f"{ratio:.2f} ×", "met" if ratio >= least else "MISSED"


def _most(ratio: float, most: float) -> tuple:
    return f"≤ {most:g} ×", f"{ratio:.2f} ×", "met" if ratio <= most else "MISSED"


class _Judge:
    def __init__(self, figures: dict) -> None:
        self._figures = figures
        self.lines = []

    def compare(self, ours, theirs, scenario: str, what, judge, limit: float) -> None:
        mine = self._figures.get((ours.language, ours.name, scenario))
        other = self._figures.get((theirs.language, theirs.name, scenario))
        if mine is None or other is None:
            return
        words = {_rate: "messages/s", _latency: "latency", _cpu: "CPU"}[what]
        text = f"{scenario}, {words}: {ours.name} to {theirs.name}"
        self.lines.append((ours.language, text, *judge(what(mine) / what(other), limit)))


def _small(judge: _Judge) -> None:
    """Messages a second, and CPU a message."""
    for language, peers in TIMES.items():
        for ours in _of(language, "oap"):
            for theirs in _peers(language, "peer"):
                times = peers.get(theirs.name)
                if times is None:
                    continue
                if language == "node" and "array" in ours.name:
                    times = 10
                for scenario in (TINY, MANY):
                    judge.compare(ours, theirs, scenario, _rate, _least, times)
                    judge.compare(ours, theirs, scenario, _cpu, _most, 1 / times)


def _no_slower(judge: _Judge) -> None:
    for language in ("rust", "c", "cpp", "go", "python", "node"):
        for ours in _of(language, "oap"):
            for theirs in _peers(language, "peer"):
                judge.compare(ours, theirs, FRESH, _rate, _least, 1)
                judge.compare(ours, theirs, PING, _latency, _most, 1)
                for scenario in (BODY, LARGE):
                    judge.compare(ours, theirs, scenario, _rate, _least, 1)


def _by_hand(judge: _Judge) -> None:
    for language in ("rust", "c", "cpp", "go", "python", "node"):
        for ours in _of(language, "oap"):
            for theirs in _peers(language, "hand"):
                judge.compare(ours, theirs, PING, _latency, _most, 1.1)
                for scenario in (BODY, LARGE):
                    judge.compare(ours, theirs, scenario, _rate, _least, 1 / 1.15)


def _faces(judge: _Judge) -> None:
    """A face costs at most twice its own Session by hand in batches."""
    for language in ("rust", "go", "python", "node"):
        for ours in _of(language, "oap"):
            for theirs in _of(language, "session"):
                judge.compare(ours, theirs, TINY, _cpu, _most, 2)


def verdicts(figures: dict) -> list:
    judge = _Judge(figures)
    for part in (_small, _no_slower, _by_hand, _faces):
        part(judge)
    return judge.lines
