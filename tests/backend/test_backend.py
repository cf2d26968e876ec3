"""The backend itself: transactions, options, fail_silently, many recipients."""

import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from django import VERSION
from django.conf import settings as django_settings
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, mail_admins, mail_managers, send_mail
from django.db import connection, transaction
from structlog.testing import capture_logs

from postroom.backend import EmailBackend
from postroom.web.emails.errors import EmailRequestError
from postroom.web.emails.models import EmailQueue, EmailRecipient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def backend(settings: Any) -> None:
    """Django sends by the queue, as its version is configured."""
    if VERSION < (6, 1):
        settings.EMAIL_BACKEND = "postroom.backend.EmailBackend"
    else:
        settings.MAILERS = {"default": {"BACKEND": "postroom.backend.EmailBackend"}}


def plain(number: int = 0, **arguments: Any) -> EmailMessage:
    to = arguments.pop("to", [f"b{number}@x.example"])
    return EmailMessage("Hi", "Text", "a@example.org", to, **arguments)


def with_options(**options: Any) -> EmailMessage:
    message = plain()
    message.postroom = options  # type: ignore[attr-defined]
    return message


def only_row() -> EmailQueue:
    return EmailQueue.objects.get()


def test_send_mail_queues_and_counts() -> None:
    assert send_mail("Hi", "Text", "a@example.org", ["b@x.example"], html_message="<p>x</p>") == 1
    assert (only_row().plain_body, only_row().html_body) == ("Text", "<p>x</p>")


def test_a_rollback_sends_nothing() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        send_mail("Hi", "Text", "a@example.org", ["b@x.example"])
        1 / 0  # noqa: B018
    assert not EmailQueue.objects.exists()


def test_several_messages_are_all_or_nothing() -> None:
    assert EmailBackend().send_messages(iter([plain(1), plain(to=[]), plain(2)])) == 2
    with pytest.raises(EmailRequestError):
        EmailBackend().send_messages([plain(3), plain(to=["x"])])
    assert EmailQueue.objects.count() == 2
    assert EmailBackend().send_messages([]) == 0


def test_failing_silently_is_logged_and_the_others_go() -> None:
    with capture_logs() as logs:
        sent = EmailBackend(fail_silently=True).send_messages([plain(to=["x"]), plain(1)])
    assert sent == 1
    (line,) = [line for line in logs if line["event"] == "message_not_queued"]
    assert line["log_level"] == "error"
    assert "'x' is not an e-mail address" in line["problem"]


def test_a_log_that_is_mailed_does_not_call_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def mailed(*_arguments: Any, **_facts: Any) -> None:
        calls.append(1)
        EmailBackend(fail_silently=True).send_messages([plain(to=["x"])])

    monkeypatch.setattr("postroom.web.backend.email_backend.log.exception", mailed)
    assert EmailBackend(fail_silently=True).send_messages([plain(to=["x"])]) == 0
    assert calls == [1]


def test_a_database_error_may_be_silent_too() -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            EmailBackend().send_messages([plain()])
            1 / 0  # noqa: B018
        with connection.cursor() as cursor, capture_logs() as logs:
            cursor.execute("ALTER TABLE postroom_emailqueue RENAME TO elsewhere")
            assert EmailBackend(fail_silently=True).send_messages([plain()]) == 0
            cursor.execute("ALTER TABLE elsewhere RENAME TO postroom_emailqueue")
    assert [line["event"] for line in logs] == ["message_not_queued"]


def test_options_travel_on_the_message() -> None:
    at = datetime(2099, 1, 1, tzinfo=UTC)
    options = {
        "priority": "high", "email_type": "order", "idempotency_key": "order-7",
        "on_unknown": "hold", "scheduled_at": at, "tags": ["a"], "metadata": {"b": 1},
        "source_app": "shop", "related_model_id": 7, "list_id": "news.example.org",
        "sensitive": True,
    }  # fmt: skip
    EmailBackend().send_messages([with_options(**options)])
    EmailBackend().send_messages([with_options(**options)])
    row = only_row()
    assert {name: getattr(row, name) for name in options} == options | {"related_model_id": "7"}


