"""Every command of the runbook runs as written, in the order in which it stands there, against a live gateway.

Two things are put in the place of what an operator has: the port of the endpoints and the path of the configuration, so
that the test disturbs nobody. And since it is not systemd that runs the gateway here, functions of the shell do what
its commands do.
"""

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from book import ROOT, blocks

PROGRAMS = ["curl:curl", "jq:jq", "bash:bash"]
CONFIG = """
listen = "127.0.0.1:0"
metrics_addr = "{endpoints}"
allow_pq_hello_flags = false
"""

# The gateway's log is what its block prints: the group's stdout is its own.
PRELUDE = """
set -eo pipefail
log= corr_id=
journalctl() { # systemd writes there, too
    echo "Started svc-gateway.service - OAP/1 gateway."
    cat "$log"
}
meet() { # what its operator has seen of a gateway that is up
    "$python" "$traffic" "$log"
    sleep 0.2
    corr_id=$(jq -r 'select(.event == "stream") | .corr_id' "$log" | head -n 1)
}
systemctl() {
    case $1 in
    show) echo "$gateway" ;;
    is-active) kill -0 "$gateway" && echo active ;;
    reload) kill -HUP "$gateway" ;;
    restart)
        kill -TERM "$gateway"
        wait "$gateway"
        ./target/release/svc-gateway --config "$config" --amnesia=on >"$log" &
        gateway=$! ;;
    esac
}
trap 'kill "$gateway"' EXIT
"""

BLOCKS = blocks()
RUN = [number for number, block in enumerate(BLOCKS) if block.kind in ("", "fails")]


def free_address():
    with socket.create_server(("127.0.0.1", 0)) as holder:
        return "127.0.0.1:%d" % holder.getsockname()[1]


def script(here, config, endpoints):
    parts = [f"here={here} config={config} python={sys.executable} traffic={Path(__file__).parent}/traffic.py"]
    parts.append(PRELUDE)
    for number in RUN:
        block = BLOCKS[number]
        commands = block.commands.replace("127.0.0.1:9909", endpoints).replace("/etc/ron/gateway.toml", str(config))
        into = f">{here}/{number}.out 2>{here}/{number}.err"
        if block.kind == "fails":
            parts.append(f"if {{\n{commands}}} {into}; then exit 1; fi")
        else:
            parts.append(f"{{\n{commands}}} {into}")
        if "gateway=$!" in commands:
            parts.append(f"log={here}/{number}.out")
        if "/readyz" in commands:
            parts.append("meet")
        parts.append(f"touch {here}/{number}.done")
    return "\n".join(parts)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """All of the book in one shell; what each block printed is in a file of its number."""
    subprocess.run([ROOT / "tools" / "need", *PROGRAMS], check=True)
    here = tmp_path_factory.mktemp("runbook")
    endpoints = free_address()
    config = here / "gateway.toml"
    config.write_text(CONFIG.format(endpoints=endpoints))
    (here / "script").write_text(script(here, config, endpoints))
    run = subprocess.run(["bash", here / "script"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    (here / "said").write_text(run.stdout + run.stderr)
    return here


@pytest.mark.parametrize("number", RUN, ids=lambda number: f"line {BLOCKS[number].line}")
def test_a_block_of_commands_runs_and_shows_what_the_book_says(session, number):
    block = BLOCKS[number]
    done = session / f"{number}.done"
    out, err = (session / f"{number}.{what}" for what in ("out", "err"))
    assert done.exists(), f"{err.read_text() if err.exists() else 'not reached'}\n{(session / 'said').read_text()}"
    said = out.read_text().strip()
    if block.kind == "fails":
        assert err.read_text().startswith(block.shows)
    elif block.shows is not None:
        # The first block of a start is the gateway's log, too.
        assert block.shows in said if "gateway=$!" in block.commands else block.shows == said
    elif re.search(r"curl|\||^(ls|grep) ", block.commands, re.M):
        assert said, "it found nothing to show"


def test_nothing_is_left_out_but_what_takes_a_profiler_a_cluster_or_hours():
    others = {block.kind: block.commands for number, block in enumerate(BLOCKS) if number not in RUN}
    assert set(others) == {"profile", "drill", "cluster"}
    subprocess.run(["make", "-n", *others["drill"].split()[1:]], cwd=ROOT, check=True, capture_output=True)
    for kind in ("profile", "cluster"):
        subprocess.run(["bash", "-n"], input=others[kind], text=True, check=True)
