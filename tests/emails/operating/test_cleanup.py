"""`cleanup_emails`: what goes, what stays whatever happens, and what it says."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models.functions import Now

from postroom.shared.status import Status
from postroom.web.emails import transitions
from postroom.web.emails.management.commands.cleanup_emails import Command
from postroom.web.emails.models import (
    AttachmentBlob,
    EmailAttachment,
    EmailLog,
    EmailQueue,
    EmailRecipient,
)
from postroom.web.emails.operating import cleanup
from postroom.web.emails.operating import cleanup_statements as statements
from postroom.web.emails.service import email_service
from tests.support.queued_emails import make_attempt, make_email
from tests.support.waits import wait_until

pytestmark = pytest.mark.django_db
OLD = timedelta(days=100)
STAYS = {"pending", "processing", "unknown"}


def make_old(status: str = "completed", files: Sequence[bytes] = (), days: int = 100) -> EmailQueue:
    """An e-mail of a hundred days ago with two recipients, one attempt and files."""
    age = timedelta(days=days)
    email = make_email(status, ["ann@example.org", "ben@example.org"], created_at=Now() - age)
    make_attempt(email)
    for content in files:
        sha256 = content.hex().ljust(64, "0")
        blob, _ = AttachmentBlob.objects.get_or_create(
            sha256=sha256, defaults={"size": len(content), "content": content}
        )
        AttachmentBlob.objects.filter(pk=blob.pk).update(created_at=Now() - age)
        EmailAttachment.objects.create(email=email, blob=blob, name="a", mimetype="a/b")
    return email


def clean(*arguments: str, older_than: str = "90d") -> str:
    out = StringIO()
    call_command("cleanup_emails", f"--older-than={older_than}", *arguments, stdout=out)
    return out.getvalue().strip()


@pytest.mark.fault(53)
@pytest.mark.parametrize("status", [s.value for s in Status])
def test_only_finished_and_decided_emails_go(status: str) -> None:
    email = make_old(status)
    clean()
    assert EmailQueue.objects.filter(pk=email.pk).exists() == (status in STAYS)
    assert EmailRecipient.objects.exists() == (status in STAYS)
    assert EmailLog.objects.exists() == (status in STAYS)


def test_young_emails_stay() -> None:
    old, young = make_old(days=91), make_old(days=89)
    assert clean().startswith("Deleted: 1 e-mails, 2 recipients, 1 attempts")
    assert set(EmailQueue.objects.all()) == {young}
    assert old not in EmailQueue.objects.all()


def test_files_go_when_no_email_uses_them() -> None:
    make_old(files=[b"only mine", b"shared"])
    make_old("pending", files=[b"shared"])
    assert clean() == "Deleted: 1 e-mails, 2 recipients, 1 attempts, 2 attachments, 1 files"
    assert bytes(AttachmentBlob.objects.get().content) == b"shared"


def test_file_that_was_touched_today_stays_for_the_call_that_is_storing_it() -> None:
    make_old(files=[b"x"])
    AttachmentBlob.objects.update(created_at=Now() - timedelta(hours=23))
    assert clean().endswith("1 attachments, 0 files")
    assert AttachmentBlob.objects.exists()


def test_dry_run_changes_nothing_and_says_what_the_run_then_does() -> None:
    for status in Status:
        make_old(status.value, files=[status.value.encode(), b"shared by all"])
        make_old(status.value, days=1)
    before = [m.objects.count() for m in (EmailQueue, EmailRecipient, EmailLog, AttachmentBlob)]
    announced = clean("--dry-run")
    after = [m.objects.count() for m in (EmailQueue, EmailRecipient, EmailLog, AttachmentBlob)]
    assert before == after
    assert announced == (
        "Would delete: 6 e-mails, 12 recipients, 6 attempts, 12 attachments, 6 files"
    )
    assert clean() == announced.replace("Would delete", "Deleted")
    assert clean() == "Deleted: 0 e-mails, 0 recipients, 0 attempts, 0 attachments, 0 files"


@pytest.mark.parametrize("size", ["1", "2", "3", "1000000"])
def test_batches_of_any_size_delete_everything(size: str) -> None:
    for number in range(7):
        make_old(files=[b"%d" % number])
        make_old("pending")
    text = clean(f"--batch-size={size}")
    assert text == "Deleted: 7 e-mails, 14 recipients, 7 attempts, 7 attachments, 7 files"
    assert EmailQueue.objects.count() == 7


@pytest.mark.django_db(transaction=True)
def test_each_batch_is_a_transaction_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(5):
        make_old()
    real, calls = cleanup._row, 0

    def dies_at_the_second_batch(statement: str, values: object) -> tuple[Any, ...]:
        nonlocal calls
        if statement is statements.DELETE_EMAILS:
            calls += 1
            if calls == 2:
                raise KeyboardInterrupt
        return real(statement, values)

    monkeypatch.setattr(cleanup, "_row", dies_at_the_second_batch)
    with pytest.raises(KeyboardInterrupt):
        clean("--batch-size=2")
    assert EmailQueue.objects.count() == 3


@pytest.mark.fault(53)
@pytest.mark.django_db(transaction=True)
def test_email_that_is_being_requeued_is_left_alone() -> None:
    email, other = make_old("failed"), make_old("failed")
    locked, deleted = threading.Event(), threading.Event()

    def requeue_slowly() -> None:
        try:
            with transaction.atomic():
                transitions.requeue([email.pk])
                locked.set()
                deleted.wait(20)
        finally:
            connection.close()

    person = threading.Thread(target=requeue_slowly)
    person.start()
    assert locked.wait(20)
    assert clean().startswith("Deleted: 1 e-mails")
    deleted.set()
    person.join()
    assert set(EmailQueue.objects.values_list("pk", "status")) == {(email.pk, "pending")}
    assert not EmailQueue.objects.filter(pk=other.pk).exists()
    assert EmailRecipient.objects.filter(email=email).count() == 2


@pytest.mark.django_db(transaction=True)
def test_file_being_attached_while_cleanup_runs_is_not_lost() -> None:
    arguments: dict[str, Any] = {
        "attachments": [("a.txt", b"shared", "text/plain")],
        "plain_body": "Hi",
    }
    email_service.send_email_task("x", "s", ["ann@example.org"], **arguments)
    EmailQueue.objects.update(status="cancelled", created_at=Now() - OLD)
    AttachmentBlob.objects.update(created_at=Now() - OLD)
    stored, cleaned = threading.Event(), threading.Event()

    def queue_slowly() -> None:
        try:
            with transaction.atomic():
                email_service.send_email_task("x", "s", ["ben@example.org"], **arguments)
                stored.set()
                cleaned.wait(20)
        finally:
            connection.close()

    caller = threading.Thread(target=queue_slowly)
    caller.start()
    assert stored.wait(20)
    assert clean() == "Deleted: 1 e-mails, 1 recipients, 0 attempts, 1 attachments, 0 files"
    cleaned.set()
    caller.join()
    assert bytes(EmailAttachment.objects.get().blob.content) == b"shared"


@pytest.mark.django_db(transaction=True)
def test_file_deleted_while_it_is_being_stored_is_stored_again() -> None:
    arguments: dict[str, Any] = {
        "attachments": [("a.txt", b"shared", "text/plain")],
        "plain_body": "Hi",
    }
    email_service.send_email_task("x", "s", ["ann@example.org"], **arguments)
    EmailAttachment.objects.all().delete()
    AttachmentBlob.objects.update(created_at=Now() - OLD)

    def queue() -> None:
        try:
            email_service.send_email_task("x", "s", ["ben@example.org"], **arguments)
        finally:
            connection.close()

    caller = threading.Thread(target=queue)
    with transaction.atomic():
        assert cleanup.delete_old(OLD)["files"] == 1
        caller.start()
        wait_until(_somebody_waits_for_a_lock)
    caller.join()
    assert bytes(EmailAttachment.objects.get().blob.content) == b"shared"


def _somebody_waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("45s", timedelta(seconds=45)),
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("90d", timedelta(days=90)),
        ("8w", timedelta(weeks=8)),
    ],
)
def test_duration_is_a_number_and_a_unit(text: str, duration: timedelta) -> None:
    assert cleanup.parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    ["90", "-3d", "abc", "", "0d", "d", "1.5d", "90 d", "90D", "9d9d", "٣d", "1y", "999999999d",
     "99999999999d", "90d\n"],
)  # fmt: skip
def test_bad_duration_is_told_in_one_sentence(text: str) -> None:
    make_old()
    with pytest.raises(CommandError, match=r"^--older-than: .*for example 90d\.$") as caught:
        clean(older_than=text)
    assert caught.value.returncode == 1
    assert EmailQueue.objects.exists()


def test_negative_duration_on_the_command_line_is_told_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        Command().run_from_argv(["manage.py", "cleanup_emails", "--older-than", "-3d"])
    assert caught.value.code == 1
    said = capsys.readouterr().err
    assert "CommandError: --older-than: '-3d' is not a duration" in said
    assert said.count("CommandError") == 1


@pytest.mark.parametrize("size", ["0", "-1", "1000001"])
def test_bad_batch_size_is_refused(size: str) -> None:
    with pytest.raises(CommandError, match=r"--batch-size"):
        clean(f"--batch-size={size}")


def test_duration_must_be_given() -> None:
    with pytest.raises(CommandError, match="--older-than"):
        call_command("cleanup_emails")
