"""Limits submissions per mailbox and per client, counted in the database for all pods.

Public forms send e-mail to any address typed in: without a limit they can be used to flood a
mailbox.
"""

import math
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import DurationField, ExpressionWrapper, F, Q, QuerySet
from django.db.models.functions import Now

from postroom.web.systems.submissions.models import Submission

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
# Columns that two equal submissions need not share: who sent it and when, not what was sent.
_NOT_TYPED = frozenset(
    {
        "id", "email", "created_at", "address_hash", "client_hash", "language", "file_content",
        "file_name",
    }
)  # fmt: skip
Record = TypeVar("Record", bound=Submission)


class TooManySubmissionsError(Exception):
    """A limit is reached; another submission is possible in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "Too many submissions in a short time, so this one was not stored. Please try "
            f"again in {_in_words(retry_after)}."
        )
        self.retry_after = retry_after


def wait_for_mailbox(record: Submission) -> None:
    """Wait until no other transaction stores a submission of the same mailbox, on any form.

    Call it in the transaction that stores the record: until its commit the others wait, so that
    none slips through between looking and storing.
    """
    _lock(record.address_hash)


def equal_submission(record: Record) -> Record | None:
    """A submission of the last hour with the same mailbox and the same text, if there is one."""
    typed = {
        field.attname: getattr(record, field.attname)
        for field in record._meta.concrete_fields
        if field.attname not in _NOT_TYPED
    }
    same: QuerySet[Record] = type(record)._default_manager.filter(
        address_hash=record.address_hash, created_at__gt=Now() - _HOUR, **typed
    )
    return same.only("pk").order_by("pk").first()


def check_limits(record: Submission) -> None:
    """Refuse `record` if its mailbox or its client has reached a limit, over all forms together.

    Call it after `wait_for_mailbox`, in the same transaction.

    Raises:
        TooManySubmissionsError: one of the limits is reached.
    """
    mailbox = Q(address_hash=record.address_hash)
    _check(mailbox, settings.SUBMISSIONS_PER_ADDRESS_HOUR, _HOUR)
    _check(mailbox, settings.SUBMISSIONS_PER_ADDRESS_DAY, _DAY)
    if record.client_hash and settings.SUBMISSIONS_PER_IP_HOUR:
        _lock(record.client_hash)
        _check(Q(client_hash=record.client_hash), settings.SUBMISSIONS_PER_IP_HOUR, _HOUR)


def _lock(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])


def _check(whose: Q, limit: int, window: timedelta) -> None:
    if not limit:
        return
    wait = ExpressionWrapper(F("created_at") + window - Now(), output_field=DurationField())
    first, *others = [
        kind._default_manager.filter(whose, created_at__gt=Now() - window)
        .order_by()
        .annotate(wait=wait)
        .values_list("wait", flat=True)
        for kind in Submission.__subclasses__()
    ]
    # The limit-th newest, if it exists: once it leaves the window, another one is allowed.
    waits = list(first.union(*others, all=True).order_by("-wait")[limit - 1 : limit])
    if waits:
        raise TooManySubmissionsError(max(1, math.ceil(waits[0].total_seconds())))


def _in_words(seconds: int) -> str:
    minutes = math.ceil(seconds / 60)
    if minutes > 90:
        return f"{math.ceil(minutes / 60)} hours"
    return "a minute" if minutes == 1 else f"{minutes} minutes"