def test_the_stronger_option_wins(settings: Any) -> None:
    settings.POSTROOM = {
        "BACKEND_DEFAULTS": {"email_type": "site", "priority": "bulk", "source_app": "shop"},
        "BACKEND_RULES": [{"subject": "^Hi", "email_type": "greeting"}],
    }
    backend = EmailBackend(priority="high", email_type="mailer")
    backend.send_messages([plain()])
    row = only_row()
    assert (row.email_type, row.priority, row.source_app) == ("greeting", "high", "shop")


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ({"BACKEND_DEFAULTS": {"prio": 1}}, r"BACKEND_DEFAULTS.* has no option prio"),
        ({"BACKEND_DEFAULTS": {"idempotency_key": "x"}}, r"has no option idempotency_key"),
        ({"BACKEND_DEFAULTS": ["x"]}, r"must be a dict, not list"),
        ({"BACKEND_RULES": [{"email_type": "x"}]}, r"has none of body, from_email, link"),
        ({"BACKEND_RULES": [{"subject": "("}]}, r"BACKEND_RULES.*unterminated"),
        ({"BACKEND_RULES": [{"links": "x"}]}, r"has no option links"),
    ],
)
def test_a_wrong_setting_is_named(settings: Any, setting: dict[str, Any], problem: str) -> None:
    settings.POSTROOM = setting
    with pytest.raises(EmailRequestError, match=problem):
        EmailBackend().send_messages([plain()])


def test_an_unknown_option_of_the_backend_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="prio"):
        EmailBackend(prio="high")


def test_a_server_or_login_for_one_call_is_refused() -> None:
    EmailBackend(username="", password=None, host=getattr(django_settings, "EMAIL_HOST", ""))
    with pytest.raises(EmailRequestError, match=r"username: cannot be given for one call"):
        EmailBackend(username="me", password="secret")


if VERSION >= (6, 1):

    def test_mailers_have_options_of_their_own(settings: Any) -> None:
        path = "postroom.backend.EmailBackend"
        smtp = {"host": "smtp.example.org", "port": 587, "username": "me", "use_tls": True}
        settings.MAILERS = {
            "default": {"BACKEND": path, "OPTIONS": smtp},
            "news": {"BACKEND": path, "OPTIONS": smtp | {"priority": "bulk", "email_type": "news"}},
            "wrong": {"BACKEND": path, "OPTIONS": {"prio": "bulk"}},
        }
        mailers: Any = mail.mailers  # type: ignore[attr-defined,unused-ignore]
        for using in ("default", "news"):
            assert mailers[using].send_messages([plain()]) == 1
        found = EmailQueue.objects.order_by("pk").values_list("email_type", "priority")
        assert list(found) == [("django", "normal"), ("news", "bulk")]
        with pytest.raises(ImproperlyConfigured, match="prio"):
            mailers["wrong"]


def test_hidden_recipients_beyond_the_limit_get_e_mails_of_their_own(settings: Any) -> None:
    settings.EMAIL_MAX_RECIPIENTS = 3
    message = plain(
        to=["t@x.example"], cc=["c@x.example"], bcc=[f"{n}@x.example" for n in range(5)]
    )
    message.bcc.append("t@x.example")
    message.postroom = {"idempotency_key": "k"}  # type: ignore[attr-defined]
    assert EmailBackend().send_messages([message]) == 1
    assert EmailBackend().send_messages([message]) == 1
    rows = list(EmailQueue.objects.order_by("pk"))
    by_row = [
        list(EmailRecipient.objects.filter(email=r).order_by("pk").values_list("kind", "address"))
        for r in rows
    ]
    assert by_row == [
        [("to", "t@x.example"), ("cc", "c@x.example"), ("bcc", "0@x.example")],
        [("bcc", f"{n}@x.example") for n in (1, 2, 3)],
        [("bcc", "4@x.example")],
    ]
    assert [row.idempotency_key for row in rows] == ["k", "k#2", "k#3"]
    assert len({row.message_id for row in rows}) == 3


def test_recipients_whom_everybody_sees_are_not_divided(settings: Any) -> None:
    settings.EMAIL_MAX_RECIPIENTS = 3
    with pytest.raises(EmailRequestError, match=r"recipients: 4 addresses; at most 3"):
        EmailBackend().send_messages([plain(to=[f"{n}@x.example" for n in range(4)])])


def test_error_mails_have_a_type_and_their_lane(settings: Any) -> None:
    people: list[Any] = ["root@x.example"] if VERSION >= (6, 0) else [("R", "root@x.example")]
    settings.ADMINS, settings.MANAGERS = people, ["m@x.example"]
    if VERSION < (6, 0):
        settings.MANAGERS = [("M", "m@x.example")]
    settings.SERVER_EMAIL = "Server <server@example.org>"
    mail_admins("It broke", "Traceback")
    mail_managers("Broken link", "x")
    logging.getLogger("django.request").error("A log line\twith a tab, %s", "x" * 3000)
    found = EmailQueue.objects.order_by("pk").values_list("email_type", "priority")
    assert list(found)[:2] == [("admin_error", "bulk"), ("manager_notice", "normal")]


def test_a_very_long_subject_is_carried() -> None:
    message = plain()
    message.subject = "ERROR: a\tb " + "x" * 3000
    EmailBackend().send_messages([message])
    assert only_row().subject == "ERROR: a b " + "x" * 3000


def test_it_can_be_opened_and_closed() -> None:
    with EmailBackend() as backend:
        assert backend.send_messages([plain()]) == 1
    backend.close()
