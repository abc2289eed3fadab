"""render.py IMAGE [SECONDS]: draws the dashboard's panels from a real Prometheus that scrapes a gateway under traffic.

Grafana is no part of it: the panels are drawn by the plotting library that its time series use, in headless Chromium.
"""

import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).parent
sys.path += [str(HERE.parent), str(HERE.parents[1] / "prometheus")]
import dashboard  # noqa: E402
from gateway import Gateway  # noqa: E402
from server import Prometheus, eventually  # noqa: E402
from traffic import Traffic  # noqa: E402

UPLOT = HERE / "node_modules" / "uplot" / "dist"
WINDOW = "1600,2230"
CHROMIUM = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    f"--window-size={WINDOW}",
]


def series(server, target, start, end):
    """Name and values of each series of a query, one value a second, null where there is none."""
    query = f"query_range?query={quote(target.expression)}&start={start}&end={end}&step=1"
    for found in server.ask(query)["result"]:
        values = {float(at): float(value) for at, value in found["values"]}
        line = [values.get(float(at)) for at in range(start, end + 1)]
        yield {"name": target.name(found["metric"]), "values": [v if v == v else None for v in line]}


def limit(panel):
    steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", [])
    return next((step["value"] for step in steps if step["value"] is not None), None)


def drawn(server, start, end):
    loaded = dashboard.load()
    for raw, panel in zip(loaded["panels"], dashboard.panels(loaded, "5s")):
        lines = [line for target in panel.targets for line in series(server, target, start, end)]
        yield {"title": panel.title, "kind": panel.kind, "unit": panel.unit, "grid": panel.grid, "limit": limit(raw),
               "times": list(range(start, end + 1)), "series": lines}


def page(panels):
    text = (HERE / "page.html").read_text()
    parts = {
        "/*uplot.css*/": (UPLOT / "uPlot.min.css").read_text(),
        "/*uplot.js*/": (UPLOT / "uPlot.iife.min.js").read_text(),
        "/*panels*/[]": json.dumps(panels),
    }
    for mark, part in parts.items():
        assert mark in text
        text = text.replace(mark, part)
    return text


def screenshot(text, image):
    with tempfile.TemporaryDirectory() as scratch:
        html = Path(scratch) / "page.html"
        html.write_text(text)
        command = [*CHROMIUM, f"--user-data-dir={scratch}/profile", f"--screenshot={image}", html.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def main(image, seconds=60):
    with Gateway() as gateway, Prometheus(gateway.endpoints) as server, Traffic(gateway):
        # Else its log waits in its memory, and the picture shows that.
        threading.Thread(target=gateway.process.stdout.read, daemon=True).start()
        eventually("a rate", lambda: server.value("sum(rate(oap_frames_total[5s]))"))
        start = int(time.time())
        time.sleep(float(seconds))
        Path(image).parent.mkdir(parents=True, exist_ok=True)
        screenshot(page(list(drawn(server, start, int(time.time())))), Path(image).absolute())


if __name__ == "__main__":
    main(*sys.argv[1:])
