"""`cleanup_emails --content-after`: content goes, facts stay."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from postroom.shared.status import Status
from postroom.web.emails import transitions
from postroom.web.emails.models import (
    AttachmentBlob,
    EmailAttachment,
    EmailLog,
    EmailQueue,
    EmailRecipient,
)
from tests.emails.operating.test_cleanup import STAYS, clean, make_old

pytestmark = pytest.mark.django_db


CONTENT = ("html_body", "plain_body", "context")


def erase(*arguments: str) -> str:
    out = StringIO()
    call_command("cleanup_emails", "--content-after=30d", *arguments, stdout=out)
    return out.getvalue().strip()


@pytest.mark.parametrize("status", [s.value for s in Status])
def test_content_of_finished_and_decided_emails_goes_and_the_facts_stay(status: str) -> None:
    email = make_old(status, files=[b"x"])
    EmailQueue.objects.update(html_body="<p>x", context={"a": 1})
    before: dict[str, Any] = dict(EmailQueue.objects.values().get())
    erase()
    after: dict[str, Any] = dict(EmailQueue.objects.values().get())
    goes = status not in STAYS
    facts = before.keys() - {*CONTENT, "content_erased_at"}
    assert {name: after[name] for name in facts} == {name: before[name] for name in facts}
    assert [bool(after[name]) for name in CONTENT] == [not goes] * 3
    assert bool(after["content_erased_at"]) == goes
    assert EmailRecipient.objects.count() == 2
    assert EmailLog.objects.count() == 1
    assert EmailAttachment.objects.exists() == AttachmentBlob.objects.exists() == (not goes)
    assert transitions.requeue([email.pk]) == ([email.pk] if status == "unknown" else [])


def test_erasing_counts_works_in_batches_and_can_be_repeated() -> None:
    for number in range(5):
        make_old(files=[b"shared", bytes([number])])
    young = make_old(days=20, files=[b"shared"])
    would = erase("--dry-run")
    assert would == "Would erase: 5 contents, 10 attachments, 5 files"
    assert erase("--batch-size=2") == "Erased: 5 contents, 10 attachments, 5 files"
    assert erase() == "Erased: 0 contents, 0 attachments, 0 files"
    young.refresh_from_db()
    assert (young.plain_body, young.content_erased_at) == ("Thank you.", None)


def test_both_ages_can_be_given_together() -> None:
    make_old(days=100), make_old(days=50), make_old(days=10)
    assert clean("--content-after=30d").splitlines() == [
        "Deleted: 1 e-mails, 2 recipients, 1 attempts, 0 attachments, 0 files",
        "Erased: 1 contents, 0 attachments, 0 files",
    ]
    with pytest.raises(CommandError, match="--content-after is not shorter than --older-than"):
        clean("--content-after=90d")


@pytest.mark.parametrize("text", ["", "0d", "-3d", "30"])
def test_bad_age_of_content_is_named(text: str) -> None:
    with pytest.raises(CommandError, match=r"^--content-after: .*for example 90d\.$"):
        call_command("cleanup_emails", f"--content-after={text}")
