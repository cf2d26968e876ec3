"""The e-mails about agreements, to both coordinators."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from dev.judging.people import Values
from postroom.web.letter_words import answers, written_for
from postroom.web.systems.agreements import letters
from postroom.web.systems.agreements.models import MOU, MOUEvent

_TODAY = date(2026, 12, 1)
_OURS, _PARTNERS = "staff@example.org", "partner@example.net"


def mails(values: Values, case: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Template and context of each."""
    soon, later = _mou(values, 4, 16, case), _mou(values, 5, 200, case)
    upcoming = _mou(values, 6, 400, case, starts_in=30)
    readers = (_OURS, _PARTNERS)
    for template, mou, reader in (
        ("agreements/monthly", soon, readers[0]),
        ("agreements/monthly", later, readers[1]),
        ("agreements/monthly", upcoming, readers[1]),
        ("agreements/expiry_warning", soon, readers[0]),
        ("agreements/expiry_warning", _mou(values, 7, 1, case), readers[1]),
    ):
        with written_for(template):
            context = letters.facts(mou, _TODAY)
        yield template, context | letters.for_reader(mou, reader)["context"]
    listed = [later] if case == "least" else [soon, later, upcoming]
    summary = letters.summary(listed, _TODAY, _OURS)
    yield "agreements/weekly_summary", summary | {"can_reply": bool(answers())}


def _mou(values: Values, pk: int, ends_in: int, case: str, starts_in: int = -300) -> MOU:
    least = case == "least"
    mou = MOU(
        pk=pk,
        title=values.title,
        organization=values.organisation,
        start_date=_TODAY + timedelta(days=starts_in),
        end_date=_TODAY + timedelta(days=ends_in),
        mou_coordinator_email="" if least else _PARTNERS,
        staff_coordinator_email="" if least else _OURS,
    )
    events = [(values.task, -11, "pending"), (values.note, -90, "completed")]
    if not least:
        events.append((values.title, 8, "pending"))
    found = [
        MOUEvent(mou=mou, title=title, date=_TODAY + timedelta(days=days), status=status)
        for title, days, status in (events[1:] if least else events)
    ]
    mou._prefetched_objects_cache = {"events": found}  # type: ignore[attr-defined]
    return mou
