"""Finds the rows of one page: window after window, until the page is full or the time is up.

A filter without an index would read the whole table to say "nothing found". So the list reads
windows (docs/decisions/0011), says how far it looked, and can go on from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from postroom.web.console.emails.asked import AGES, Asked
from postroom.web.console.listing import ROWS
from postroom.web.emails import selectors
from postroom.web.emails.models import EmailLog, EmailQueue
from postroom.web.emails.operating import console_lists, error_classes, list_window, search
from postroom.web.emails.operating.list_window import Window


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of a page, each with the last attempt if there was one.

    `looked_at`: about how many e-mails were read; `back_to`: when the last of these was created.
    `further`: continue after this id, None at the end. `is_full`: the page has all rows it can
    show, so that what follows is its next page; otherwise the time was up.
    """

    rows: Sequence[tuple[Any, EmailLog | None]]
    looked_at: int
    back_to: datetime | None
    further: int | None
    is_full: bool
    is_named: bool
    window: Window


def find(asked: Asked, *, seconds: float, most: int = ROWS) -> Found:
    """The rows from `asked.past` on; a further window is begun only within `seconds`."""
    end, past, looked = monotonic() + seconds, asked.past, 0
    ids: list[int] = []
    first: Window | None = None
    while True:
        window = _window(asked, past)
        first = first or window
        looked += _size(window)
        rows = _matching(asked, window, past)
        order = "pk" if asked.is_rising else "-pk"
        ids += rows.order_by(order).values_list("pk", flat=True)[: most + 1 - len(ids)]
        if len(ids) > most:
            return _found(asked, ids[:most], looked, ids[most - 1], first, is_full=True)
        if not window.more:
            return _found(asked, ids, looked, None, first, is_full=False)
        past = window.edge
        if monotonic() >= end:
            return _found(asked, ids, looked, past, first, is_full=False)


def everything(asked: Asked) -> QuerySet[EmailQueue]:
    """All that match in the whole table, however long that takes: for bulk actions."""
    if asked.period:
        rows = _matching(asked, list_window.EVERYTHING, None)
        return rows & console_lists.all_attempted_between(*asked.period)
    window = list_window.EVERYTHING
    if asked["q"] and search.identified(asked["q"]) is not None:
        window = _window(asked, None)
    return _matching(asked, window, None)


def _found(
    asked: Asked, ids: list[int], looked: int, further: int | None, window: Window, *, is_full: bool
) -> Found:
    rows = {row.pk: row for row in selectors.emails_for_list().filter(pk__in=ids)}
    attempts = console_lists.last_attempts(ids)
    back_to = None
    if further is not None and not is_full:
        created = EmailQueue.objects.filter(pk__gte=further).order_by("pk")
        back_to = created.values_list("created_at", flat=True).first()
    return Found(
        # One that was deleted in between is left out.
        rows=[(rows[pk], attempts.get(pk)) for pk in ids if pk in rows],
        looked_at=looked,
        back_to=back_to,
        further=further,
        is_full=is_full,
        is_named=window.named,
        window=window,
    )


def _window(asked: Asked, past: int | None) -> Window:
    """Exactly the e-mails that are named; otherwise a window by state, age or id."""
    if asked.period:
        return console_lists.attempted_between(*asked.period)
    if asked["q"] and (ids := search.identified(asked["q"])) is not None:
        return list_window.named(ids)
    older = timezone.now() - AGES["older"][1] if asked["age"] == "older" else None
    return list_window.of_emails(
        status=asked["status"], before=older, past=past, rising=asked.is_rising
    )


def _matching(asked: Asked, window: Window, past: int | None) -> QuerySet[EmailQueue]:
    rows = EmailQueue.objects.filter(window.on("pk"))
    if past is not None:
        rows = rows.filter(pk__gt=past) if asked.is_rising else rows.filter(pk__lt=past)
    exact = {"status": "status", "type": "email_type", "source": "source_app"}
    for name, field in {**exact, "priority": "priority"}.items():
        if asked[name]:
            rows = rows.filter(**{field: asked[name]})
    if asked["age"]:
        start = Now() - AGES[asked["age"]][1]
        is_older = asked["age"] == "older"
        rows = rows.filter(**{"created_at__lt" if is_older else "created_at__gte": start})
    if asked["domain"]:
        rows = rows.filter(pk__in=search.to_domain(asked["domain"], window))
    if asked["error"]:
        rows = rows.filter(pk__in=error_classes.last_attempt_is(asked["error"], window))
    if asked["q"] and not (window.named and not asked.period):
        rows = search.containing(rows, asked["q"], window)
    return rows


def _size(window: Window) -> int:
    if window.ids is not None:
        return len(window.ids)
    if window.low is None or window.high is None:
        return 0
    return window.high - max(window.low, 1) + 1
