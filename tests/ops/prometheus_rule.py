"""prometheus_rule.py: writes the alerts for the Prometheus operator anew from ops/prometheus/oap-rules.yml."""

from pathlib import Path

import yaml

OPS = Path(__file__).parents[2] / "ops"
RULES = OPS / "prometheus" / "oap-rules.yml"
WRITTEN = OPS / "kubernetes" / "monitoring" / "prometheus-rule.yaml"
HEAD = "# Written by `make alerts` from ops/prometheus/oap-rules.yml.\n"


class Dumper(yaml.SafeDumper):
    """Expressions of several lines stay so."""


Dumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)
)


def text():
    rule = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "oap", "labels": {"app.kubernetes.io/name": "svc-gateway"}},
        "spec": yaml.safe_load(RULES.read_text()),
    }
    return HEAD + yaml.dump(rule, Dumper=Dumper, sort_keys=False, width=200)


if __name__ == "__main__":
    WRITTEN.write_text(text())
