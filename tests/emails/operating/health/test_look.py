"""`look()`: what is read from the database; and the command and metrics that go by it."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from postroom.shared.waits_for import WaitsFor
from postroom.web.emails.heartbeat import HeartbeatWriter
from postroom.web.emails.models import EmailLog, Heartbeat, Mailer, QueueControl
from postroom.web.emails.operating import management_api
from postroom.web.emails.operating.health import ended, look, waiting
from tests.support.health import check, rules_of
from tests.support.queued_emails import make_attempt, make_email

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def running(settings: Any) -> None:
    """A mailer and a relay that work."""
    settings.RABBITMQ_MANAGEMENT_URL = ""
    Mailer.objects.create(name="mailer-1", version="1", state="running", last_seen_at=Now())
    HeartbeatWriter("relay", "relay-1").beat("running")


def ago(**span: float) -> Any:
    return timezone.now() - timedelta(**span)


def test_all_is_well_in_one_line() -> None:
    code, text = check()
    assert (code, text.count("\n")) == (0, 1)
    assert text.startswith("OK - oldest due e-mail waits 0 s")


def test_database_that_takes_no_writes_is_critical() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL default_transaction_read_only = on")
    code, text = check()
    assert code == 2
    assert text.startswith("CRITICAL - The database takes no writes")
    assert Client().get("/readyz").status_code == 503


def test_database_that_cannot_be_queried_is_critical(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise DatabaseError("no\nroute")

    monkeypatch.setattr("postroom.web.emails.operating.health.figures.read_database", away)
    code, text = check()
    assert code == 2
    assert text.startswith("CRITICAL - The database cannot be queried: no route. Nothing can be")
    assert text.count("\n") == 2


@pytest.mark.parametrize(
    ("waits", "reason", "status", "rule"),
    [
        (WaitsFor.ALARM, "RabbitMQ is short of memory", 2, "rabbitmq_alarm"),
        (WaitsFor.LANE, "bulk: another type", 1, "lane_unusable"),
        (WaitsFor.RABBITMQ, "127.0.0.1:1 refuses connections", 2, "rabbitmq_away"),
        (WaitsFor.INSTALLATION, "another installation uses it", 1, "virtual_host_shared"),
    ],
)
def test_relay_says_what_it_waits_for(waits: WaitsFor, reason: str, status: int, rule: str) -> None:
    HeartbeatWriter("relay", "relay-1").beat("waits", {waits: reason})
    code, text = check()
    assert code == status
    assert reason.removesuffix(".") in text.splitlines()[0]
    assert rules_of(look()) == [rule]


@pytest.mark.parametrize("alarm", ["mem_alarm", "disk_free_alarm"])
def test_alarm_is_read_from_the_management_api(
    settings: Any, monkeypatch: pytest.MonkeyPatch, alarm: str
) -> None:
    settings.RABBITMQ_MANAGEMENT_URL = f"http://monitor:{alarm}@127.0.0.1:1"
    nodes = [{"name": "rabbit@a", alarm: True}, {"name": "rabbit@b", alarm: False}]
    answers = {"nodes": nodes}
    monkeypatch.setattr(
        management_api,
        "read",
        lambda _url, _broker, path: json.loads(json.dumps(answers.get(path, {"messages": 3}))),
    )
    code, text = check()
    assert code == 2
    assert "RabbitMQ rabbit@a is short of " in text
    assert "rabbit@b" not in text


def test_management_api_that_is_away_is_no_trouble(settings: Any) -> None:
    settings.RABBITMQ_MANAGEMENT_URL = "http://monitor:secret@127.0.0.1:1"
    code, text = check()
    assert code == 0
    assert "secret" not in text


def test_mailer_with_another_rule_about_recipients_is_named_loudly(settings: Any) -> None:
    settings.POSTROOM = {"EMAIL_REDIRECT_ALL_TO": ["qa@example.org"]}
    code, text = check()
    assert code == 2
    assert text.startswith("CRITICAL - Mailer mailer-1 follows another rule about recipients")
    sentence = "mail is redirected to qa@example.org (EMAIL_REDIRECT_ALL_TO): nobody else gets any"
    Mailer.objects.update(mail_limit=sentence)
    code, text = check()
    assert code == 1
    assert text.startswith(f"WARNING - Attention: {sentence}")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"SEND": "off"}, "no mail is sent: SEND is 'off'"),
        ({"EMAIL_ALLOWED_DOMAINS": ["*"]}, "no mail is sent: EMAIL_ALLOWED_DOMAINS: "),
    ],
)
def test_settings_that_keep_mail_from_people_are_named(
    settings: Any, setting: Any, words: str
) -> None:
    settings.POSTROOM = setting
    code, text = check()
    assert code == 1
    assert words in text


def test_waiting_emails_are_counted_by_lane_and_type() -> None:
    make_email(next_attempt_at=ago(minutes=2), priority="high", email_type="reset")
    make_email(next_attempt_at=ago(minutes=2), published_at=ago(seconds=5), email_type="invoice")
    make_email("processing", email_type="invoice")
    later = timezone.now() + timedelta(minutes=1)
    make_email(next_attempt_at=later, queued_at=ago(minutes=3), email_type="retried")
    make_email(next_attempt_at=later, scheduled_at=later, email_type="scheduled")
    end = timezone.now() + timedelta(hours=1)
    make_email(next_attempt_at=ago(seconds=9), priority="bulk", email_type="news", expires_at=end)
    found = waiting.read(timedelta(days=3))
    assert {lane.value: dict(types) for lane, types in found.types.items()} == {
        "high": {"reset": 1},
        "normal": {"invoice": 2, "retried": 1},
        "bulk": {"news": 1},
    }
    assert found.given_up_from == end
    assert found.ready is not None
    assert found.ready <= ago(minutes=3) + timedelta(seconds=1)


def test_failures_are_counted_by_whose_they_are() -> None:
    email = make_email("failed")
    for phase, code, outcome in (
        ("final", 250, "accepted"),
        ("rcpt", 550, "failed"),
        ("rcpt", 530, "failed"),
        ("auth", 535, "failed"),
        ("render", None, "failed"),
        ("connect", None, "failed"),
        ("tls", None, "failed"),
        ("final", 554, "failed"),
        ("rcpt", 451, "failed"),
        ("data", None, "failed"),
        ("final", None, "lease_expired"),
        ("final", None, "unknown"),
        ("rcpt", 450, "retry"),
    ):
        make_attempt(email, phase=phase, smtp_code=code, outcome=outcome)
    old = make_attempt(email, phase="auth")
    EmailLog.objects.filter(pk=old.pk).update(created_at=ago(hours=2))
    found = ended.read(timedelta(hours=1))
    assert (found.sent, found.refused, found.lost, found.retried) == (1, 1, 1, 1)
    assert found.ours == {
        "login": 2, "template": 1, "connect": 2, "message": 1, "given_up": 1, "timeout": 1,
    }  # fmt: skip


def test_eight_refused_addresses_among_many_leave_it_ok() -> None:
    email = make_email("failed")
    for _ in range(8):
        make_attempt(email, phase="rcpt", smtp_code=550)
    for _ in range(332):
        make_attempt(email, phase="final", smtp_code=250, outcome="accepted")
    code, text = check()
    assert code == 0
    assert "332 sent, 0 failed and 8 refused by receivers within 1 h" in text


def test_no_figure_reads_the_whole_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        values: dict[str, Any] = {"lanes": ["normal"], "sample": 10}
        cursor.execute("EXPLAIN " + waiting._READ, values)
        assert "Seq Scan on postroom_emailqueue" not in "\n".join(row[0] for row in cursor)
        hour: tuple[Any] = (timedelta(hours=1),)
        cursor.execute("EXPLAIN " + ended._READ, hour)
        assert "postroom_email_log_created" in "\n".join(row[0] for row in cursor)


def test_silent_processes_are_named_by_kind() -> None:
    Mailer.objects.update(last_seen_at=ago(seconds=20))
    Heartbeat.objects.update(last_seen_at=ago(seconds=20))
    code, text = check()
    assert code == 2
    assert (
        "Mailer mailer-1 has stopped reporting: frozen, killed or cut off. No other mailer runs"
        in text
    )
    assert "Relay relay-1 has stopped reporting" in text


def test_since_moves_only_when_the_state_does() -> None:
    writer = HeartbeatWriter("relay", "r")
    writer.beat("away", {WaitsFor.RABBITMQ: "first"})
    Heartbeat.objects.update(since=ago(minutes=5))
    writer.beat("away", {WaitsFor.RABBITMQ: "second"})
    row = Heartbeat.objects.get(name="r")
    assert (row.reason, row.waiting_for) == ("second", "rabbitmq")
    assert row.since < ago(minutes=4)
    writer.beat("running")
    row.refresh_from_db()
    assert row.since > ago(minutes=4)


def test_metrics_have_every_rule_also_before_it_finds_anything(client: Client) -> None:
    text = client.get("/metrics").content.decode()
    assert 'postroom_health{rule="smtp_away"} 0.0' in text
    assert 'postroom_health{rule="job_failed"} 0.0' in text
    QueueControl.objects.create(lane="bulk")
    assert 'postroom_health{rule="paused"} 1.0' in client.get("/metrics").content.decode()
