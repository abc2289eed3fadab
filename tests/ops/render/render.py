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
import certificate  # noqa: E402
import dashboard  # noqa: E402
from gateway import Gateway  # noqa: E402
from server import Prometheus, eventually  # noqa: E402
from traffic import Traffic  # noqa: E402

UPLOT = HERE / "node_modules" / "uplot" / "dist"
# Of page.html: a row of Grafana's grid with its gap, and the margins.
ROW_PIXELS, MARGIN_PIXELS, WIDTH_PIXELS = 42, 24, 1600
CHROMIUM = [
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]


def series(server, target, start, end):
    """Name and values of each series of a query, one value a second, null where there is none."""
    query = f"query_range?query={quote(target.expression)}&start={start}&end={end}&step=1"
    for found in server.ask(query)["result"]:
        values = {float(at): float(value) for at, value in found["values"]}
        line = [values.get(float(at)) for at in range(start, end + 1)]
        yield {"name": target.name(found["metric"]), "values": [v if v == v else None for v in line]}


def drawn(server, start, end):
    loaded = dashboard.load()
    for raw, panel in zip(loaded["panels"], dashboard.panels(loaded, "5s")):
        thresholds = raw["fieldConfig"]["defaults"].get("thresholds", {"steps": [{"color": "green", "value": None}]})
        yield {"title": panel.title, "kind": panel.kind, "unit": panel.unit, "grid": panel.grid,
               "steps": thresholds["steps"], "text": raw["options"].get("textMode"), "times": list(range(start, end + 1)),
               "series": [line for target in panel.targets for line in series(server, target, start, end)]}


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


def window(panels):
    rows = max(panel["grid"]["y"] + panel["grid"]["h"] for panel in panels)
    return f"--window-size={WIDTH_PIXELS},{rows * ROW_PIXELS + MARGIN_PIXELS}"


def screenshot(panels, image):
    with tempfile.TemporaryDirectory() as scratch:
        html = Path(scratch) / "page.html"
        html.write_text(page(panels))
        command = [*CHROMIUM, window(panels), f"--user-data-dir={scratch}/profile", f"--screenshot={image}", html.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def main(image, seconds=60):
    with tempfile.TemporaryDirectory() as folder:
        draw(certificate.arguments(Path(folder)), image, seconds)


def draw(args, image, seconds):
    with Gateway(*args) as gateway, Prometheus(gateway.endpoints) as server, Traffic(gateway):
        # Else its log waits in its memory, and the picture shows that.
        threading.Thread(target=gateway.process.stdout.read, daemon=True).start()
        eventually("a rate", lambda: server.value("sum(rate(oap_frames_total[5s]))"))
        start = int(time.time())
        time.sleep(float(seconds))
        Path(image).parent.mkdir(parents=True, exist_ok=True)
        screenshot(list(drawn(server, start, int(time.time()))), Path(image).absolute())


if __name__ == "__main__":
    main(*sys.argv[1:])
