"""`EmailBatch`: many calls of `send_email_task`, checked one by one and written together."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from postroom.web.emails import selectors
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing.idempotency import check_same_call
from postroom.web.emails.queueing.insertion import NewEmail
from postroom.web.emails.service import EmailService, email_service, insert


class EmailBatch(EmailService):
    """Spares each e-mail with an idempotency key the three queries around its insert.

    `send_email_task` checks as ever and raises at once; the row it returns is not stored. `queue`
    stores, and returns the rows with their ids. Until then attachments are held in memory.
    """

    def __init__(self) -> None:
        self._calls: list[NewEmail] = []

    def write(self, new: NewEmail) -> EmailQueue:
        """Keep it for `queue`."""
        self._calls.append(new)
        return EmailQueue(**new.values)

    def queue(self) -> list[EmailQueue]:
        """Store everything or nothing, in the caller's transaction; the rows in the calls' order.

        For a key that stands, or comes twice, the row is the first one.

        Raises:
            EmailRequestError: an `expires_at` has passed.
            IdempotencyConflictError: a key belongs to an e-mail with other arguments.
        """
        calls, self._calls = self._calls, []
        try:
            with transaction.atomic():
                return _write(calls)
        except IntegrityError as error:
            if "postroom_email_idempotency_key" not in str(error):
                raise
        # Somebody used one of the keys since we looked: now each must look for itself.
        with transaction.atomic():
            return [email_service.write(new) for new in calls]


def _write(calls: Sequence[NewEmail]) -> list[EmailQueue]:
    keys = {new.key for new in calls} - {""}
    standing = selectors.with_keys(keys) if keys else ()
    first = {row.idempotency_key: row for row in standing}
    rows = []
    for new in calls:
        if found := first.get(new.key):
            check_same_call(found, new)
            rows.append(found)
            continue
        rows.append(row := insert(new))
        if new.key:
            first[new.key] = row
    return rows
