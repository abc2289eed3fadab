"""The Grafana dashboard, its variables put in as Grafana does."""

import json
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATH = ROOT / "ops" / "grafana" / "oap-dashboard.json"


@dataclass(frozen=True)
class Target:
    expression: str
    legend: str

    def name(self, labels):
        """The legend of a series."""
        text = self.legend
        for label, value in labels.items():
            text = text.replace("{{" + label + "}}", value)
        return text


@dataclass(frozen=True)
class Panel:
    title: str
    kind: str
    unit: str
    grid: dict
    targets: tuple


def load():
    return json.loads(PATH.read_text())


def variables(dashboard):
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def panels(dashboard, rate_interval):
    """Over all instances; `rate_interval` is what Grafana makes of the scrape interval: four times it, or more."""
    values = {"$__rate_interval": rate_interval, "$instance": variables(dashboard)["instance"]["allValue"]}
    for panel in dashboard["panels"]:
        targets = []
        for target in panel["targets"]:
            expression = target["expr"]
            for name, value in values.items():
                expression = expression.replace(name, value)
            targets.append(Target(expression, target["legendFormat"]))
        unit = panel["fieldConfig"]["defaults"]["unit"]
        yield Panel(panel["title"], panel["type"], unit, panel["gridPos"], tuple(targets))
