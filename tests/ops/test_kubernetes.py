"""The Kubernetes manifests are valid, agree with each other, and start a gateway that its probes find as they say."""

import copy
import json
import re
import socket
import ssl
import subprocess
import sys
import time
import tomllib
import warnings
from pathlib import Path

import pytest
import yaml

import certificate
import kustomize
import prometheus_rule

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import kubernetes_validate

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "prometheus"))
from gateway import HAPPY, PATIENCE, PROGRAM, Gateway  # noqa: E402

FOLDER = ROOT / "ops" / "kubernetes"
BASE = kustomize.build(FOLDER / "base")
PRODUCTION = kustomize.build(FOLDER / "production")
VERSION = "1.31"
OPERATOR = "monitoring.coreos.com/v1"
# By the components.
CHANGED = {"Deployment", "HorizontalPodAutoscaler"}


def by_kind(objects):
    return {one["kind"]: one for one in objects if one["metadata"]["name"] != "svc-gateway-metrics"}


BY_KIND = by_kind(BASE)
DEPLOYMENT = BY_KIND["Deployment"]["spec"]
POD = DEPLOYMENT["template"]
LABELS = POD["metadata"]["labels"]
[CONTAINER] = POD["spec"]["containers"]
PORTS = {port["name"]: port["containerPort"] for port in CONTAINER["ports"]}
[CONFIG_NAME] = BY_KIND["ConfigMap"]["data"]
CONFIG_TEXT = BY_KIND["ConfigMap"]["data"][CONFIG_NAME]
CONFIG = tomllib.loads(CONFIG_TEXT)
PROBES = {name: CONTAINER[name]["httpGet"] for name in ("startupProbe", "readinessProbe", "livenessProbe")}
[METRICS_SERVICE] = [one for one in PRODUCTION if one["metadata"]["name"] == "svc-gateway-metrics"]
MONITOR = by_kind(PRODUCTION)["ServiceMonitor"]


# Each takes a second, and most of them are the same in both.
CORE = [one for one in PRODUCTION + [one for one in BASE if one["kind"] in CHANGED] if one["apiVersion"] != OPERATOR]


@pytest.mark.parametrize("one", CORE, ids=lambda one: one["kind"])
def test_it_is_valid_by_the_schema_of_kubernetes(one):
    kubernetes_validate.validate(one, VERSION, strict=True)


def test_the_schema_refuses_a_key_that_does_not_exist():
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(BY_KIND["Service"] | {"replicas": 3}, VERSION, strict=True)


@pytest.fixture(scope="module")
def operator_python():
    """Of an environment that has the schemas of the Prometheus operator."""
    environment, here = ROOT / "build" / "tools" / "operator", Path(__file__).with_name("operator")
    if not (environment / "made").exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
        install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", here / "requirements.txt"]
        subprocess.run([environment / "bin" / "python", *install], check=True)
        (environment / "made").touch()
    return [environment / "bin" / "python", here / "validate.py"]


def test_the_others_are_valid_by_the_schemas_of_the_prometheus_operator(operator_python):
    ours = [one for one in PRODUCTION if one["apiVersion"] == OPERATOR]
    assert {one["kind"] for one in ours} == {"ServiceMonitor", "PrometheusRule"}
    unknown, without = copy.deepcopy(MONITOR), copy.deepcopy(MONITOR)
    unknown["spec"]["endpoints"][0]["prot"] = "metrics"
    del without["spec"]["selector"]
    asked = json.dumps([*ours, unknown, without])
    told = subprocess.run(operator_python, input=asked, capture_output=True, text=True, check=True)
    *faults, of_unknown, of_without = json.loads(told.stdout)
    assert faults == [None, None] and "does not know" in of_unknown and "selector" in of_without


