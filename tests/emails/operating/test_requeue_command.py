"""`requeue_emails` says what it leaves out, and takes what has expired only when told."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from postroom.web.emails.models import Suppression
from tests.support.queued_emails import make_email, status_of

pytestmark = pytest.mark.django_db
OVER = Now() - timedelta(hours=1)


def test_it_counts_what_it_leaves_out(capsys: pytest.CaptureFixture[str]) -> None:
    Suppression.objects.create(address="gone@example.org")
    held = make_email("failed", ["gone@example.org"])
    over, cancelled = make_email("failed", expires_at=OVER), make_email("cancelled")
    call_command("requeue_emails", "--all")
    assert capsys.readouterr().out.splitlines() == [
        "Requeued: 0 failed e-mails",
        "Left out, because they have expired (--expired sends them too): 1",
        "Left out, because every address still to be tried is on the suppression list: 1",
    ]
    call_command("requeue_emails", "--all", "--expired")
    assert [status_of(email) for email in (over, held, cancelled)] == [
        "pending", "failed", "cancelled",
    ]  # fmt: skip


def test_a_state_that_is_named_is_taken() -> None:
    over, cancelled, listed = (
        make_email("expired", expires_at=OVER), make_email("cancelled"), make_email("suppressed"),
    )  # fmt: skip
    for status in ("expired", "cancelled", "suppressed"):
        call_command("requeue_emails", f"--status={status}")
    assert {status_of(email) for email in (over, cancelled, listed)} == {"pending"}
