"""The workflows are ones that GitHub takes, and a step of theirs calls what anybody can run: a target of the Makefile or a script."""

import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MODULE, VERSION = "github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12"


@pytest.fixture(scope="module")
def actionlint():
    program = subprocess.run([ROOT / "tools" / "go-tool", MODULE, VERSION], check=True, capture_output=True, text=True).stdout.strip()

    def lint(*files):
        # What is in a step is too little for the linters of shell and Python.
        return subprocess.run([program, "-no-color", "-shellcheck=", "-pyflakes=", *files], cwd=ROOT, capture_output=True, text=True)

    return lint


def steps(workflow):
    jobs = yaml.safe_load(workflow.read_text())["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def commands():
    return [pytest.param(step["run"], id=step["run"]) for workflow in WORKFLOWS for step in steps(workflow) if "run" in step]


def test_actionlint_finds_nothing(actionlint):
    done = actionlint(*WORKFLOWS)
    assert done.returncode == 0, done.stdout


def test_actionlint_finds_a_planted_fault(actionlint, tmp_path):
    (tmp_path / "planted.yml").write_text(WORKFLOWS[0].read_text().replace("runs-on:", "runs-in:", 1))
    done = actionlint(tmp_path / "planted.yml")
    assert done.returncode == 1 and "runs-in" in done.stdout


@pytest.mark.parametrize("command", commands())
def test_a_step_runs_one_thing_that_runs_elsewhere_too(command):
    assert "\n" not in command
    program, *arguments = command.removeprefix("python3 ").removeprefix("python ").split()
    if program == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M)
        assert set(arguments) <= set(targets)
    elif program != "apk":
        assert os.access(ROOT / program, os.X_OK) and (ROOT / program).is_file()


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_an_action_is_githubs_own_at_a_version_and_writes_nothing_by_default(workflow):
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used and all(re.fullmatch(r"actions/[a-z-]+@v\d+", action) for action in used)
    assert yaml.safe_load(workflow.read_text())["permissions"] == {"contents": "read"}


@pytest.fixture
def release(tmp_path):
    """A file, and a folder as the proxy of the Go modules is one."""
    (tmp_path / "release/go/oap.example").mkdir(parents=True)
    (tmp_path / "release/go/oap.example/list").write_text("v0\n")
    (tmp_path / "release/oap.whl").write_text("wheel")
    return tmp_path / "release"


def test_a_page_of_a_release_gets_files_alone(release, tmp_path):
    subprocess.run([ROOT / "tools/ci/flatten", release, tmp_path / "upload"], check=True)
    assert {path.name for path in (tmp_path / "upload").iterdir()} == {"oap.whl", "oap-go.tar.gz"}
    subprocess.run(["tar", "-xf", tmp_path / "upload/oap-go.tar.gz", "-C", tmp_path], check=True)
    assert (tmp_path / "go/oap.example/list").read_text() == "v0\n"


def test_the_draft_is_of_the_tag_with_its_page_and_its_files(release, tmp_path):
    (tmp_path / "gh").write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    (tmp_path / "gh").chmod(0o755)
    said = subprocess.run([ROOT / "tools/ci/draft", release, "PAGE.md", "v9"], check=True, capture_output=True, text=True,
                          env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}).stdout
    told = said.splitlines()
    assert told[:4] == ["release", "create", "v9", "--draft"] and str(release / "oap.whl") in told
    assert told[told.index("--notes-file") + 1] == "PAGE.md"