def test_every_selector_finds_the_pods():
    assert DEPLOYMENT["selector"]["matchLabels"] == LABELS
    assert BY_KIND["Service"]["spec"]["selector"] == METRICS_SERVICE["spec"]["selector"] == LABELS
    assert BY_KIND["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == LABELS
    assert BY_KIND["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"] == LABELS
    scaler = BY_KIND["HorizontalPodAutoscaler"]["spec"]
    assert scaler["scaleTargetRef"]["name"] == BY_KIND["Deployment"]["metadata"]["name"]
    assert scaler["minReplicas"] > BY_KIND["PodDisruptionBudget"]["spec"]["minAvailable"]


def test_ports_are_those_of_the_configuration():
    assert CONFIG["listen"] == f"0.0.0.0:{PORTS['oap']}"
    assert CONFIG["metrics_addr"] == f"0.0.0.0:{PORTS['metrics']}"
    assert POD["metadata"]["annotations"]["prometheus.io/port"] == str(PORTS["metrics"])
    assert [port["targetPort"] for port in BY_KIND["Service"]["spec"]["ports"]] == ["oap"]
    assert {probe["port"] for probe in PROBES.values()} == {"metrics"}


def test_peers_come_from_everywhere_and_the_metrics_go_to_prometheus_alone():
    rules = BY_KIND["NetworkPolicy"]["spec"]["ingress"]
    sources = {port["port"]: rule.get("from") for rule in rules for port in rule["ports"]}
    assert set(sources) == set(PORTS) and sources["oap"] is None
    assert sources["metrics"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
    assert BY_KIND["NetworkPolicy"]["spec"].get("egress", []) == []


def test_the_monitor_finds_the_metrics_and_names_the_job_of_the_alerts():
    wanted = MONITOR["spec"]["selector"]["matchLabels"].items()
    assert wanted <= METRICS_SERVICE["metadata"]["labels"].items()
    assert not wanted <= BY_KIND["Service"]["metadata"]["labels"].items()
    [endpoint] = MONITOR["spec"]["endpoints"]
    [port] = METRICS_SERVICE["spec"]["ports"]
    assert (endpoint["port"], port["targetPort"], port["port"]) == (port["name"], "metrics", PORTS["metrics"])
    assert {"targetLabel": "job", "replacement": "gateway"} in endpoint["relabelings"]


def test_the_rule_of_the_operator_is_the_file_of_rules():
    assert prometheus_rule.WRITTEN.read_text() == prometheus_rule.text(), "run `make alerts`"


def test_pods_are_added_for_the_load_below_the_mark_at_which_they_are_not_ready():
    first, second = by_kind(PRODUCTION)["HorizontalPodAutoscaler"]["spec"]["metrics"]
    assert first["pods"]["metric"]["name"] == "oap_host_load_ratio"
    assert first["pods"]["target"]["averageValue"] == "600m" and second["resource"]["name"] == "cpu"
    shown = re.search(r"^ *```yaml\n( *rules:.*?)^ *```$", (FOLDER / "README.md").read_text(), re.M | re.S)
    [adapter] = yaml.safe_load(shown[1])["rules"]["custom"]
    assert adapter["seriesQuery"].startswith("oap_host_load_ratio{") and adapter["name"]["as"] == "oap_host_load_ratio"


def test_the_runbook_asks_the_pods_of_the_namespace():
    [asked] = re.findall(r"^```sh cluster\n(.*?)^```$", (ROOT / "docs" / "RUNBOOK.md").read_text(), re.M | re.S)
    assert {one["metadata"]["namespace"] for one in PRODUCTION} == set(re.findall(r" -n (\S+)", asked))
    [(name, value)] = LABELS.items()
    assert set(re.findall(r" -l (\S+)", asked)) == {f"{name}={value}"}


def test_readiness_and_liveness_ask_different_things():
    assert PROBES["readinessProbe"]["path"] == "/readyz"
    assert PROBES["livenessProbe"]["path"] == PROBES["startupProbe"]["path"] == "/healthz"


def test_the_grace_period_is_longer_than_the_drain():
    assert POD["spec"]["terminationGracePeriodSeconds"] > CONFIG["drain_notice_seconds"] + CONFIG["drain_seconds"]


@pytest.mark.parametrize(("objects", "volumes"), [(BASE, {"configMap"}), (PRODUCTION, {"configMap", "secret"})])
def test_nothing_can_be_written_and_nobody_is_root(objects, volumes):
    pod = by_kind(objects)["Deployment"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"] and not security["allowPrivilegeEscalation"]
    assert security["capabilities"] == {"drop": ["ALL"]}
    assert pod["securityContext"]["runAsNonRoot"]
    assert all(mount["readOnly"] for mount in container["volumeMounts"])
    assert {kind for volume in pod["volumes"] for kind in volume} - {"name"} == volumes


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


@pytest.fixture
def tls_environment(tmp_path, monkeypatch):
    """The variables of the container with TLS, and a pair where its Secret would be."""
    pod = by_kind(PRODUCTION)["Deployment"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    [mount] = [mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "tls"]
    certificate.make(tmp_path)
    for variable in container["env"]:
        monkeypatch.setenv(variable["name"], variable["value"].replace(mount, str(tmp_path)))
    return tmp_path


def test_the_gateway_with_tls_speaks_nothing_else(args, tls_environment):
    command = [PROGRAM, *args, "--tls-listen", "127.0.0.1:0", "--metrics-addr", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            listening = next(event for event in map(json.loads, process.stdout) if event["event"] == "listening")
            assert listening["transport"] == "tls"
            host, port = listening["addr"].split(":")
            plain = socket.create_connection((host, int(port)), timeout=PATIENCE)
            trusted = ssl.create_default_context(cafile=tls_environment / "tls.crt")
            with trusted.wrap_socket(plain, server_hostname="localhost") as peer:
                assert peer.version() == "TLSv1.3"
                peer.sendall(b"".join(HAPPY))
                assert peer.recv(65536)
        finally:
            process.kill()
