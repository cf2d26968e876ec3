"""Writes imported e-mails: those to be sent like any other, old ones with their outcome."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from postroom.shared.status import AttemptOutcome, RecipientStatus, Status
from postroom.web.conf import conf
from postroom.web.emails.batch import EmailBatch
from postroom.web.emails.models import EmailLog, EmailQueue, EmailRecipient
from postroom.web.emails.queueing import attachments, insertion
from postroom.web.emails.queueing.insertion import NewEmail
from postroom.web.importing.old_mail import OldAttempt, OldMail

_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,120}@[!-;=?-~]{1,120}>")
_RECIPIENTS: Final = {
    Status.COMPLETED: RecipientStatus.ACCEPTED,
    Status.FAILED: RecipientStatus.REFUSED,
    Status.UNKNOWN: RecipientStatus.UNKNOWN,
    Status.SUPPRESSED: RecipientStatus.SUPPRESSED,
}
# Files stay in memory until they are written.
_MOST_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Past:
    """A checked e-mail that will not be sent."""

    new: NewEmail
    status: Status
    attempts: Sequence[OldAttempt]
    sender: str


class ImportBatch(EmailBatch):
    """`EmailBatch` that also stores e-mails with an outcome; content is imported as it is."""

    faithful = True

    def __init__(self) -> None:
        super().__init__()
        self._past: list[_Past] = []
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether to call `queue` before adding more."""
        return self._bytes > _MOST_BYTES

    def add(
        self, mail: OldMail, *, key: str, origin: Mapping[str, str | int], created: datetime
    ) -> None:
        """Check one e-mail as `send_email_task` does, and keep it for `queue`.

        `origin`: where it comes from, for its metadata; `created`: when it was created there.

        Raises:
            EmailRequestError: an argument cannot be used.
        """
        call = dict(mail.call)
        if mail.status != Status.PENDING:  # it will not be sent
            call |= {"scheduled_at": None, "expires_at": None}
        self.send_email_task(**call, idempotency_key=key, metadata={"imported": dict(origin)})
        new = self._calls[-1]
        self._bytes += sum(len(file.content) for file in new.stored)
        if _MESSAGE_ID.fullmatch(mail.message_id):
            new.values["message_id"] = mail.message_id
        if mail.status != Status.PENDING:
            self._calls.pop()
            new.values.update(_ended(mail, created))
            self._past.append(_Past(new, mail.status, mail.attempts, str(origin["from"])))

    def queue(self) -> list[EmailQueue]:
        """Store everything or nothing. Rows of the e-mails to be sent.

        Raises:
            EmailRequestError: an `expires_at` has passed since it was added.
            IntegrityError: another import has stored one of the old e-mails in the meantime.
        """
        past, self._past, self._bytes = self._past, [], 0
        with transaction.atomic():
            rows = super().queue()
            _store(past)
        return rows


def _ended(mail: OldMail, created: datetime) -> dict[str, Any]:
    values = {
        "status": mail.status.value,
        "attempts": min(len(mail.attempts), conf.delivery.max_attempts),
        "last_error": mail.error,
        **dict.fromkeys(("created_at", "queued_at", "next_attempt_at"), created),
    }
    if mail.sent_at:
        values["sent_at"] = mail.sent_at
    return values


def _store(past: Sequence[_Past]) -> None:
    by_status: dict[Status, list[int]] = {}
    log = []
    for one in past:
        attachments.store(one.new.stored)
        email = insertion.insert(one.new)
        by_status.setdefault(one.status, []).append(email.pk)
        log += [_log(email, n, one) for n in range(len(one.attempts))]
    for status, ids in by_status.items():
        if status in _RECIPIENTS:
            people = EmailRecipient.objects.filter(email__in=ids)
            people.update(status=_RECIPIENTS[status].value)
    EmailLog.objects.bulk_create(log)


def _log(email: EmailQueue, place: int, one: _Past) -> EmailLog:
    attempt = one.attempts[place]
    last = place == len(one.attempts) - 1
    outcome = AttemptOutcome.ACCEPTED
    if attempt.error:
        outcome = AttemptOutcome.FAILED if last else AttemptOutcome.RETRY
    return EmailLog(
        email=email,
        attempt=place + 1,
        outcome=outcome.value,
        error=attempt.error,
        mailer=one.sender,
        task_name="import",
        created_at=attempt.at,
    )
