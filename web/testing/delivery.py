"""The path of an e-mail without broker and mail server, as far as its row shows it.

By plain ORM, in the test's transaction, so that it works on SQLite and is rolled back with the
test. It stands in for the relay and the mailer and is never used by a running site.
"""

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from postroom.shared.addresses import comparison_key
from postroom.shared.errors import HeaderError
from postroom.shared.rendering.renderer import TemplateError
from postroom.shared.status import AttemptOutcome, Priority, RecipientStatus, Status
from postroom.web.emails.models import EmailLog, EmailQueue, EmailRecipient, Suppression
from postroom.web.testing.queued_mail import QueuedMail

_REPLY = "250 2.0.0 delivered by postroom.testing"
_TASK = "postroom.testing"


def deliver(mail: QueuedMail) -> bool:
    """Whether it was due and is sent now; its row says what became of it."""
    if not _is_due(mail.row):
        return False
    people = mail.row.recipients.filter(status=RecipientStatus.PENDING.value)
    suppressed = _suppressed(mail.row)
    people.filter(address__in=suppressed).update(
        status=RecipientStatus.SUPPRESSED.value, smtp_reply="on the suppression list"
    )
    if not people.exists():
        reason = "every address is on the suppression list"
        _end(mail.row, Status.SUPPRESSED, error=reason, attempts=mail.row.attempts)
        return False
    try:
        # The files too: all of it is read now, as a sensitive e-mail loses its content below.
        mail.message, mail.attachments  # noqa: B018
    except (TemplateError, HeaderError) as problem:
        _log(mail.row, AttemptOutcome.FAILED, str(problem))
        people.update(status=RecipientStatus.REFUSED.value, smtp_reply="")
        _end(mail.row, Status.FAILED, error=str(problem))
        return False
    _log(mail.row, AttemptOutcome.ACCEPTED, "")
    people.update(status=RecipientStatus.ACCEPTED.value, smtp_code=250, smtp_reply=_REPLY)
    _end(mail.row, Status.COMPLETED)
    return True


def _is_due(row: EmailQueue) -> bool:
    now = timezone.now()
    later = row.scheduled_at is not None and row.scheduled_at > now
    over = row.expires_at is not None and row.expires_at <= now
    return row.status == Status.PENDING and not later and not over


def _suppressed(row: EmailQueue) -> list[str]:
    if row.priority == Priority.HIGH:
        return []
    people = EmailRecipient.objects.filter(email=row).values_list("address", flat=True)
    by_key = {comparison_key(address): address for address in people}
    of_list = Q(list_id="") | Q(list_id=row.list_id)
    found = Suppression.objects.filter(of_list, address__in=by_key)
    return [by_key[key] for key in found.values_list("address", flat=True)]


def _log(row: EmailQueue, outcome: AttemptOutcome, error: str) -> None:
    EmailLog.objects.create(
        email=row,
        attempt=row.attempts + 1,
        outcome=outcome.value,
        smtp_code=None if error else 250,
        smtp_reply="" if error else _REPLY,
        error=error,
        mailer=_TASK,
        task_name=row.task,
    )


def _end(row: EmailQueue, status: Status, *, error: str = "", attempts: int | None = None) -> None:
    erased = {"subject": "", "html_body": "", "plain_body": "", "context": {}}
    EmailQueue.objects.filter(pk=row.pk, status=Status.PENDING.value).update(
        status=status.value,
        last_error=error,
        attempts=row.attempts + 1 if attempts is None else attempts,
        published_at=Now(),
        next_attempt_at=Now(),
        sent_at=Now() if status is Status.COMPLETED else None,
        **(erased | {"content_erased_at": Now()} if row.sensitive else {}),
    )
    row.refresh_from_db()
