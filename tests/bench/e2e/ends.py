"""Runs a program's two ends, each on a core of its own."""

import contextlib
import json
import os
import subprocess

LIMIT = 60
"""Seconds that no end takes, on any machine."""


class Failed(Exception):
    """An end failed, or reported something else than was sent."""


def _cores() -> tuple:
    cores = sorted(os.sched_getaffinity(0))
    return str(cores[0]), str(cores[-1])


def _report(end: str, process: subprocess.Popen, scenario) -> dict:
    try:
        output, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        raise Failed(f"the {end} takes longer than {LIMIT} s") from None
    if process.returncode != 0:
        raise Failed(f"the {end} ended with {process.returncode}")
    report = json.loads(output.strip().splitlines()[-1])
    for field, value in scenario.expected().items():
        if report[field] != value:
            raise Failed(f"the {end} reports {field} {report[field]}, and {value} is right")
    return report


@contextlib.contextmanager
def _running(command: list, core: str, place: tuple = (), env: dict | None = None):
    process = subprocess.Popen([*place, "taskset", "-c", core, *command], stdout=subprocess.PIPE, text=True,
                               env={**os.environ, **(env or {})})
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def run(command: list, scenario, env: dict | None = None, places: tuple = ((), ())) -> dict:
    """What the client and the server reported, checked: `{"client": {…}, "server": {…}}`. Raises Failed. `places` are what
    goes before their commands."""
    of_server, of_client = _cores()
    near, far = places
    with _running([*command, "server", str(scenario)], of_server, far, env) as server:
        address = server.stdout.readline().strip()
        if not address:
            raise Failed("the server does not listen")
        with _running([*command, "client", address, str(scenario)], of_client, near, env) as client:
            return {"client": _report("client", client, scenario), "server": _report("server", server, scenario)}
