"""`deploy/kubernetes` with its overlay: valid, closed in, and of one piece."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from django.core.management import get_commands

from dev.keeper import ROOT
from postroom.mailer.settings import read_settings
from postroom.shared.broker.topology import QUEUES
from postroom.shared.env import Environment
from tests.support.deploy.documented_settings import known_settings
from tests.support.deploy.keda_schema import SCALED_OBJECT, TRIGGER_AUTHENTICATION
from tests.support.deploy.kustomize import Object, build, containers, pod

OVERLAY = ROOT / "deploy/kubernetes-production"
KEDA = {"ScaledObject": SCALED_OBJECT, "TriggerAuthentication": TRIGGER_AUTHENTICATION}
OBJECTS = build(OVERLAY)
SECRETS = {
    *("SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL", "RABBITMQ_URL", "RABBITMQ_PASSWORD"),
    *("RABBITMQ_MANAGEMENT_URL", "EMAIL_HOST_PASSWORD", "METRICS_TOKEN", "DKIM_PRIVATE_KEY"),
}
DEPLOYMENTS = ["web", "relay", "mailer"]
every_object = pytest.mark.parametrize("one", OBJECTS.values(), ids=map("/".join, OBJECTS))
every_pod = pytest.mark.parametrize(
    "one", [one for one in OBJECTS.values() if pod(one)], ids=lambda one: one["metadata"]["name"]
)


def named(kind: str, part: str) -> Object:
    return OBJECTS[kind, f"postroom-{part}"]


@every_object
def test_object_fits_its_schema(one: Object) -> None:
    if one["kind"] in KEDA:
        jsonschema.validate(one, KEDA[one["kind"]])
        return
    for version in ("1.30", kubernetes_validate.latest_version()):
        kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("folder", [OVERLAY, ROOT / "deploy/kubernetes"], ids=lambda f: f.name)
def test_kubectl_builds_the_same(folder: Path) -> None:
    if not shutil.which("kubectl"):
        pytest.skip("kubectl is not on this machine")
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    built = {(o["kind"], o["metadata"]["name"]): o for o in yaml.safe_load_all(done.stdout)}
    assert built == build(folder)


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ({"resources": [], "helmCharts": []}, "helmCharts"),
        ({"resources": [], "patches": [{"patch": "text"}]}, "only patches with a path"),
        ({"resources": [], "patches": [{"path": "one.yaml"}]}, "no .* to be changed"),
        ({"resources": ["one.yaml", "one.yaml"]}, "there already"),
        ({"resources": ["one.yaml"], "patches": [{"path": "one.yaml"}]}, "patch of a list"),
    ],
)
def test_what_the_reader_does_not_understand_is_refused(
    tmp_path: Path, plan: Any, words: str
) -> None:
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(plan))
    one = {"kind": "List", "metadata": {"name": "one"}, "spec": [1]}
    (tmp_path / "one.yaml").write_text(yaml.safe_dump(one))
    with pytest.raises(ValueError, match=words):
        build(tmp_path)


@every_pod
def test_pod_is_closed_in(one: Object) -> None:
    found = pod(one)
    assert found
    spec, rights = found["spec"], found["spec"]["securityContext"]
    assert (rights["runAsNonRoot"], rights["runAsUser"]) == (True, 10001)
    assert rights["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is spec["enableServiceLinks"] is False
    for container in containers(one):
        assert container["securityContext"] == {
            "privileged": False,
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"].keys() == {"requests", "limits"}
        assert re.fullmatch(r"registry\.example\.org/postroom/\w+:0\.1\.0", container["image"])


@every_pod
def test_pod_sets_what_there_is_and_finds_its_secrets_in_files(one: Object) -> None:
    found = pod(one)
    assert found
    (secrets,) = [v["secret"] for v in found["spec"]["volumes"] if "secret" in v]
    there = {item["path"] for item in secrets.get("items", [])}
    asked: set[str] = set()
    for container in containers(one):
        names = {variable["name"] for variable in container["env"]}
        assert names <= known_settings()
        files = {v["value"] for v in container["env"] if v["name"].endswith("_FILE")}
        asked |= {file.removeprefix("/run/secrets/postroom/") for file in files}
        # A secret's value stands in no environment.
        assert not names & SECRETS
    # The jobs' file, which is generated, mounts the whole secret.
    assert there == asked or one["kind"] == "CronJob"


def test_config_map_has_known_settings_and_no_secret() -> None:
    values = OBJECTS["ConfigMap", "postroom"]["data"]
    assert values.keys() <= known_settings()
    assert not values.keys() & SECRETS


@every_pod
def test_command_exists(one: Object) -> None:
    for container in containers(one):
        match container["command"]:
            case ["python", "manage.py", command, *_]:
                assert command in get_commands()
            case words:
                assert words[:1] == ["gunicorn"] or words == [
                    "python",
                    "-m",
                    "postroom.mailer",
                    "run",
                ]


@pytest.mark.parametrize("part", DEPLOYMENTS)
def test_deployment_survives_the_loss_of_a_node(part: str) -> None:
    labels = {"app.kubernetes.io/name": "postroom", "app.kubernetes.io/component": part}
    deployment, budget = named("Deployment", part), named("PodDisruptionBudget", part)
    template = pod(deployment)
    assert template
    assert template["metadata"]["labels"] == labels
    assert deployment["spec"]["selector"] == budget["spec"]["selector"] == {"matchLabels": labels}
    spread = template["spec"]["topologySpreadConstraints"]
    assert [one["labelSelector"]["matchLabels"] for one in spread] == [labels, labels]
    assert deployment["spec"].get("replicas", 2) >= 2
    assert budget["spec"]["minAvailable"] == 1


def test_services_and_policies_name_ports_that_there_are() -> None:
    for part, port in (("web", "http"), ("mailer", "health")):
        (container,) = named("Deployment", part)["spec"]["template"]["spec"]["containers"]
        assert [one["name"] for one in container["ports"]] == [port]
        service, policy = named("Service", part), named("NetworkPolicy", part)
        assert service["spec"]["selector"] == service["metadata"]["labels"]
        assert service["spec"]["ports"][0]["targetPort"] == port
        assert policy["spec"]["ingress"][0]["ports"] == [{"port": port, "protocol": "TCP"}]
    (rule,) = OBJECTS["Ingress", "postroom"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": "postroom-web", "port": {"name": "http"}}


def test_mailer_has_time_to_stop_and_keda_says_how_many_there_are() -> None:
    drain = read_settings(Environment({"DATABASE_URL": "postgresql://nobody@127.0.0.1/none"})).drain
    mailer = named("Deployment", "mailer")
    assert mailer["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= drain + 30
    assert "replicas" not in mailer["spec"], "an apply would undo what KEDA decided"
    scaled = named("ScaledObject", "mailer")["spec"]
    assert scaled["scaleTargetRef"] == {"name": mailer["metadata"]["name"]}
    triggers = scaled["triggers"]
    assert {one["metadata"]["queueName"] for one in triggers} == set(QUEUES.values())
    (reference,) = {one["authenticationRef"]["name"] for one in triggers}
    (secret,) = OBJECTS["TriggerAuthentication", reference]["spec"]["secretTargetRef"]
    assert secret == {"parameter": "host", "name": "postroom", "key": "RABBITMQ_URL"}


def test_page_makes_the_secret_with_every_key_that_is_asked_for() -> None:
    page = (ROOT / "docs/kubernetes.md").read_text()
    made = set(re.findall(r"--from-(?:file|literal)=(\w+)", page))
    asked = {
        v["name"].removesuffix("_FILE")
        for one in OBJECTS.values()
        for container in containers(one)
        for v in container["env"]
        if v["name"].endswith("_FILE")
    }
    assert made == asked
