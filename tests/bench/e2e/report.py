"""The tables of the end-to-end benchmark as Markdown."""

from dataclasses import dataclass
from statistics import median

from .scenarios import SCENARIOS
from .verdicts import verdicts

NAMES = {"rust": "Rust", "c": "C", "cpp": "C++", "go": "Go", "python": "Python", "node": "Node"}
HEAD = """# End to end: the figures of one run

Written by `make bench`. Two processes on loopback, client and server on a core each, default settings; medians of rounds in
turn. [performance.md](../performance.md) says what is measured, and why some targets are missed. `CPU` is µs a message, the
client's and the server's. *Latency* is the median round trip in µs.
"""


@dataclass
class Figure:
    """The medians of a row."""

    row: dict

    def _median(self, value) -> float:
        return median(value(ran) for ran in self.row["rounds"])

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self._median(lambda ran: self.row["messages"] / ran["client"]["wall"])

    def cpu(self, end: str) -> float:
        """µs a message of that end."""
        return self._median(lambda ran: ran[end]["cpu"] / self.row["messages"] * 1e6)

    @property
    def both(self) -> float:
        return self.cpu("client") + self.cpu("server")

    @property
    def latency(self) -> float | None:
        """µs."""
        if not all("median" in ran["client"] for ran in self.row["rounds"]):
            return None
        return self._median(lambda ran: ran["client"]["median"] * 1e6)


def table(head: tuple, lines: list) -> str:
    rows = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(rows + ["| " + " | ".join(line) + " |" for line in lines]) + "\n"


def _line(row: dict, first: Figure) -> tuple:
    name = (NAMES[row["language"]], row["role"], row["name"])
    if not row.get("rounds"):
        return (*name, f"failed: {row.get('failed', 'no round')}", "", "", "", "", "")
    figure = Figure(row)
    latency = figure.latency
    return (*name, f"{figure.rate / 1e3:,.1f}", f"{figure.rate * row['size'] / 1e6:,.1f}", f"{figure.cpu('client'):.3g}",
            f"{figure.cpu('server'):.3g}", f"{figure.rate / first.rate:.2f} / {figure.both / first.both:.2f}",
            f"{latency:.1f}" if latency is not None else "")


def _scenario(name: str, rows: list) -> str:
    lines = []
    for language in NAMES:
        of_language = [row for row in rows if row["language"] == language]
        measured = [row for row in of_language if row.get("rounds")]
        lines += [_line(row, Figure(measured[0]) if measured else None) for row in of_language]
    head = ("language", "role", "what", "1,000 messages/s", "MB/s", "CPU client", "CPU server",
            "rate / CPU to the first of the language", "latency")
    return f"## {name}\n\n{table(head, lines)}"


def markdown(rows: list) -> str:
    figures = {(row["language"], row["name"], row["scenario"]): Figure(row) for row in rows if row.get("rounds")}
    head = ("language", "what", "limit", "measured", "")
    parts = [HEAD, f"## Targets\n\n{table(head, verdicts(figures))}"]
    for scenario in SCENARIOS:
        of_scenario = [row for row in rows if row["scenario"] == scenario.name]
        if of_scenario:
            parts.append(_scenario(scenario.name, of_scenario))
    return "\n".join(parts)
