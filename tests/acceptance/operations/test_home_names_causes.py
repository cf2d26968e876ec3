"""An outage, for real: the first line of the home names its cause, and the monitor agrees."""

import re
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client

from postroom.shared.status import Status
from postroom.web.emails.operating.health import Verdict, look
from tests.support.acceptance.freezing_server import FreezingServer
from tests.support.acceptance.mailer_probes import CLOSED, changed
from tests.support.acceptance.program import Program
from tests.support.acceptance.system import System
from tests.support.health import check
from tests.support.smtp.scripted_server import Script, ScriptedServer, say
from tests.support.users import root

HOME = "/postroom/"
SILENT = "has stopped reporting: frozen, killed or cut off."
WITHIN = 15.0  # seconds, from the outage to its name on the home
AGE = "UPDATE {} SET last_seen_at = last_seen_at - interval '14 seconds'"
_LINE = re.compile(r'<h2 id="health-title">(.*?)</h2>', re.DOTALL)


@pytest.fixture
def client(fresh_database: str) -> Client:
    """An operator who is signed in."""
    cache.clear()
    return root(Client())


def first_line(client: Client) -> str:
    """What the home says first."""
    found = _LINE.search(client.get(HOME).content.decode())
    return unescape(found[1]) if found else ""


def named(system: System, client: Client, cause: str, verdict: Verdict, *more: str) -> None:
    """The home comes to say `cause`, and the command says the same, with the right status."""
    system.wait(lambda: cause in first_line(client), within=WITHIN)
    said = first_line(client)
    code, text = check()
    assert code == verdict
    assert text.startswith(f"{verdict.name} - {said}")
    for words in more:
        assert words in text.splitlines()[0], text


def started(system: System, **environment: Any) -> tuple[Program, Program]:
    """A relay and a mailer that are at work."""
    relay, mailer = system.start_relay(), system.start_mailer(**environment)

    def at_work() -> bool:
        kinds = {one.kind for one in look().figures.processes if one.state == "running"}
        return kinds == {"mailer", "relay"}

    system.wait(at_work)
    return relay, mailer


def test_mail_server_that_is_stopped(system: System, client: Client) -> None:
    with ScriptedServer() as server:
        system.catcher = server
        started(system)
        idle = system.start_mailer()
        idle.wait_for_log("broker_connected")
        assert first_line(client) == "Mail is going out normally"
        assert check()[0] == Verdict.OK
    ids = system.queue(1, email_type="password_reset", priority="high")
    reason = f"The mail server cannot be used: 127.0.0.1:{server.port} refuses connections."
    waits = "1 e-mail waits, the oldest ", "lane high: password_reset 1"
    named(system, client, reason, Verdict.CRITICAL, *waits, "They go out by themselves when it is")
    with ScriptedServer(port=server.port) as again:
        system.catcher = again
        system.wait_until_settled()
        system.wait(lambda: first_line(client) == "Mail is going out normally", within=WITHIN)
        assert system.statuses(ids) == {Status.COMPLETED: 1}


def test_password_that_is_refused(system: System, client: Client) -> None:
    script = Script(auth="PLAIN").when("auth", say("535 5.7.8 wrong password"))
    with ScriptedServer(script) as server:
        system.catcher = server
        system.start_relay()
        system.start_mailer(EMAIL_HOST_USER="shop", EMAIL_HOST_PASSWORD="wrong")
        cause = f"The mail server 127.0.0.1:{server.port} refuses us: the login was refused: 535"
        named(system, client, cause, Verdict.CRITICAL, "Only an operator can fix this")


def test_rabbitmq_that_is_away(system: System, client: Client) -> None:
    away = changed(system.broker.url, port=CLOSED)
    system.start_relay(RABBITMQ_URL=away)
    system.start_mailer(RABBITMQ_URL=away)
    system.queue(3)
    cause = f"RabbitMQ cannot be used: 127.0.0.1:{CLOSED} "
    named(system, client, cause, Verdict.CRITICAL, "3 e-mails wait")


def test_postgresql_that_takes_no_writes_and_then_refuses(
    killable_system: System, private_postgres: Any, private_database: str
) -> None:
    system, client = killable_system, root(Client())
    started(system)
    name = private_database.rpartition("/")[2]
    system.query(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    connection.close()
    named(system, client, "The database takes no writes", Verdict.CRITICAL)
    assert Client().get("/readyz").status_code == 503
    connection.close()
    private_postgres.stop()
    answer = client.get(HOME)
    assert answer.status_code == 503
    assert "The database is not available" in answer.content.decode()
    code, text = check()
    assert (code, text[:43]) == (2, "CRITICAL - The database cannot be queried: ")


def test_relay_that_is_frozen(system: System, client: Client) -> None:
    relay, _ = started(system)
    relay.pause()
    system.query(AGE.format("postroom_heartbeat"))
    cause = (
        "has stopped reporting: frozen, killed or cut off. No other relay runs: no mail is sent."
    )
    named(system, client, cause, Verdict.CRITICAL)
    assert first_line(client).startswith("Relay ")


def test_mailer_and_scheduler_that_are_killed(system: System, client: Client) -> None:
    _, mailer = started(system)
    scheduler = system.start("scheduler", ["manage.py", "run_jobs"])
    system.wait(lambda: system.query("SELECT 1 FROM postroom_heartbeat WHERE kind = 'scheduler'"))
    scheduler.kill()
    system.query(AGE.format("postroom_heartbeat") + " WHERE kind = 'scheduler'")
    cause = (
        "has stopped reporting: frozen, killed or cut off. No other scheduler runs: no job starts."
    )
    named(system, client, cause, Verdict.WARNING)
    mailer.kill()
    system.query(AGE.format("postroom_mailer"))
    cause = (
        "has stopped reporting: frozen, killed or cut off. No other mailer runs: no mail is sent."
    )
    named(system, client, cause, Verdict.CRITICAL)


def test_job_that_fails(system: System, client: Client) -> None:
    started(system)
    sample = {"DJANGO_SETTINGS_MODULE": "tests.support.sample_jobs.settings"}
    words = ["manage.py", "sample_job", "--items=2", "--fail-at=1"]
    job = system.start("job", words, **sample)
    job.signal(0)
    system.programs.remove(job)
    assert job.wait() == 1
    named(system, client, "The job sample_job failed.", Verdict.WARNING)


def test_eight_addresses_refused_among_many_leave_it_green(
    system: System, client: Client, smtp: FreezingServer
) -> None:
    for number in range(8):
        gone = f"person{number}@example.org"
        smtp.script = smtp.script.when("rcpt", say("550 5.1.1 unknown"), recipient=gone)
    system.catcher = smtp
    started(system)
    system.queue(340)
    system.wait_until_settled()
    assert system.statuses() == {Status.COMPLETED: 332, Status.FAILED: 8}
    assert first_line(client) == "Mail is going out normally"
    code, text = check()
    assert (code, text.count("\n")) == (0, 1)
    assert "332 sent, 0 failed and 8 refused by receivers" in text


def test_mailer_that_mails_real_people_from_staging(
    system: System, client: Client, settings: Any
) -> None:
    settings.POSTROOM = {"EMAIL_REDIRECT_ALL_TO": ["qa@example.org"]}
    system.start_relay()
    system.start_mailer()
    cause = "follows another rule about recipients than this site."
    named(system, client, cause, Verdict.CRITICAL, "Real people may get mail")
