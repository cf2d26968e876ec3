"""A sensitive e-mail is shown to nobody, and its content is gone however it ended."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from postroom.mailer.outcomes.outcome import Failed, Outcome, Phase, Reply, Retry, Unknown
from postroom.mailer.rows.store import Store
from postroom.shared.status import AttemptOutcome, Status
from postroom.web.emails import transitions
from postroom.web.emails.errors import EmailRequestError, IdempotencyConflictError
from postroom.web.emails.models import AttachmentBlob, EmailQueue, EmailRecipient, Suppression
from postroom.web.emails.operating.send_again import send_again
from postroom.web.emails.relaying import outbox
from tests.support.claims import accepted, lease_runs_out, result, store_of
from tests.support.queued_emails import make_email, send, status_of

CODE = "4711-0815"
CONTENT = {
    "subject": f"Your code is {CODE}",
    "plain_body": f"Enter {CODE}",
    "html_body": f"<p>Enter <b>{CODE}</b>",
    "context": {"code": CODE},
}
PAGES = ["", "?tab=html", "?tab=text", "?tab=source", "?tab=message", "?tab=data"]


def queue(**fields: Any) -> EmailQueue:
    return send(**CONTENT, sensitive=True, **fields)


def content(email: EmailQueue) -> tuple[Any, ...]:
    fields = ("subject", "plain_body", "html_body", "context")
    return EmailQueue.objects.values_list(*fields).get(pk=email.pk)


def is_erased(email: EmailQueue) -> bool:
    row = EmailQueue.objects.get(pk=email.pk)
    assert (content(email) == ("", "", "", {})) == (row.content_erased_at is not None)
    return row.content_erased_at is not None


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    with closing(store_of(database_url, "mailer-1")) as store:
        yield store


@pytest.mark.django_db
def test_no_page_shows_it_before_or_after_it_was_sent(admin_client: Client) -> None:
    email = queue(attachments=[(f"{CODE}.txt", CODE.encode(), "text/plain")])
    page = reverse("admin:postroom_emailqueue_change", args=[email.pk])
    lists = [reverse("admin:postroom_emailqueue_changelist"), reverse("admin:index")]
    file = email.attachments.get()
    hidden = [
        reverse("admin:postroom_emailqueue_content", args=[email.pk]),
        reverse("admin:postroom_emailqueue_file", args=[email.pk, file.pk]),
    ]
    for _ in range(2):
        in_console = reverse("postroom_console:email", args=[email.pk])
        for address in [*(page + tab for tab in PAGES), *lists, in_console]:
            answer = admin_client.get(address)
            assert answer.status_code == 200
            assert f"code is {CODE}" not in answer.text
            assert f"Enter {CODE}" not in answer.text
            assert f"{CODE}.txt" not in answer.text, "the file's name"
        assert "is sensitive: its content is not shown to anyone" in admin_client.get(page).text
        for address in hidden:
            answer = admin_client.get(address)
            assert answer.status_code == 404
            assert CODE not in answer.text
        transitions.cancel([email.pk])
    for words in ("code is", f"is {CODE}"):
        rows = admin_client.get(lists[0], {"q": words}).context["cl"].result_list
        assert list(rows) == []


@pytest.mark.django_db
def test_it_cannot_be_sent_to_another_address(admin_client: Client, admin_user: Any) -> None:
    email = queue()
    with pytest.raises(EmailRequestError, match="is sensitive"):
        send_again(email, "mallory@example.org", admin_user, press="1")
    admin_client.post(
        reverse("admin:postroom_emailqueue_again", args=[email.pk]), {"address": "m@example.org"}
    )
    assert EmailQueue.objects.count() == 1


RESULTS: dict[str, tuple[Outcome, Status, AttemptOutcome]] = {
    "failed": (
        Failed(Phase.FINAL, Reply(550, "no"), "no"), Status.FAILED, AttemptOutcome.FAILED,
    ),
    "unknown": (
        Unknown(Phase.FINAL, Reply(0, ""), "lost"), Status.UNKNOWN, AttemptOutcome.UNKNOWN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("sensitive", [True, False])
@pytest.mark.parametrize("ending", ["completed", *RESULTS])
def test_result_that_ends_it_erases_it_in_the_same_statement(
    store: Store, ending: str, sensitive: bool
) -> None:
    email = queue() if sensitive else send(**CONTENT)
    (claimed,) = store.claim([email.pk])
    store.record(
        [accepted(claimed) if ending == "completed" else result(claimed, *RESULTS[ending])]
    )
    assert status_of(email) == ending
    assert is_erased(email) == sensitive


def test_content_stays_as_long_as_it_is_needed_for_another_attempt(store: Store) -> None:
    email = queue()
    (claimed,) = store.claim([email.pk])
    assert claimed.plain_body == CONTENT["plain_body"]
    retry = Retry(Phase.CONNECT, Reply(0, ""), "away")
    store.record([result(claimed, retry, Status.PENDING, AttemptOutcome.RETRY)])
    assert not is_erased(email)
    (again,) = store.claim([email.pk])
    lease_runs_out(email)
    outbox.take_back()
    assert status_of(email) == Status.PENDING
    assert not is_erased(email)
    assert again.subject == CONTENT["subject"]


def cancelled(email: EmailQueue, _: Store) -> None:
    transitions.cancel([email.pk])


def expired(email: EmailQueue, _: Store) -> None:
    EmailQueue.objects.filter(pk=email.pk).update(expires_at=Now() - timedelta(seconds=1))
    outbox.expire()


def suppressed(email: EmailQueue, store: Store) -> None:
    Suppression.objects.create(address="ann@example.org", reason="bounced")
    assert store.claim([email.pk]) == []


def taken_back(email: EmailQueue, store: Store) -> None:
    EmailQueue.objects.filter(pk=email.pk).update(max_attempts=1)
    store.claim([email.pk])
    lease_runs_out(email)
    outbox.take_back()


@pytest.mark.parametrize("end", [cancelled, expired, suppressed, taken_back])
@pytest.mark.parametrize("sensitive", [True, False])
def test_every_other_end_erases_it_too(
    store: Store, end: Callable[[EmailQueue, Store], None], sensitive: bool
) -> None:
    email = queue() if sensitive else send(**CONTENT)
    end(email, store)
    assert status_of(email) not in (Status.PENDING, Status.PROCESSING)
    assert is_erased(email) == sensitive


@pytest.mark.django_db
def test_requeue_of_an_erased_one_is_refused_in_words(
    admin_client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    email = queue()
    transitions.cancel([email.pk])
    page = reverse("admin:postroom_emailqueue_requeue", args=[email.pk])
    text = admin_client.post(page, follow=True).text
    assert "was not changed. This e-mail is sensitive" in text
    assert "content was erased" in text
    assert transitions.requeue([email.pk]) == []
    assert status_of(email) == Status.CANCELLED
    action = {"action": "requeue_failed", "_selected_action": [email.pk]}
    text = admin_client.post(
        reverse("admin:postroom_emailqueue_changelist"), action, follow=True
    ).text
    assert "0 requeued. 1 skipped" in text
    call_command("requeue_emails", "--status=cancelled")
    said = capsys.readouterr().out
    assert "Requeued: 0 cancelled e-mails" in said
    assert "content was erased: 1" in said


@pytest.mark.django_db
def test_bulk_requeue_counts_erased_ones_apart(admin_client: Client) -> None:
    transitions.cancel([queue().pk])
    make_email("cancelled")
    asked = {"kind": "requeue", "question": "status__exact=cancelled"}
    text = admin_client.post(reverse("admin:postroom_emailqueue_bulk_ask"), asked, follow=True).text
    assert "Requeue 1 e-mail" in text
    assert "1 e-mail cannot be sent: the content was erased" in text


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["no", 1, None, "False"])
def test_other_values_than_true_and_false_are_refused(value: Any) -> None:
    with pytest.raises(EmailRequestError, match="sensitive: must be True or False"):
        send(**CONTENT, sensitive=value)


@pytest.mark.django_db
def test_stored_hash_of_a_call_does_not_give_its_code_away(settings: Any) -> None:
    email = queue(idempotency_key="login-1")
    assert queue(idempotency_key="login-1").pk == email.pk
    with pytest.raises(IdempotencyConflictError):
        send(**CONTENT, idempotency_key="login-1")
    settings.SECRET_KEY = "another"
    assert queue(idempotency_key="login-2").payload_hash != email.payload_hash


@pytest.mark.django_db
def test_clean_up_deletes_its_files_although_it_is_young() -> None:
    email = queue(attachments=[("code.txt", CODE.encode(), "text/plain")])
    transitions.cancel([email.pk])
    AttachmentBlob.objects.update(created_at=Now() - timedelta(days=2))
    call_command("cleanup_emails", "--content-after=30d", verbosity=0)
    assert not email.attachments.exists()
    assert not AttachmentBlob.objects.exists()
    assert EmailRecipient.objects.count() == 1


@pytest.mark.django_db
def test_database_takes_no_other_e_mail_without_content() -> None:
    email = make_email()
    with connection.cursor() as cursor, pytest.raises(Exception, match="has_content"):
        cursor.execute("UPDATE postroom_emailqueue SET plain_body = '' WHERE id = %s", (email.pk,))
