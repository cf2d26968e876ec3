"""Signals of the queue; sites import them from `postroom.signals`."""

from typing import Final

from django.dispatch import Signal

# Sent with `sender=EmailQueue` and `email`, the new row, for every e-mail that the call or an
# EmailBatch stores; not for a second call with the same key. In the caller's transaction, if there
# is one: what a receiver does must not fail in the database, or the caller's statements fail too.
# Any other exception of a receiver is logged.
email_queued: Final = Signal()

# Sent with `sender=Suppression`, `address` (in lower case) and `list_id`, when a person leaves a
# list on the unsubscribe page, or comes back; in the transaction that stores it. An exception of a
# receiver rolls it back, so that two places never disagree.
list_left: Final = Signal()
list_joined: Final = Signal()
