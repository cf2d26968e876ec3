"""`EmailBatch`: many calls of `send_email_task`, checked one by one and written together."""

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from postroom.web.emails import selectors
from postroom.web.emails.models import EmailQueue
from postroom.web.emails.queueing.idempotency import check_same_call, is_duplicate_key
from postroom.web.emails.queueing.insertion import NewEmail
from postroom.web.emails.queueing.writing import insert
from postroom.web.emails.service import EmailService, email_service


class EmailBatch(EmailService):
    """Saves the three queries around the insert of each e-mail with an idempotency key.

    `send_email_task` checks as usual and raises at once; the row it returns is not stored. `queue`
    stores, and returns the rows with their ids. Until then attachments are held in memory.
    """

    def __init__(self) -> None:
        self._calls: list[NewEmail] = []

    def write(self, new: NewEmail) -> EmailQueue:
        """Keep it for `queue`."""
        self._calls.append(new)
        return EmailQueue(**new.values)

    def queue(self) -> list[EmailQueue]:
        """Store everything or nothing, in the caller's transaction. Rows in the order of the calls.

        For a key that exists already, or is given twice, the row is the first one.

        Raises:
            EmailRequestError: an `expires_at` has passed.
            IdempotencyConflictError: a key belongs to an e-mail with other arguments.
        """
        calls, self._calls = self._calls, []
        try:
            with transaction.atomic():
                return _write(calls)
        except IntegrityError as error:
            if not is_duplicate_key(error):
                raise
        # Another transaction has used one of the keys since `_write` looked: look for each alone.
        with transaction.atomic():
            return [email_service.write(new) for new in calls]


def _write(calls: Sequence[NewEmail]) -> list[EmailQueue]:
    keys = {new.key for new in calls} - {""}
    existing = selectors.with_keys(keys) if keys else ()
    first = {row.idempotency_key: row for row in existing}
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
