"""`docker-compose.yml` and `.env.example`: valid, closed, and true to each other."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dev.keeper import ROOT
from postroom.shared.env import read_dotenv
from tests.support.deploy.compose_file import EXAMPLE, FILE, PINNED, read_compose, variables

SERVICES: dict[str, dict[str, Any]] = read_compose()["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def check_schema(path: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("check-jsonschema")
    return run(program, "--builtin-schema", "vendor.compose-spec", path)


needs_compose = pytest.mark.skipif(
    shutil.which("docker") is None or run("docker", "compose", "version").returncode != 0,
    reason="docker compose is not on this machine",
)


def test_compose_file_fits_the_specification() -> None:
    done = check_schema(FILE)
    assert done.returncode == 0, done.stdout


def test_what_the_specification_forbids_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "docker-compose.yml"
    path.write_text(FILE.read_text().replace("read_only: true", "readonly: true"))
    assert check_schema(path).returncode == 1


@needs_compose
def test_docker_compose_reads_the_file() -> None:
    done = run("docker", "compose", "--file", FILE, "config", "--quiet")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_is_closed_and_limited(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert service["healthcheck"].keys() & {"test", "disable"}
    if "build" not in service:
        assert PINNED.fullmatch(service["image"]), service["image"]
        assert service["user"] not in ("root", "0")
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:"), "open to other machines"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_service_names_only_what_there_is(name: str) -> None:
    service, whole = SERVICES[name], read_compose()
    for needed, how in service.get("depends_on", {}).items():
        other = SERVICES[needed]
        if how["condition"] == "service_healthy":
            assert "test" in other["healthcheck"], needed
        else:
            assert (how["condition"], other["restart"]) == ("service_completed_successfully", "no")
        assert set(service["networks"]) & set(other["networks"]) or needed == "migrate"
    assert set(service["networks"]) <= set(whole["networks"])
    mounted = {
        one["source"] if isinstance(one, dict) else one for one in service.get("secrets", [])
    }
    assert mounted <= set(whole["secrets"])
    files = [v for k, v in service.get("environment", {}).items() if k.endswith("_FILE")]
    assert {file.removeprefix("/run/secrets/") for file in files} <= mounted
    volumes = {one.split(":")[0] for one in service.get("volumes", [])}
    assert volumes <= set(whole["volumes"])


@pytest.mark.parametrize("name", OURS)
def test_environment_has_documented_settings_and_no_secrets(name: str) -> None:
    documented = (ROOT / "docs/settings.md").read_text()
    for setting in SERVICES[name].get("environment", {}):
        if setting != "WEB_CONCURRENCY":  # gunicorn's own
            assert f"`{setting.removesuffix('_FILE')}`" in documented, setting
        assert not re.search(r"(PASSWORD|SECRET_KEY|DATABASE_URL)$", setting), "not by file"


def test_processes_are_those_of_the_specification() -> None:
    commands = {name: SERVICES[name].get("command", [])[2:] for name in OURS}
    assert commands == {
        "mailbox": [],
        "mailer": [],
        "jobs": ["run_jobs"],
        "migrate": ["migrate", "--noinput"],
        "relay": ["relay_emails"],
        "web": [],
    }
    assert SERVICES["mailer"]["deploy"]["replicas"] == 2


def test_no_running_service_is_a_superuser_of_the_database() -> None:
    roles = {
        name: {one for one in service.get("secrets", []) if "database_url" in str(one)}
        for name, service in SERVICES.items()
    }
    web = {"database_url_web"}
    assert {name: urls for name, urls in roles.items() if urls} == {
        "migrate": {"database_url_owner"},
        "web": web,
        "relay": web,
        "jobs": web,
        "mailer": {"database_url_mailer"},
    }
    for name in ("web", "relay", "jobs", "mailer"):
        assert (
            SERVICES[name]["depends_on"]["roles"]["condition"] == "service_completed_successfully"
        )
    holders = {n for n, one in SERVICES.items() if "postgres_password" in one.get("secrets", [])}
    assert holders == {"postgres", "roles", "roles-before"}


def test_example_of_settings_is_what_holds_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line for line in EXAMPLE.read_text().splitlines() if re.match(r"#?[A-Z_]+=", line)]
    shown = dict(line.removeprefix("#").split("=", 1) for line in lines)
    assert {name: {value} for name, value in shown.items()} == variables()
    assert read_compose(shown) == read_compose()
    # In development the site reads the same file.
    (tmp_path / ".env").write_text("\n".join(lines).replace("#", ""))
    for name in shown:
        monkeypatch.setenv(name, "kept")
    read_dotenv(tmp_path / ".env")


def test_secrets_are_made_once_and_agree(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    files = {
        name: Path(secret["file"])
        for name, secret in read_compose({"SECRETS_FOLDER": str(folder)})["secrets"].items()
    }
    script = ROOT / "docker/make-secrets.sh"
    assert run("sh", script, folder).returncode == 0
    made = {name: file.read_text() for name, file in files.items()}
    assert set(folder.iterdir()) == set(files.values())
    for part in ("owner", "web", "mailer"):
        password = made[f"postgres_{part}_password"]
        assert f"://postroom_{part}:{password}@postgres:" in made[f"database_url_{part}"]
        assert password != made["postgres_password"]
    assert f"default_pass = {made['rabbitmq_password']}\n" in made["rabbitmq_conf"]
    for name in ("secret_key", "postgres_password", "rabbitmq_password"):
        assert re.fullmatch(r"[0-9a-f]{48}", made[name])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in files.values()} == {0o644}
    files["secret_key"].unlink()
    again = run("sh", script, folder)
    assert again.stdout == f"made {files['secret_key']}\n"
    assert files["secret_key"].read_text() != made.pop("secret_key")
    assert {name: files[name].read_text() for name in made} == made
