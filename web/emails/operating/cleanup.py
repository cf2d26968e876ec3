"""Deletes old finished e-mails, and then the files that no e-mail uses any more."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from postroom.shared.status import FINISHED, Status

# An unknown e-mail waits for an operator's decision, however long that takes.
DELETABLE: Final = FINISHED - {Status.UNKNOWN}
COUNTED: Final = ("e-mails", "recipients", "attempts", "attachments", "files")

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION: Final = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_LONGEST: Final = timedelta(days=36_500)

# The lock makes PostgreSQL check each row's status again, so an e-mail requeued in the meantime is
# skipped; SKIP LOCKED leaves one that is being requeued right now to the next run. Foreign keys are
# checked at the commit, so one statement can delete children and parents.
_DELETE_EMAILS = """
WITH doomed AS (
  SELECT id FROM postroom_emailqueue
  WHERE status = ANY(%(states)s) AND created_at < %(before)s
    AND id > %(after)s AND id <= %(last)s
  ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), recipients AS (
  DELETE FROM postroom_emailrecipient r USING doomed d WHERE r.email_id = d.id RETURNING 1
), attempts AS (
  DELETE FROM postroom_emaillog l USING doomed d WHERE l.email_id = d.id RETURNING 1
), attachments AS (
  DELETE FROM postroom_emailattachment a USING doomed d WHERE a.email_id = d.id RETURNING 1
), emails AS (
  DELETE FROM postroom_emailqueue q USING doomed d
  WHERE q.id = d.id AND q.status = ANY(%(states)s) RETURNING 1
)
SELECT (SELECT max(id) FROM doomed), (SELECT count(*) FROM emails),
  (SELECT count(*) FROM recipients), (SELECT count(*) FROM attempts),
  (SELECT count(*) FROM attachments)
"""
_COUNT_EMAILS = """
WITH doomed AS (
  SELECT id FROM postroom_emailqueue WHERE status = ANY(%(states)s) AND created_at < %(before)s
)
SELECT (SELECT count(*) FROM doomed),
  (SELECT count(*) FROM postroom_emailrecipient r JOIN doomed d ON d.id = r.email_id),
  (SELECT count(*) FROM postroom_emaillog l JOIN doomed d ON d.id = l.email_id),
  (SELECT count(*) FROM postroom_emailattachment a JOIN doomed d ON d.id = a.email_id)
"""
# A call that is storing this very file right now has updated `created_at` (see attachments.py):
# the lock makes PostgreSQL check it again, so the file stays.
_DELETE_FILES = """
WITH doomed AS (
  SELECT sha256 FROM postroom_attachmentblob b
  WHERE created_at < now() - interval '1 day' AND sha256 > %(after)s
    AND NOT EXISTS (SELECT 1 FROM postroom_emailattachment a WHERE a.blob_id = b.sha256)
  ORDER BY sha256 LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), files AS (
  DELETE FROM postroom_attachmentblob b USING doomed d WHERE b.sha256 = d.sha256 RETURNING 1
)
SELECT (SELECT max(sha256) FROM doomed), (SELECT count(*) FROM files)
"""
_COUNT_FILES = """
SELECT count(*) FROM postroom_attachmentblob b
WHERE created_at < now() - interval '1 day'
  AND NOT EXISTS (
    SELECT 1 FROM postroom_emailattachment a JOIN postroom_emailqueue q ON q.id = a.email_id
    WHERE a.blob_id = b.sha256 AND NOT (q.status = ANY(%(states)s) AND q.created_at < %(before)s))
"""
_BEFORE = "SELECT now() - %s::interval"
_LAST = "SELECT coalesce(max(id), 0) FROM postroom_emailqueue WHERE created_at < %s"
_STATES: Final = sorted(state.value for state in DELETABLE)


class DurationError(ValueError):
    """The text is not a duration; the message says what one looks like."""


def parse_duration(text: str) -> timedelta:
    """`90d`, `12h`: a whole number from 1 with one of s, m, h, d, w.

    Raises:
        DurationError: anything else, or more than a hundred years.
    """
    match = _DURATION.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise DurationError(
            f"{text!r} is not a duration: write a whole number from 1 followed by s, m, h, d or w, "
            "for example 90d."
        )
    try:
        duration = timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        duration = timedelta.max
    if duration > _LONGEST:
        raise DurationError(f"{text!r} is longer than a hundred years; write for example 90d.")
    return duration


def count_old(older_than: timedelta) -> Mapping[str, int]:
    """The rows `delete_old` would delete now, by the names of `COUNTED`."""
    with transaction.atomic():
        values = {"states": _STATES, "before": _moment(older_than)}
        emails = _row(_COUNT_EMAILS, values)
        files = _row(_COUNT_FILES, values)
    return dict(zip(COUNTED, (*emails, *files), strict=True))


def delete_old(older_than: timedelta, *, batch_size: int = 1000) -> Mapping[str, int]:
    """Delete in batches, each in its own transaction. Deleted rows by the names of `COUNTED`."""
    with transaction.atomic():
        before = _moment(older_than)
        (last,) = _row(_LAST, (before,))
    counts = Counter(dict.fromkeys(COUNTED, 0))
    values = {"states": _STATES, "before": before, "last": last, "limit": batch_size}
    _in_batches(_DELETE_EMAILS, values, after=0, names=COUNTED[:4], counts=counts)
    _in_batches(_DELETE_FILES, {"limit": batch_size}, after="", names=COUNTED[4:], counts=counts)
    return counts


def _in_batches(
    statement: str,
    values: Mapping[str, object],
    *,
    after: int | str | None,
    names: tuple[str, ...],
    counts: Counter[str],
) -> None:
    while True:
        with transaction.atomic():
            after, *found = _row(statement, {**values, "after": after})
        if after is None:
            return
        counts.update(dict(zip(names, found, strict=True)))


def _moment(older_than: timedelta) -> datetime:
    moment: datetime = _row(_BEFORE, (older_than,))[0]
    return moment


def _row(statement: str, values: Any) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        # Maintenance may take longer than a web request; a batch still releases its locks soon.
        cursor.execute("SET LOCAL statement_timeout = '15min'")
        cursor.execute(statement, values)
        (row,) = cursor.fetchall()
    return tuple(row)
