"""The sources of a release, and the recipes that build liboap from them: Conan's really makes its package, those of vcpkg and Homebrew are run with
the functions of their tools stood in for. No registry is asked; cargo's crates are those of who builds."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1]))
from release import RELEASE, ROOT, VERSION, run  # noqa: E402

HERE = Path(__file__).with_name("recipes")
SOURCE = RELEASE / f"oap-{VERSION}-source.tar.gz"
pytestmark = [
    pytest.mark.skipif(not SOURCE.exists(), reason=f"{SOURCE.name} was not built"),
    pytest.mark.shows(platform="any", part="source", how="conan create; the vcpkg port and the formula without their tools"),
]
OFFLINE = {"CARGO_NET_OFFLINE": "true"}


@pytest.fixture(scope="module")
def recipes(tmp_path_factory):
    """As they will be released, but for the place of the sources."""
    folder = tmp_path_factory.mktemp("release")
    shutil.copy(SOURCE, folder)
    run(ROOT / "tools/dist/recipes", folder, f"file://{folder}")
    return folder / "recipes"


def test_the_released_recipes_name_the_sources_of_this_release():
    sums = {name: hashlib.new(name, SOURCE.read_bytes()).hexdigest() for name in ("sha256", "sha512")}
    texts = {str(file.relative_to(RELEASE / "recipes")): file.read_text() for file in (RELEASE / "recipes").rglob("*") if file.is_file()}
    assert not [name for name, text in texts.items() if re.search("@[A-Z0-9]+@", text)]
    assert sums["sha256"] in texts["conan/conandata.yml"] and sums["sha256"] in texts["homebrew/oap.rb"]
    assert sums["sha512"] in texts["vcpkg/portfile.cmake"]
    assert all(SOURCE.name in text for name, text in texts.items() if name in ("conan/conandata.yml", "homebrew/oap.rb"))


def test_the_sources_are_what_git_tracks_in_one_folder():
    with tarfile.open(SOURCE) as archive:
        held = {member.name for member in archive if not member.isdir()}
        revision = archive.pax_headers["comment"]
    tracked = run("git", "-C", ROOT, "ls-tree", "-r", "--name-only", "-z", revision).split("\0")
    assert held == {f"oap-{VERSION}/{name}" for name in tracked if name}


@pytest.fixture(scope="module")
def conan(tmp_path_factory):
    venv, home = ROOT / "build/tools/conan", tmp_path_factory.mktemp("conan")
    if not (venv / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", HERE / "requirements.txt"],
                       check=True)
        (venv / "made").touch()
    program = venv / "bin/conan"
    run(program, "profile", "detect", CONAN_HOME=str(home))
    return lambda *arguments: run(program, *arguments, CONAN_HOME=str(home), **OFFLINE)


@pytest.mark.parametrize("shared", [True, False])
def test_conan_creates_the_package_and_its_test_runs(conan, recipes, shared):
    conan("create", recipes / "conan", "--no-remote", "-o", f"oap/*:shared={shared}")
    package = json.loads(conan("list", f"oap/{VERSION}:*", "--format", "json"))["Local Cache"][f"oap/{VERSION}"]
    [revision] = package["revisions"].values()
    options = [one["info"]["options"]["shared"] for one in revision["packages"].values()]
    assert str(shared) in options


def test_conan_refuses_other_sources(conan, recipes, tmp_path):
    changed = shutil.copytree(recipes / "conan", tmp_path / "conan")
    data = changed / "conandata.yml"
    data.write_text(re.sub("sha256: .*", f'sha256: "{"0" * 64}"', data.read_text()))
    shutil.rmtree(changed / "test_package")
    with pytest.raises(AssertionError, match="sha256"):
        conan("create", changed, "--no-remote", "--version", VERSION, "--user", "changed")


@pytest.fixture(scope="module")
def port(recipes, tmp_path_factory):
    scratch = tmp_path_factory.mktemp("vcpkg")
    run("cmake", f"-DPORT_DIR={recipes / 'vcpkg'}", f"-DSCRATCH={scratch}", "-P", HERE / "vcpkg.cmake", **OFFLINE)
    [tree] = (scratch / "packages").iterdir()
    return tree


USER = """\
cmake_minimum_required(VERSION 3.13)
project(user C)
find_package(oap CONFIG REQUIRED)
add_executable(user @SOURCE@)
target_link_libraries(user PRIVATE @TARGET@)
"""


@pytest.mark.parametrize("target", ["oap::oap", "oap::oap_static"])
def test_the_port_serves_a_program(recipes, port, tmp_path, target):
    assert target in (port / "share/oap/usage").read_text()
    program = recipes / "conan/test_package/test_package.c"
    (tmp_path / "CMakeLists.txt").write_text(USER.replace("@SOURCE@", str(program)).replace("@TARGET@", target))
    run("cmake", "-S", tmp_path, "-B", tmp_path / "out", f"-DCMAKE_PREFIX_PATH={port}")
    run("cmake", "--build", tmp_path / "out")
    assert run(tmp_path / "out/user") == f"oap {VERSION}: OAP_STATUS_OK, 10 bytes\n"


def test_the_port_has_its_licences_where_vcpkg_looks(port):
    copyright = (port / "share/oap/copyright").read_text()
    assert "MIT License" in copyright or "Permission is hereby granted" in copyright
    assert "Apache License" in copyright
    assert not (port / "lib/cmake").exists() and not (port / "debug").exists()


def test_the_manifest_of_the_port_is_in_the_form_that_vcpkg_writes(recipes):
    text = (recipes / "vcpkg/vcpkg.json").read_text()
    manifest = json.loads(text)
    assert text == json.dumps(manifest, indent=2) + "\n"
    order = ["name", "version", "description", "license", "supports", "dependencies"]
    assert list(manifest) == order
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", manifest["name"]) and manifest["version"] == VERSION
    assert manifest["license"] == "MIT OR Apache-2.0"
    assert set(re.findall("[a-z]+", manifest["supports"])) <= {"linux", "osx", "native", "windows"}


@pytest.fixture(scope="module")
def formula(recipes):
    run(ROOT / "tools/need", "ruby:ruby", "rubocop:rubocop")
    return recipes / "homebrew/oap.rb"


def test_the_formula_is_ruby_in_homebrews_style(formula):
    assert run("ruby", "-wc", formula) == "Syntax OK\n"
    run("rubocop", "--config", HERE / "rubocop.yml", "--cache", "false", formula)


def test_the_formula_installs_and_passes_its_own_test(formula, tmp_path):
    assert run("ruby", HERE / "formula.rb", formula, tmp_path, **OFFLINE).endswith(f"installed and tested {VERSION}\n")


def test_what_the_recipes_run_is_executable_in_the_sources():
    with tarfile.open(SOURCE) as archive:
        for name in ("oap-ffi/build", "tools/install"):
            assert archive.getmember(f"oap-{VERSION}/{name}").mode & 0o111
