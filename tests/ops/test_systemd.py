"""The systemd unit is sound, hardened, and lets the gateway do all that it does."""

import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "prometheus"))
from gateway import HAPPY, OVERSIZE, PROGRAM, Gateway  # noqa: E402

UNIT = ROOT / "ops" / "systemd" / "svc-gateway.service"
EXAMPLE = ROOT / "svc-gateway" / "gateway.example.toml"
INSTALLED = "/usr/bin/svc-gateway"
# Of 100, as `systemd-analyze security` counts exposure in tenths: its own "OK" ends at 20.
MOST_EXPOSURE = "20"


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def settings(name):
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.M)


@pytest.fixture
def unit(tmp_path):
    """The unit with the gateway that was built here."""
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace(INSTALLED, str(PROGRAM)))
    return copy


def test_systemd_accepts_the_unit(unit):
    verified = run("systemd-analyze", "verify", "--man=no", unit)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_the_unit_is_hardened(unit):
    judged = run("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSURE}", "--no-pager", unit)
    assert judged.returncode == 0, judged.stdout


def test_the_threshold_refuses_a_unit_that_is_not(unit):
    text = re.sub(r"^(Protect|Private|Restrict|SystemCall|Capability|NoNew|DynamicUser).*\n", "", unit.read_text(), flags=re.M)
    unit.write_text(text)
    assert run("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSURE}", "--no-pager", unit).returncode != 0


def system_calls(group):
    listed = run("systemd-analyze", "syscall-filter", group)
    assert listed.returncode == 0, listed.stderr
    for name in re.findall(r"^ {4}(\S+)$", listed.stdout, re.M):
        yield from system_calls(name) if name.startswith("@") else [name]


def allowed():
    first, *others = settings("SystemCallFilter")
    permitted = set(system_calls(first))
    for denied in others:
        permitted -= set(system_calls(denied.removeprefix("~")))
    return permitted | set(system_calls("@default"))


def test_the_filter_permits_every_system_call_of_the_gateway(tmp_path):
    trace = tmp_path / "trace"
    with Gateway("--amnesia=on", before=["strace", "-f", "-qq", "-I2", "-o", trace]) as gateway:
        gateway.converse(*HAPPY)
        gateway.converse(HAPPY[0], OVERSIZE)
        gateway.page()
        gateway.stop()
    made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.M))
    # That of strace, which starts the program.
    assert {"accept4", "futex"} <= made
    assert made - {"execve"} <= allowed()


def test_it_knows_when_it_started_although_it_sees_its_own_process_alone():
    assert settings("ProcSubset") == ["pid"]
    hide = 'mount -t proc -o subset=pid proc /proc && test ! -e /proc/stat && exec "$@"'
    alone = ["unshare", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", hide, "sh"]
    with Gateway(before=alone) as gateway:
        [started] = re.findall(r"^process_start_time_seconds (\S+)$", gateway.page(), re.M)
        assert 0 <= time.time() - float(started) < 60


def test_it_says_that_it_is_ready_and_that_it_lives():
    assert settings("Type") == ["notify"] and int(settings("WatchdogSec")[0]) > 1


def test_it_has_longer_to_stop_than_the_drain_takes_by_default():
    defaults = tomllib.loads(re.sub(r"^# (?=\w+ = )", "", EXAMPLE.read_text(), flags=re.M))
    [stop] = settings("TimeoutStopSec")
    assert int(stop) > defaults["drain_notice_seconds"] + defaults["drain_seconds"]
