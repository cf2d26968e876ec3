"""Deletes old finished e-mails or only their content, and then the files that no e-mail uses."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from postroom.shared.status import FINISHED, Status
from postroom.web.emails.operating import cleanup_statements as statements

# An unknown e-mail waits for an operator's decision, however long that takes.
DELETABLE: Final = FINISHED - {Status.UNKNOWN}
COUNTED: Final = ("e-mails", "recipients", "attempts", "attachments", "files")
ERASED: Final = ("contents", "attachments", "files")

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION: Final = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_LONGEST: Final = timedelta(days=36_500)

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
        *emails, attachments = _row(statements.COUNT_EMAILS, values)
        (erased,) = _row(statements.COUNT_ERASED_ATTACHMENTS, values)
        files = _row(statements.COUNT_FILES, values)
    return dict(zip(COUNTED, (*emails, attachments + erased, *files), strict=True))


def delete_old(older_than: timedelta, *, batch_size: int = 1000) -> Mapping[str, int]:
    """Delete in batches, each in its own transaction. Deleted rows by the names of `COUNTED`."""
    counts = Counter(dict.fromkeys(COUNTED, 0))
    values = _bounds(older_than, batch_size)
    _in_batches(statements.DELETE_EMAILS, values, after=0, names=COUNTED[:4], counts=counts)
    _delete_files(batch_size, counts)
    return counts


def count_content(older_than: timedelta) -> Mapping[str, int]:
    """What `erase_content` would erase now, by the names of `ERASED`."""
    with transaction.atomic():
        values = {"states": _STATES, "before": _moment(older_than)}
        contents, attachments = _row(statements.COUNT_CONTENT, values)
        (erased,) = _row(statements.COUNT_ERASED_ATTACHMENTS, {**values, "states": []})
        files = _row(statements.COUNT_FILES, values)
    return dict(zip(ERASED, (contents, attachments + erased, *files), strict=True))


def erase_content(older_than: timedelta, *, batch_size: int = 1000) -> Mapping[str, int]:
    """Erase bodies, contexts and files in batches, each in its own transaction.

    What was erased by the names of `ERASED`. E-mails, recipients and attempts stay as facts.
    """
    counts = Counter(dict.fromkeys(ERASED, 0))
    values = _bounds(older_than, batch_size)
    _in_batches(statements.ERASE_CONTENT, values, after=0, names=ERASED[:2], counts=counts)
    _delete_files(batch_size, counts)
    return counts


def _bounds(older_than: timedelta, batch_size: int) -> dict[str, object]:
    with transaction.atomic():
        before = _moment(older_than)
        (last,) = _row(statements.LAST, (before,))
    return {"states": _STATES, "before": before, "last": last, "limit": batch_size}


def _delete_files(batch_size: int, counts: Counter[str]) -> None:
    """What sensitive e-mails left behind, and then the bytes that no e-mail uses."""
    values = {"limit": batch_size}
    names = ("attachments",)
    _in_batches(statements.DELETE_ERASED_ATTACHMENTS, values, after=0, names=names, counts=counts)
    _in_batches(statements.DELETE_FILES, values, after="", names=("files",), counts=counts)


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
    moment: datetime = _row(statements.BEFORE, (older_than,))[0]
    return moment


def _row(statement: str, values: Any) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        # Maintenance may take longer than a web request; a batch still releases its locks soon.
        cursor.execute("SET LOCAL statement_timeout = '15min'")
        cursor.execute(statement, values)
        (row,) = cursor.fetchall()
    return tuple(row)
