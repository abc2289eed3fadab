"""A Prometheus server of its own: on loopback, at a port that the system chooses, with data that goes with it."""

import json
import re
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote

import yaml

from gateway import PATIENCE, ROOT
from http_get import get

RULES = ROOT / "ops" / "prometheus" / "oap-rules.yml"

PROMETHEUS = RULES.with_name("prometheus.yml")
RUNBOOK = "https://oap.example/docs/RUNBOOK.md"


def config(target, host):
    """The configuration that an operator has, with these to scrape, each second."""
    loaded = yaml.safe_load(PROMETHEUS.read_text())
    loaded["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    loaded["rule_files"] = [str(RULES.with_name(name)) for name in loaded["rule_files"]]
    [job] = loaded["scrape_configs"]
    gateway, polyglot = job["static_configs"]
    gateway["targets"] = [target]
    polyglot["targets"] = [host] if host else []
    return yaml.safe_dump(loaded)


def eventually(what, look):
    """What `look` gives, once it is true."""
    deadline = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < deadline, f"no sign of {what}"
        time.sleep(0.1)
    return found


class Prometheus:
    def __init__(self, target, host=None):
        """One that scrapes a gateway and, perhaps, a polyglot host."""
        self.directory = tempfile.TemporaryDirectory()
        path = Path(self.directory.name)
        (path / "prometheus.yml").write_text(config(target, host))
        self.log = path / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    "prometheus",
                    f"--config.file={path / 'prometheus.yml'}",
                    f"--storage.tsdb.path={path / 'data'}",
                    "--web.listen-address=127.0.0.1:0",
                ],
                stdout=log,
                stderr=log,
            )

    def __enter__(self):
        try:
            self.address = eventually("its address", self.logged_address)
            eventually("its readiness", self.is_ready)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.directory.cleanup()

    def logged_address(self):
        log = self.log.read_text()
        assert self.process.poll() is None, log
        found = re.search(r'msg="Listening on" address=(\S+)', log)
        return found and found[1]

    def is_ready(self):
        """It listens before it answers queries."""
        try:
            return get(f"http://{self.address}/-/ready")
        except HTTPError:
            return False

    def ask(self, path):
        answer = json.loads(get(f"http://{self.address}/api/v1/{path}"))
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression):
        """The samples of an instant query: labels and value."""
        result = self.ask(f"query?query={quote(expression)}")["result"]
        return [(sample["metric"], float(sample["value"][1])) for sample in result]

    def value(self, expression):
        """That of a query with one sample; None while there is none."""
        samples = self.query(expression)
        assert len(samples) <= 1, samples
        return samples[0][1] if samples else None

    def rules(self):
        groups = self.ask("rules")["groups"]
        return {rule["name"]: rule for group in groups for rule in group["rules"]}

    def active(self):
        """The names of the alerts whose expression is true, though not yet for long enough, perhaps."""
        return {name for name, rule in self.rules().items() if rule["state"] != "inactive"}
