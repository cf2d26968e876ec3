"""What the system checks find about senders and templates is said by every process that starts."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from structlog.testing import capture_logs

from postroom.web.conf import SiteSettings
from postroom.web.startup_checks import TAG, log_findings


def found(*, deploy: bool = False) -> list[str]:
    checked = run_checks(tags=[TAG], include_deployment_checks=deploy)
    return [str(message.id) for message in checked if str(message.id).startswith("postroom.")]


@pytest.mark.parametrize(
    "sender", ["Postroom", "Müller, Söhne GmbH <info@example.org>", "a@b@example.org", ""]
)
def test_sender_that_the_queue_refuses_is_an_error(settings: Any, sender: str) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    assert "postroom.E003" in found()


@pytest.mark.parametrize(
    "sender", ["Postroom <postroom@localhost.localdomain>", "office@intranet", "a@b.localdomain"]
)
def test_sender_that_nobody_can_answer_warns_and_fails_before_deployment(
    settings: Any, sender: str
) -> None:
    settings.DEFAULT_FROM_EMAIL = sender
    assert found() == ["postroom.W001"]
    assert found(deploy=True) == ["postroom.W001", "postroom.E004"]


def test_djangos_own_sender_fails_before_deployment(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "webmaster@localhost"
    assert "postroom.E004" in found(deploy=True)


def test_good_sender_is_not_mentioned(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = '"Müller, Söhne" <office@example.org>'
    assert found(deploy=True) == []


@pytest.mark.parametrize("where", ["POSTROOM", "a setting of its own"])
def test_value_that_makes_no_sense_is_named_wherever_it_was_set(
    settings: Any, tmp_path: Path, where: str
) -> None:
    settings.DEFAULT_FROM_EMAIL = "office@example.org"
    wrong = {
        "SITE_URL": "postroom.example.org",
        "EMAIL_TEMPLATE_DIRS": [tmp_path, tmp_path / "other"],
        "EMAIL_MAX_ATTEMPTS": None if where == "POSTROOM" else 0,
        "RABBITMQ_HEARTBEAT_SECONDS": {"seconds": 5},
    }
    if where == "POSTROOM":
        settings.POSTROOM = wrong
    else:
        for name, value in wrong.items():
            setattr(settings, name, value)
    problems = [str(m.msg) for m in run_checks(tags=[TAG]) if m.id == "postroom.E001"]
    named = [name for name in wrong if any(name in problem for problem in problems)]
    # None counts as not set.
    assert named == [name for name, value in wrong.items() if value is not None]


def test_postroom_must_be_a_dictionary_of_known_names(settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "office@example.org"
    settings.POSTROOM = {"EMAIL_MAX_RECIPIENT": 3, "MAILER_CONCURRENCY": 8, "SITE_NAME": "Shop"}
    [message] = [m for m in run_checks(tags=[TAG]) if m.id == "postroom.E002"]
    assert "EMAIL_MAX_RECIPIENT" in message.msg
    assert message.hint == "Did you mean EMAIL_MAX_RECIPIENTS?"
    settings.POSTROOM = {"BACKEND_DEFAULTS": {"urgency": 1}, "BACKEND_RULES": [{"priority": "x"}]}
    assert found() == ["postroom.E001"] * 2
    settings.POSTROOM = ["SITE_NAME"]
    assert found() == ["postroom.E001"]


def test_half_a_translation_is_an_error(settings: Any, tmp_path: Path) -> None:
    settings.DEFAULT_FROM_EMAIL = "office@example.org"
    (tmp_path / "t").mkdir()
    for name in ("subject.txt", "body.txt", "body.de.txt"):
        (tmp_path / "t" / name).write_text("x")
    settings.POSTROOM = {"EMAIL_TEMPLATE_DIRS": [tmp_path]}
    [message] = [m for m in run_checks(tags=[TAG]) if m.id == "postroom.E005"]
    assert message.msg == "Template t: de has no subject.de.txt, so it is not used: add it."


def test_unsubscribe_page_needs_the_sites_url(settings: Any) -> None:
    def warned() -> bool:
        checked = run_checks(tags=["urls"], include_deployment_checks=True)
        return "postroom.W002" in [message.id for message in checked]

    settings.SITE_URL = ""
    assert warned()
    settings.SITE_URL = "https://postroom.example.org"
    assert not warned()
    settings.SITE_URL = ""
    settings.ROOT_URLCONF = "tests.emails.lists.no_urls"
    assert not warned()


@pytest.fixture
def no_templates(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SiteSettings, "template_dirs", ())
    settings.DEFAULT_FROM_EMAIL = "office@example.org"
    settings.STAFF_EMAILS = ["office@example.org"]


@pytest.mark.usefixtures("no_templates")
def test_process_logs_what_is_missing_and_goes_on() -> None:
    with capture_logs() as lines:
        log_findings()
    assert {(line["event"], line["log_level"], line["id"]) for line in lines} == {
        ("system_check", "warning", "postroom_notifications.W001"),
    }
    assert any("tracker/status_changed" in line["problem"] for line in lines)


@pytest.mark.django_db
@pytest.mark.usefixtures("no_templates")
def test_no_command_stops_for_a_missing_template(monkeypatch: pytest.MonkeyPatch) -> None:
    err = StringIO()
    call_command("check", stderr=err)
    assert "postroom_notifications.W001" in err.getvalue()
    call_command("migrate", verbosity=0, stderr=err, skip_checks=False)
