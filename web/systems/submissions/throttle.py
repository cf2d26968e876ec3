"""Limits submissions per mailbox and per client, counted in the database for all pods.

Public forms send e-mail to any address typed in: without a limit they can be used to flood a
mailbox.
"""

import math
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from postroom.web.systems.submissions.models import Submission

_WINDOW = timedelta(hours=1)
_WAIT = ExpressionWrapper(F("created_at") + _WINDOW - Now(), output_field=DurationField())


class TooManySubmissionsError(Exception):
    """A limit is reached; another submission is possible in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        minutes = math.ceil(retry_after / 60)
        super().__init__(
            "Too many submissions in a short time, so this one was not stored. Please try "
            f"again in {'a minute' if minutes == 1 else f'{minutes} minutes'}."
        )
        self.retry_after = retry_after


def check_limits(record: Submission) -> None:
    """Refuse `record` if its mailbox (on this form) or its client (on all forms) is over a limit.

    Call it in the transaction that stores the record: until the commit, submissions of the same
    mailbox or client wait, so that none slips through between counting and storing.

    Raises:
        TooManySubmissionsError: one of the limits is reached.
    """
    _check(
        [type(record)],
        Q(address_hash=record.address_hash),
        settings.SUBMISSIONS_PER_ADDRESS_HOUR,
        f"{record.PREFIX} {record.address_hash}",
    )
    if record.client_hash:
        _check(
            Submission.__subclasses__(),
            Q(client_hash=record.client_hash),
            settings.SUBMISSIONS_PER_IP_HOUR,
            record.client_hash,
        )


def _check(kinds: Iterable[type[Submission]], whose: Q, limit: int, key: str) -> None:
    if not limit:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
    recent = [
        kind._default_manager.filter(whose, created_at__gt=Now() - _WINDOW)
        .order_by()
        .annotate(wait=_WAIT)
        .values_list("wait", flat=True)
        for kind in kinds
    ]
    first, *others = recent
    # The limit-th newest, if it exists: once it leaves the window, another one is allowed.
    waits = list(first.union(*others, all=True).order_by("-wait")[limit - 1 : limit])
    if waits:
        raise TooManySubmissionsError(max(1, math.ceil(waits[0].total_seconds())))
