"""The Kubernetes manifest is valid, agrees with itself, and starts a gateway that its probes find as it says."""

import subprocess
import sys
import time
import tomllib
import warnings
from pathlib import Path

import pytest
import yaml

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import kubernetes_validate

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "prometheus"))
from gateway import HAPPY, PROGRAM, Gateway  # noqa: E402

MANIFEST = ROOT / "ops" / "kubernetes" / "svc-gateway.yaml"
OBJECTS = list(yaml.safe_load_all(MANIFEST.read_text()))
BY_KIND = {one["kind"]: one for one in OBJECTS}
VERSION = "1.31"

DEPLOYMENT = BY_KIND["Deployment"]["spec"]
POD = DEPLOYMENT["template"]
[CONTAINER] = POD["spec"]["containers"]
PORTS = {port["name"]: port["containerPort"] for port in CONTAINER["ports"]}
[CONFIG_NAME] = BY_KIND["ConfigMap"]["data"]
CONFIG_TEXT = BY_KIND["ConfigMap"]["data"][CONFIG_NAME]
CONFIG = tomllib.loads(CONFIG_TEXT)
PROBES = {name: CONTAINER[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}


@pytest.mark.parametrize("one", OBJECTS, ids=lambda one: one["kind"])
def test_it_is_valid_by_the_schema_of_kubernetes(one):
    kubernetes_validate.validate(one, VERSION, strict=True)


def test_the_schema_refuses_a_key_that_does_not_exist():
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(BY_KIND["Service"] | {"replicas": 3}, VERSION, strict=True)


def test_every_selector_finds_the_pods():
    labels = POD["metadata"]["labels"]
    assert DEPLOYMENT["selector"]["matchLabels"] == labels
    assert BY_KIND["Service"]["spec"]["selector"] == labels
    assert BY_KIND["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert BY_KIND["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == BY_KIND["Deployment"]["metadata"]["name"]
    assert BY_KIND["HorizontalPodAutoscaler"]["spec"]["minReplicas"] > BY_KIND["PodDisruptionBudget"]["spec"]["minAvailable"]


def test_ports_are_those_of_the_configuration():
    assert CONFIG["listen"] == f"0.0.0.0:{PORTS['oap']}"
    assert CONFIG["metrics_addr"] == f"0.0.0.0:{PORTS['metrics']}"
    assert POD["metadata"]["annotations"]["prometheus.io/port"] == str(PORTS["metrics"])
    assert [port["targetPort"] for port in BY_KIND["Service"]["spec"]["ports"]] == ["oap"]
    assert {probe["port"] for probe in PROBES.values()} == {"metrics"}


def test_readiness_and_liveness_ask_different_things():
    assert PROBES["readinessProbe"]["path"] == "/readyz"
    assert PROBES["livenessProbe"]["path"] == PROBES["startupProbe"]["path"] == "/healthz"


def test_the_grace_period_is_longer_than_the_drain():
    assert POD["spec"]["terminationGracePeriodSeconds"] > CONFIG["drain_notice_seconds"] + CONFIG["drain_seconds"]


def test_nothing_can_be_written_and_nobody_is_root():
    security = CONTAINER["securityContext"]
    assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert POD["spec"]["securityContext"]["runAsNonRoot"]
    assert all(mount["readOnly"] for mount in CONTAINER["volumeMounts"])
    assert [set(volume) for volume in POD["spec"]["volumes"]] == [{"name", "configMap"}]


@pytest.fixture
def args(tmp_path):
    """The container's, with its configuration where it can be read here."""
    [mount] = CONTAINER["volumeMounts"]
    (tmp_path / CONFIG_NAME).write_text(CONFIG_TEXT)
    return [arg.replace(mount["mountPath"], str(tmp_path)) for arg in CONTAINER["args"]]


def test_the_gateway_accepts_the_configuration(args):
    checked = subprocess.run([PROGRAM, *args, "--check-config"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_a_gateway_so_started_answers_its_probes_and_drains_in_time(args):
    with Gateway(*args) as gateway:
        for probe in PROBES.values():
            assert gateway.get(probe["path"])
        assert "oap_frames_total" in gateway.get(POD["metadata"]["annotations"]["prometheus.io/path"])
        gateway.converse(*HAPPY)
        started = time.monotonic()
        assert gateway.stop() == 0
        assert time.monotonic() - started < POD["spec"]["terminationGracePeriodSeconds"]
