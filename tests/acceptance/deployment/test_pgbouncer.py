"""Site and jobs behind PgBouncer in transaction mode; relay and mailer connect directly."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.contrib.auth.models import Group
from psycopg.conninfo import conninfo_to_dict

from dev.install import ensure_pgbouncer
from dev.processes import free_ports
from postroom.shared.status import Status
from postroom.web.jobs.models import JobRun
from tests.support.acceptance.program import Program
from tests.support.acceptance.running_site import running_site
from tests.support.acceptance.system import System
from tests.support.waits import wait_until

ROWS, SESSIONS = 1200, 3
# As docs/scaling.md says; Debian 12's PgBouncer 1.18 is before 1.21.
BEHIND_A_POOLER = {"DATABASE_PREPARED_STATEMENTS": "no", "DATABASE_SERVER_SIDE_CURSORS": "no"}
SETTINGS = """
[databases]
* = host={host} port={port} user={user} password={password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {sessions}
server_round_robin = 1
ignore_startup_parameters = extra_float_digits,options
"""


@pytest.fixture
def pooled(system: System) -> Iterator[str]:
    """The test's database through a pooler whose every transaction is in another session."""
    path = ensure_pgbouncer()
    parts = conninfo_to_dict(system.database_url)
    (listen,) = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as name:
        folder = Path(name)
        values = {
            "host": parts.get("host", "127.0.0.1"),
            "port": parts.get("port", 5432),
            "user": parts.get("user", "postgres"),
            "password": parts.get("password", "") or "none",
        }
        (folder / "pgbouncer.ini").write_text(
            SETTINGS.format(listen=listen, sessions=SESSIONS, **values)
        )
        arguments = [path, str(folder / "pgbouncer.ini")]
        if os.geteuid() == 0:  # it refuses to run as root
            shutil.chown(folder, "nobody")
            folder.chmod(0o755)
            arguments = ["/usr/bin/setpriv", "--reuid=nobody", "--clear-groups", *arguments]
        pooler = Program(
            "pgbouncer", arguments[1:], dict(os.environ), folder / "log", python=Path(arguments[0])
        )
        try:
            wait_until(lambda: "process up" in pooler.log.read_text())
            url = urlsplit(system.database_url)
            through = urlunsplit(url._replace(netloc=f"postgres@127.0.0.1:{listen}", query=""))
            with ExitStack() as open_at_once:
                for _ in range(SESSIONS):
                    open_at_once.enter_context(psycopg.connect(through)).execute("SELECT 1")
            yield through
        finally:
            pooler.end()


def job(system: System, pooled: str, *arguments: str, **environment: str) -> Program:
    """A run that ends by itself."""
    started = system.start(
        "job",
        ["manage.py", "sample_job", *arguments],
        DATABASE_URL=pooled,
        DJANGO_SETTINGS_MODULE="tests.support.sample_jobs.settings",
        **environment,
    )
    system.programs.remove(started)
    return started


def test_forms_and_jobs_work_and_every_mail_arrives_once(
    system: System, pooled: str, tmp_path: Path
) -> None:
    Group.objects.bulk_create(Group(name=f"group {number}") for number in range(ROWS))
    with running_site(system, tmp_path, DATABASE_URL=pooled, **BEHIND_A_POOLER) as running:
        words = ["--items=40", "--chunk=7", "--rows"]
        started = job(system, pooled, *words, **BEHIND_A_POOLER)

        def post(number: int) -> None:
            body = {
                "name": "Ann",
                "email": f"ann{number}@example.org",
                "topic": "general",
                "message": "Where is the office?",
            }
            running.post("/api/inquiries/", json.dumps(body).encode())

        with ThreadPoolExecutor(6) as people:
            list(people.map(post, range(30)))
        assert started.wait() == 0, started.tail()
        system.wait_until_settled()
    run = JobRun.objects.get()
    assert (run.status, run.changed) == ("completed", Group.objects.count())
    counts = system.statuses()
    assert set(counts) == {Status.COMPLETED}
    assert counts.total() >= 40 + 30
    assert not system.repeated()
    system.assert_contract(system.ids_in(Status.COMPLETED))


def test_with_cursors_a_job_fails_with_words_that_say_what_to_set(
    system: System, pooled: str
) -> None:
    Group.objects.bulk_create(Group(name=f"group {number}") for number in range(ROWS))
    started = job(
        system, pooled, "--rows", "--chunk=500", DATABASE_PREPARED_STATEMENTS="no",
        DATABASE_SERVER_SIDE_CURSORS="yes",
    )  # fmt: skip
    assert started.wait() != 0
    run = JobRun.objects.get()
    assert run.status == "failed"
    assert "DATABASE_SERVER_SIDE_CURSORS=no" in run.error
