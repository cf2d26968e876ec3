"""The pods of `deploy/kubernetes` as processes: their environment, commands and probes."""

import re
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from dev.keeper import ROOT
from postroom.shared.status import Status
from tests.support.acceptance.mailer_probes import changed
from tests.support.acceptance.program import Program
from tests.support.acceptance.system import System
from tests.support.deploy.kustomize import Object, build, containers
from tests.support.waits import PATIENCE

OBJECTS = build(ROOT / "deploy/kubernetes-production")
SETTINGS = OBJECTS["ConfigMap", "postroom"]["data"]
MOUNT = "/run/secrets/postroom"


class Pods:
    """Starts containers here; only where servers and sockets are differs from the manifests."""

    def __init__(self, system: System, folder: Path) -> None:
        self._system = system
        self._folder = folder
        self.keep("SECRET_KEY", "for tests only")
        self.keep("DATABASE_URL", system.database_url)
        self.keep("RABBITMQ_URL", system.broker.url)
        self.keep("EMAIL_HOST_PASSWORD", "")

    def keep(self, name: str, value: str) -> None:
        """Put a key of the secret into its file."""
        (self._folder / name).write_text(value)

    def start(self, container: Object) -> Program:
        """The container's command with the container's environment."""
        variables = {v["name"]: v.get("value", "a-pod") for v in container["env"]}
        values = SETTINGS | {
            name: value.replace(MOUNT, str(self._folder)) for name, value in variables.items()
        }
        # Empty counts as not set: what a pod finds only in files must come from them.
        bare = dict.fromkeys(("SECRET_KEY", "DATABASE_URL", "RABBITMQ_URL"), "")
        here: dict[str, Any] = {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": self._system.catcher.port,
            "EMAIL_USE_TLS": "false",
            "EMAIL_HOST_USER": "",
            "GUNICORN_CMD_ARGS": "--bind=127.0.0.1:0",
            "MAILER_HEALTH_PORT": "0",
        }
        program, *words = container["command"]
        words = ["-m", "gunicorn", *words] if program == "gunicorn" else words
        return self._system.start(container["name"], words, **bare | values | here)

    def run(self, *containers: Object) -> list[int]:
        """The exit codes of containers that end by themselves."""
        programs = [self.start(container) for container in containers]
        codes = [program.wait() for program in programs]
        for program in programs:
            self._system.programs.remove(program)  # it was meant to
        return codes


def of(kind: str, part: str) -> list[Object]:
    return containers(OBJECTS[kind, f"postroom-{part}"])


def test_pods_find_their_settings_answer_their_probes_and_deliver(
    system: System, tmp_path: Path
) -> None:
    pods = Pods(system, tmp_path)
    waiting, web = of("Deployment", "web")
    assert pods.run(*of("Job", "migrate"), waiting) == [0, 0]
    (mailer,), (_, relay) = of("Deployment", "mailer"), of("Deployment", "relay")
    site, sender = pods.start(web), pods.start(mailer)
    pods.start(relay)
    ids = system.queue(20)
    system.wait_until_settled()
    assert system.statuses(ids) == {Status.COMPLETED: 20}
    web_address = system.wait(lambda: found(site, r"Listening at: http://([\d.:]+)"))
    health_port = found(sender, r'"health_port": (\d+)')
    for container, address in ((web, web_address), (mailer, f"127.0.0.1:{health_port}")):
        for name in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert answer(address, container[name]["httpGet"]) == 200, name
    assert site.stop() == sender.stop() == 0


def test_pods_wait_while_the_tables_are_not_there(system: System, tmp_path: Path) -> None:
    pods = Pods(system, tmp_path)
    pods.keep("DATABASE_URL", changed(system.database_url, path="/postgres"))
    assert pods.run(*(of("Deployment", part)[0] for part in ("web", "relay"))) == [1, 1]


def found(program: Program, pattern: str) -> str:
    match = re.search(pattern, program.log.read_text())
    return match[1] if match else ""


def answer(address: str, probe: Object) -> int:
    """The status a probe gets, asked as kubelet does: by address, without TLS."""
    assert probe.keys() == {"path", "port"}
    with closing(HTTPConnection(address, timeout=PATIENCE)) as http:
        http.request("GET", probe["path"])
        return http.getresponse().status
