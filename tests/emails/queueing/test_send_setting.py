"""`SEND`: what a developer without broker queues is printed, and never sent. Also on SQLite."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from postroom.web.emails.batch import EmailBatch
from postroom.web.emails.models import EmailQueue
from tests.support.queued_emails import send

pytestmark = pytest.mark.django_db

ORDER = {
    "recipients": ["Ann <ann@example.org>"],
    "cc": ["ben@example.org"],
    "bcc": ["carl@example.org"],
    "html_body": "<p>Thank <b>you</b>.</p>",
    "headers": {"X-Shop": "1"},
    "attachments": [("bill.txt", b"12 EUR", "text/plain"), ("a.pdf", b"%PDF", "application/pdf")],
}


@pytest.fixture(params=["console", "off"])
def mode(request: pytest.FixtureRequest, settings: Any) -> str:
    settings.POSTROOM = {"SEND": request.param}
    return str(request.param)


def test_rows_end_at_once(mode: str) -> None:
    email = send(**ORDER)
    batch = EmailBatch()
    batch.send_email_task("a", "b", "ann@example.org", plain_body="c")
    [other] = batch.queue()
    for row in (email, other):
        row.refresh_from_db()
        assert (row.status, row.last_error) == ("cancelled", f"not sent: SEND={mode}")
    assert email.recipients.count() == 3
    assert email.attachments.count() == 2


def test_sensitive_content_is_not_kept(mode: str) -> None:
    email = send(sensitive=True, plain_body="Your code: 123456")
    email.refresh_from_db()
    assert not (email.plain_body or email.subject)
    assert email.content_erased_at


def test_a_key_is_the_same_call_as_ever(mode: str) -> None:
    assert send(idempotency_key="k").pk == send(idempotency_key="k").pk


def test_console_prints_what_commits(
    settings: Any, capsys: pytest.CaptureFixture[str], django_capture_on_commit_callbacks: Any
) -> None:
    settings.POSTROOM = {"SEND": "console"}
    with django_capture_on_commit_callbacks(execute=True):
        send(**ORDER)
        send(sensitive=True, subject="Code", plain_body="Your code: 123456")
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            send(subject="Never")
            raise ZeroDivisionError
    printed = capsys.readouterr().out
    for text in ("Ann <ann@example.org>", "ben@example.org", "carl@example.org", "X-Shop: 1",
                 "Your inquiry", "<b>you</b>", "bill.txt", "a.pdf", "123456"):  # fmt: skip
        assert text in printed
    assert "Never" not in printed
    assert "carl" not in printed[: printed.index("(Bcc")]


def test_off_prints_nothing(
    settings: Any, capsys: pytest.CaptureFixture[str], django_capture_on_commit_callbacks: Any
) -> None:
    settings.POSTROOM = {"SEND": "off"}
    with django_capture_on_commit_callbacks(execute=True):
        send()
    assert not capsys.readouterr().out


def test_no_relay_starts(mode: str) -> None:
    with pytest.raises(CommandError, match=r"SEND is|needs PostgreSQL"):
        call_command("relay_emails", once=True)
    assert EmailQueue.objects.count() == 0
