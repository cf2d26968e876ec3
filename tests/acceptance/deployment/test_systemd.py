"""What systemd hears from each part, started as its unit starts it."""

import re
import socket
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from dev.postgres import Postgres
from tests.support.acceptance.mailer_probes import get, notify_socket
from tests.support.acceptance.system import SYSTEM_TEMPLATES, System
from tests.support.deploy.systemd_unit import services
from tests.support.waits import PATIENCE

WATCHED = ["postroom-relay", "postroom-jobs", "postroom-mailer@"]
LOOPS = ["relay_emails", "run_jobs"]
# As `manage.py`, with little patience.
IMPATIENT = (
    "import runpy, sys; from postroom.shared.process import liveness; liveness.STUCK_SECONDS = 8;"
    "sys.argv = sys.argv[1:]; runpy.run_path('manage.py', run_name='__main__')"
)

# A mailer with little patience, after one more statement.
STALLS_SOON = (
    "import sys, threading;"
    "from postroom.mailer import __main__, daemon, heartbeat, pipeline, sending;"
    "daemon.STALL_SECONDS = 4; heartbeat.BEAT_SECONDS = 1; {}; sys.exit(__main__.main(['run']))"
)


@pytest.mark.parametrize("name", WATCHED)
def test_unit_says_ready_alive_and_stopping(system: System, name: str, tmp_path: Path) -> None:
    unit = services()[name]
    # Paths of the machine that the units are for.
    environment = unit.environment(instance="0") | {"EMAIL_TEMPLATE_DIRS": SYSTEM_TEMPLATES}
    with notify_socket() as (address, listener):
        program = system.start(
            name,
            unit.arguments(instance="0", runtime=tmp_path),
            **environment,
            NOTIFY_SOCKET=address,
        )
        words = [listener.recv(100) for _ in range(4)]
        assert words == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1", b"WATCHDOG=1"]
        if name == "postroom-mailer@":
            assert get(program, "/healthz")[0] == 200
        program.terminate()
        while (word := listener.recv(100)) == b"WATCHDOG=1":
            pass
        assert word == b"STOPPING=1"
        assert program.wait() == 0


def test_web_unit_says_ready_and_answers(system: System, tmp_path: Path) -> None:
    unit = services()["postroom-web"]
    (tmp_path / unit.one("RuntimeDirectory")).mkdir()
    with notify_socket() as (address, listener):
        web = system.start(
            "web",
            unit.arguments(instance="", runtime=tmp_path),
            **unit.environment(instance=""),
            # In place of /etc/postroom/web.env, as the unit's comment says.
            GUNICORN_CMD_ARGS="--bind=127.0.0.1:0",
            NOTIFY_SOCKET=address,
        )
        assert listener.recv(1000).startswith(b"READY=1")
    found = re.search(r"Listening at: http://([\d.:]+)", web.log.read_text())
    assert found
    with closing(HTTPConnection(found[1], timeout=PATIENCE)) as http:
        http.request("GET", "/readyz")
        assert http.getresponse().status == 200
    assert web.stop() == 0


@pytest.mark.parametrize("command", LOOPS)
def test_loop_that_hangs_falls_silent_and_the_next_process_waits_for_the_database(
    killable_system: System, private_postgres: Postgres, command: str
) -> None:
    with notify_socket() as (address, listener):
        stuck = killable_system.start(command, ["manage.py", command], NOTIFY_SOCKET=address)
        assert [listener.recv(100) for _ in range(2)] == [b"READY=1", b"WATCHDOG=1"]
        private_postgres.pause()
        wait_for_silence(listener, seconds=4)
        assert stuck.running, "hangs in a call that does not return"
        stuck.kill()  # what systemd does then
        fresh = killable_system.start(command, ["manage.py", command], NOTIFY_SOCKET=address)
        words = [listener.recv(100) for _ in range(3)]
        assert words == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"], "waiting is not hanging"
        private_postgres.resume()
        assert fresh.stop() == 0


@pytest.mark.fault(36)
@pytest.mark.parametrize("command", LOOPS)
def test_loop_that_hangs_ends_its_process_whoever_started_it(
    killable_system: System, private_postgres: Postgres, command: str
) -> None:
    with notify_socket() as (address, listener):
        program = killable_system.start(
            command, ["-c", IMPATIENT, "manage.py", command], NOTIFY_SOCKET=address
        )
        assert [listener.recv(100) for _ in range(2)] == [b"READY=1", b"WATCHDOG=1"]
        private_postgres.pause()
        assert program.wait() == 1
    assert len(program.logged("loop_stuck")) == 1


@pytest.mark.fault(36)
@pytest.mark.parametrize(
    ("step", "loop"),
    [
        ("pipeline.Pipeline.claim_step", "claim"),
        ("sending.Sending.step", "send"),
        ("heartbeat.HeartbeatSender._beat", "keep"),
    ],
)
def test_mailer_with_a_loop_that_hangs_ends(system: System, step: str, loop: str) -> None:
    hang = f"{step} = lambda self, *_: threading.Event().wait()"
    mailer = system.start("mailer", ["-c", STALLS_SOON.format(hang)])
    assert mailer.wait() == 1
    (line,) = mailer.logged("mailer_stuck")
    assert line[loop] == "no progress for a minute"


def wait_for_silence(listener: socket.socket, *, seconds: float) -> None:
    """As systemd with `WatchdogSec`: returns when no word came for so long."""
    listener.settimeout(seconds)
    try:
        for _ in range(100):
            listener.recv(100)
    except TimeoutError:
        listener.settimeout(PATIENCE)
        return
    raise AssertionError("it goes on saying that it is alive")
