"""Fixtures of several files, and Hypothesis's profiles, without a time limit an example: `--hypothesis-profile=long` for sdk-python/fuzz."""

import asyncio
import subprocess

import pytest
from hostile_peers import LOOPS, Main, Run
from hypothesis import HealthCheck, settings
from tls import Tls

settings.register_profile("short", deadline=None)
settings.register_profile("long", max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile("short")


@pytest.fixture(params=LOOPS)
def run(request: pytest.FixtureRequest) -> Run:
    def run_bounded(main: Main) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(60):
                await main()

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(bounded())

    return run_bounded


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """Both sides of TLS with a certificate for localhost that signs itself."""
    where = tmp_path_factory.mktemp("tls")
    cert, key = where / "cert.pem", where / "key.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    subprocess.run(
        [*command.split(), "-addext", "subjectAltName=DNS:localhost", "-out", cert, "-keyout", key],
        check=True,
        capture_output=True,
    )
    return Tls(cert, key)
