"""What the system checks find about senders and templates is said by every process that starts."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from structlog.testing import capture_logs

from postroom.web.startup_checks import TAG, log_findings


def found(*, deploy: bool = False) -> list[str]:
    checked = run_checks(tags=[TAG], include_deployment_checks=deploy)
    return [str(message.id) for message in checked if str(message.id).startswith("emails.")]


@pytest.mark.parametrize(
    "sender", ["Postroom", "Müller, Söhne GmbH <info@example.org>", "a@b@example.org", ""]
)
def test_sender_that_the_queue_refuses_is_an_error(settings: Any, sender: str) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    assert "emails.E001" in found()


@pytest.mark.parametrize(
    "sender", ["Postroom <postroom@localhost.localdomain>", "office@intranet", "a@b.localdomain"]
)
def test_sender_that_nobody_can_answer_warns_and_fails_before_deployment(
    settings: Any, sender: str
) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    assert found() == ["emails.W001"]
    assert found(deploy=True) == ["emails.W001", "emails.E002"]


def test_djangos_own_sender_fails_before_deployment(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "webmaster@localhost"
    assert "emails.E002" in found(deploy=True)


def test_good_sender_is_not_mentioned(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = '"Müller, Söhne" <office@example.org>'
    assert found(deploy=True) == []


def test_places_that_do_not_exist_are_found(settings: Any, tmp_path: Path) -> None:
    settings.DEFAULT_FROM_EMAIL = "office@example.org"
    settings.SITE_URL = "postroom.example.org"
    settings.EMAIL_TEMPLATE_DIRS = [tmp_path, tmp_path / "other"]
    assert found() == ["emails.E003", "emails.W002"]


@pytest.fixture
def no_templates(settings: Any) -> None:
    settings.EMAIL_TEMPLATE_DIRS = [Path("/nonexisting")]
    settings.DEFAULT_FROM_EMAIL = "office@example.org"
    settings.STAFF_EMAILS = ["office@example.org"]


@pytest.mark.usefixtures("no_templates")
def test_process_logs_what_is_missing_and_goes_on() -> None:
    with capture_logs() as lines:
        log_findings()
    assert {(line["event"], line["log_level"], line["id"]) for line in lines} == {
        ("system_check", "warning", "notifications.W001"),
        ("system_check", "warning", "emails.W002"),
    }
    assert any("tracker/status_changed" in line["problem"] for line in lines)


@pytest.mark.django_db
@pytest.mark.usefixtures("no_templates")
def test_no_command_stops_for_a_missing_template(monkeypatch: pytest.MonkeyPatch) -> None:
    err = StringIO()
    call_command("check", stderr=err)
    assert "notifications.W001" in err.getvalue()
    call_command("migrate", verbosity=0, stderr=err, skip_checks=False)
