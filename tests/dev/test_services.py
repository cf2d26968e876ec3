"""Services of our own start, obey, crash, come back, and leave nothing behind."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest

from dev import install
from dev import services as dev_services
from dev.answering import speaks_amqp
from dev.keeper import MARK, marked
from dev.processes import ServiceError
from dev.rabbitmq_elsewhere import GivenRabbitMQ
from dev.services import Services, attach
from tests.support.waits import wait_until

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = [sys.executable, str(ROOT / "dev" / "services.py")]
GIVEN = ("DATABASE_URL", "RABBITMQ_URL", "RABBITMQ_MANAGEMENT_URL", "RABBITMQ_HOST", MARK)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No services given: those of this test run are none of this test's business."""
    for name in GIVEN:
        monkeypatch.delenv(name, raising=False)


def port(found: Services) -> int:
    """RabbitMQ's, of a server that was started here."""
    assert not isinstance(found.rabbitmq, GivenRabbitMQ)
    return found.rabbitmq.port


def use_services(found: Services) -> None:
    """Both must do real work."""
    with psycopg.connect(found.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert speaks_amqp(port(found))


def test_command_gets_services_and_gives_its_exit_code(bare: None, tmp_path: Path) -> None:
    program = (
        "import json, os, sys, psycopg; psycopg.connect(os.environ['DATABASE_URL']).close();"
        "json.dump(dict(os.environ), open(sys.argv[1], 'w')); sys.exit(7)"
    )
    # Started from elsewhere and by path, as a person would.
    done = subprocess.run(
        [*SCRIPT, "run", "--", sys.executable, "-c", program, str(tmp_path / "env.json")],
        cwd=tmp_path,
        timeout=120,
    )
    assert done.returncode == 7
    environment = json.loads((tmp_path / "env.json").read_text())
    assert environment["DATABASE_URL"].startswith("postgresql://")
    assert environment["RABBITMQ_URL"].startswith("amqp://")
    assert "RABBITMQ_MANAGEMENT_URL" not in environment
    assert marked(environment[MARK]) == []
    assert not Path(environment[MARK]).parent.exists()


def test_nothing_is_left_after_kill_9_of_the_runner(bare: None, tmp_path: Path) -> None:
    says_where = 'echo "$POSTROOM_SERVICES_FILE" > "$0.new"; mv "$0.new" "$0"; exec sleep 600'
    reported = tmp_path / "told"
    runner = subprocess.Popen([*SCRIPT, "run", "--", "sh", "-c", says_where, str(reported)])
    wait_until(reported.exists)
    file = reported.read_text().strip()
    found = attach(Path(file))
    ours = marked(file)
    assert {found.postgres.pid, found.rabbitmq.pid} <= {process.pid for process in ours}
    assert "sleep" in [process.name() for process in ours]
    runner.kill()
    runner.wait()
    wait_until(lambda: not Path(file).parent.exists())
    assert [
        process for process in ours if psutil.pid_exists(process.pid) and is_alive(process)
    ] == []
    assert not speaks_amqp(port(found))


def is_alive(process: psutil.Process) -> bool:
    return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)


def test_termination_reaches_the_command_and_its_code_comes_back(
    bare: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given services need no start; addresses nobody uses are as good as any.
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    monkeypatch.setenv("RABBITMQ_URL", "amqp://127.0.0.1:1/")
    ready = tmp_path / "ready"
    obeys = 'trap "exit 9" TERM; touch "$0"; while :; do sleep 0.02; done'
    runner = subprocess.Popen([*SCRIPT, "run", "--", "sh", "-c", obeys, str(ready)])
    wait_until(ready.exists)
    runner.terminate()
    assert runner.wait(30) == 9


def test_services_given_by_address_are_used_as_they_are(
    bare: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/site")
    monkeypatch.setenv("RABBITMQ_HOST", "broker.example")
    with dev_services.services() as found:
        assert found.database_url == "postgresql://db.example/site"
        assert found.rabbitmq_url == "amqp://guest:guest@broker.example:5672/%2F"
        assert attach(found.file) == found
        with pytest.raises(ServiceError, match="unset RABBITMQ_URL"):
            found.rabbitmq.kill()


def test_missing_rabbitmq_is_told_in_one_sentence(
    bare: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/site")
    monkeypatch.setattr(install, "find_rabbitmq", lambda: None)
    monkeypatch.setattr(install, "docker_answers", lambda: False)
    monkeypatch.setattr(install, "can_install", lambda: False)
    assert dev_services.main(["run", "--", "true"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert (
        line == "RabbitMQ is missing: install rabbitmq-server, start Docker, or set RABBITMQ_URL."
    )


def test_folder_without_rabbitmq_is_told_in_one_sentence(
    bare: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/site")
    monkeypatch.setenv("POSTROOM_RABBITMQ_ROOT", str(tmp_path))
    assert dev_services.main(["run", "--", "true"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"POSTROOM_RABBITMQ_ROOT={tmp_path} holds no RabbitMQ")


def test_nothing_is_found_where_nothing_is_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert install.find_rabbitmq() is None
    assert not install.docker_answers()
    assert not install.can_install()
    with pytest.raises(ServiceError, match="install either one"):
        install.ensure_chromium()


def test_unknown_program_is_told(
    bare: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/site")
    monkeypatch.setenv("RABBITMQ_URL", "amqp://broker.example/")
    assert dev_services.main(["run", "--", "no-such-program"]) == 127
    assert capsys.readouterr().err == "No such program: no-such-program\n"


def test_crash_pause_and_wipe_are_survived(bare: None) -> None:
    with dev_services.services() as found:
        twin = attach(found.file)  # as another process would
        use_services(twin)
        with psycopg.connect(found.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        twin.postgres.kill()
        assert found.postgres.pid is None
        twin.postgres.start()
        with psycopg.connect(found.database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)

        found.rabbitmq.ctl("add_vhost", "kept")
        twin.rabbitmq.kill()
        assert not speaks_amqp(port(found))
        twin.rabbitmq.start()
        assert "kept" in found.rabbitmq.ctl("list_vhosts", "--silent")

        found.rabbitmq.pause()
        with socket.create_connection(("127.0.0.1", port(found)), timeout=0.5) as frozen:
            frozen.sendall(b"AMQP\x00\x00\x09\x01")
            with pytest.raises(TimeoutError):
                frozen.recv(1)
        found.rabbitmq.resume()
        assert speaks_amqp(port(found))

        found.rabbitmq.wipe()
        assert found.rabbitmq.pid is None
        found.rabbitmq.start()
        assert "kept" not in found.rabbitmq.ctl("list_vhosts", "--silent")
        use_services(found)
        found.postgres.stop()
        assert found.postgres.pid is None
