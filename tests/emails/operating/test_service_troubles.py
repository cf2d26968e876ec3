"""`check_email_queue` says what PostgreSQL and RabbitMQ themselves are in trouble with."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now

from postroom.shared.broker import marker
from postroom.web.emails.models import Heartbeat, Mailer
from postroom.web.emails.operating import management_api, queue_figures, service_troubles
from postroom.web.emails.operating.health_rules import reasons

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def running(settings: Any) -> None:
    """A mailer and a relay that work."""
    settings.RABBITMQ_MANAGEMENT_URL = ""
    Mailer.objects.create(name="mailer-1", version="1", state="running", last_seen_at=Now())
    Heartbeat.objects.create(kind="relay", name="relay-1", version="1", state="running")


def check() -> tuple[int, str]:
    """Exit status and line."""
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_email_queue", stdout=out)
    code = ended.value.code
    assert isinstance(code, int)
    return code, out.getvalue()


def test_nothing_is_said_while_all_work() -> None:
    assert service_troubles.service_troubles() == []
    code, line = check()
    assert (code, line[:5]) == (0, "OK - ")


def test_database_that_takes_no_writes_is_critical() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL default_transaction_read_only = on")
    code, line = check()
    assert code == 2
    assert line.startswith("CRITICAL - the database takes no writes")


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("RabbitMQ is in an alarm (low on memory): no mail is sent", 2),
        ("RabbitMQ does not accept: bulk", 1),
        ("RabbitMQ cannot be used", 1),
        (marker.STATE, 1),
    ],
)
def test_relay_says_what_it_waits_for(state: str, status: int) -> None:
    Heartbeat.objects.update(state=state)
    code, line = check()
    assert code == status
    assert f"relay relay-1: {state}; " in line


def test_mailer_that_gets_messages_of_others_is_told() -> None:
    Mailer.objects.update(state=marker.STATE)
    code, line = check()
    assert code == 1
    assert "another installation on the same virtual host" in line


@pytest.mark.parametrize("alarm", ["mem_alarm", "disk_free_alarm"])
def test_alarm_is_read_from_the_management_api(
    settings: Any, monkeypatch: pytest.MonkeyPatch, alarm: str
) -> None:
    settings.RABBITMQ_MANAGEMENT_URL = "http://monitor:secret@127.0.0.1:1"
    nodes = [{"name": "rabbit@a", alarm: True}, {"name": "rabbit@b", alarm: False}]
    monkeypatch.setattr(management_api, "read", lambda *_: json.loads(json.dumps(nodes)))
    code, line = check()
    assert code == 2
    assert "RabbitMQ rabbit@a is short of " in line
    assert "rabbit@b" not in line


def test_management_api_that_is_away_is_no_trouble(settings: Any) -> None:
    settings.RABBITMQ_MANAGEMENT_URL = "http://monitor:secret@127.0.0.1:1"
    code, line = check()
    assert code == 0
    assert "secret" not in line


def test_mail_that_goes_elsewhere_is_named_loudly(settings: Any) -> None:
    settings.POSTROOM = {"EMAIL_REDIRECT_ALL_TO": ["qa@example.org"]}
    code, line = check()
    sentence = "mail is redirected to qa@example.org (EMAIL_REDIRECT_ALL_TO)"
    assert code == 1
    assert line.startswith(f"WARNING - {sentence}")
    found = reasons(queue_figures.read_flow(), queue_figures.ended_within(timedelta(hours=1)))
    assert any(sentence in reason for reason in found)
