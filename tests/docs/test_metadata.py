"""What a registry asks of a crate stands in each one that is to be published, and each file that it names is in its package."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


PACKAGES = json.loads(cargo("metadata", "--no-deps", "--offline", "--format-version", "1"))["packages"]
PUBLISHED = [package for package in PACKAGES if package["publish"] is None]
# Those of crates.io that fit.
CATEGORIES = {"api-bindings", "asynchronous", "command-line-utilities", "encoding", "network-programming", "no-std", "parser-implementations"}


def test_these_are_published():
    assert {package["name"] for package in PUBLISHED} == {"oap", "oap-ffi", "oap-tokio"}


@pytest.mark.parametrize("package", PUBLISHED, ids=lambda package: package["name"])
def test_it_says_what_it_is(package):
    assert package["description"].endswith(".") and len(package["description"]) < 120
    assert package["license"] == "MIT OR Apache-2.0" and package["authors"]
    assert 1 <= len(package["keywords"]) <= 5 and all(len(word) <= 20 for word in package["keywords"])
    assert package["categories"] and set(package["categories"]) <= CATEGORIES
    # No place is known yet; one that is made up would mislead.
    assert package["repository"] is None and package["homepage"] is None


@pytest.mark.parametrize("package", PUBLISHED, ids=lambda package: package["name"])
def test_its_package_has_the_page_that_a_registry_shows_and_the_licences(package):
    assert (Path(package["manifest_path"]).parent / package["readme"]).is_file()
    listed = cargo("package", "--list", "--offline", "--allow-dirty", "-p", package["name"]).splitlines()
    assert {"README.md", "LICENSE-APACHE", "LICENSE-MIT"} <= set(listed)


@pytest.mark.parametrize("package", PUBLISHED, ids=lambda package: package["name"])
def test_the_documentation_shows_what_features_bring(package):
    optional = set(package["features"]) - {"default", "std", "capi", "test-hooks"}
    assert not optional or package["metadata"]["docs"]["rs"]["all-features"]
