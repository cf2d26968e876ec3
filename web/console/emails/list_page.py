"""The list of e-mails: states as tabs, chips for filters, why each was not delivered."""

from typing import Any, Final

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from postroom.shared.status import Priority, Status
from postroom.web.console import badges, listing
from postroom.web.console.access import SEE, page
from postroom.web.console.emails import asked as address
from postroom.web.console.emails import bulk_pages
from postroom.web.console.emails.asked import Asked
from postroom.web.console.emails.finding import Found, find
from postroom.web.console.emails.why import why
from postroom.web.console.layout import render
from postroom.web.emails import erasing, selectors
from postroom.web.emails.operating import console_lists, error_classes

# The page itself must be there at once; what it did not see, the browser asks for after it.
_AT_ONCE: Final = 0.08  # seconds
_GOES_ON: Final = 2.0  # seconds
_COUNTS: Final = "postroom.console.counts"
_OFFERED: Final = "postroom.console.offered"
_COUNTS_SECONDS: Final = 5
_OFFERED_SECONDS: Final = 60
_TROUBLE: Final = {Status.FAILED, Status.PARTIAL, Status.UNKNOWN}
_FILTERS: Final = ("error", "type", "source", "priority", "age", "domain")


@page(SEE)
def emails(request: HttpRequest) -> HttpResponse:
    """The page."""
    asked = address.read(request.GET)
    found = find(asked, seconds=_AT_ONCE)
    values = asked.values
    context = {
        "title": "E-mails",
        "section": "emails",
        "tabs": _tabs(asked),
        "chips": listing.chips(values, address.CHIPS, address.words(asked)),
        "filters_open": bool(set(values) & set(_FILTERS)),
        "reasons": _reasons(asked, found),
        "filters": _filters(asked),
        "sort_link": listing.link(values, sort="" if asked.is_rising else address.OLDEST_FIRST),
        "kept": [(name, value) for name, value in values.items() if name in ("status", "sort")],
        "bulk_kinds": bulk_pages.offered(asked, request.user) if found.rows else [],
        "question": listing.link(values),
        **_rows(asked, found, may_go_on=True),
    }
    return render(request, "postroom_console/emails/list.html", context)


@page(SEE, fragment=True)
def more(request: HttpRequest) -> HttpResponse:
    """The rows that the search finds from `past` on, within two seconds: part of the page."""
    asked = address.read(request.GET)
    found = find(asked, seconds=_GOES_ON)
    # How far the page and earlier parts of it have looked.
    before = request.GET.get("looked", "")
    looked = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else 0
    context = _rows(asked, found, may_go_on=False, looked=looked)
    return render(request, "postroom_console/emails/rows.html", context)


def _rows(asked: Asked, found: Found, *, may_go_on: bool, looked: int = 0) -> dict[str, Any]:
    rows = [
        {
            "email": email,
            "subject": erasing.shown_subject(email),
            "why": why(email, attempt),
            "is_trouble": email.status in _TROUBLE,
            "others": email.recipient_count - 1,
        }
        for email, attempt in found.rows
    ]
    is_unfinished = found.further is not None and not found.is_full
    further = listing.link(asked.values, past=str(found.further)) if found.further else ""
    return {
        "rows": rows,
        "appended": looked,
        "found": found,
        "looked_at": looked + found.looked_at,
        "further": further,
        "is_unfinished": is_unfinished,
        "goes_on": is_unfinished and may_go_on,
        "from_start": listing.link(asked.values) if asked.past is not None else "",
        "is_search": asked.is_filtered,
        "is_rising": asked.is_rising,
        "asked": asked.values,
        "most": console_lists.MOST_ATTEMPTED if found.window.cut else 0,
    }


def _tabs(asked: Asked) -> list[listing.Tab]:
    """All states. With another filter their counts would not be those of the rows: none then."""
    counts: dict[str, tuple[int, bool]] = {}
    if not asked.is_filtered:
        counts = cache.get(_COUNTS) or console_lists.counts_by_status()
        cache.set(_COUNTS, counts, _COUNTS_SECONDS)
    return [
        listing.Tab("All", listing.link(asked.values, status="", error=""), "", not asked["status"])
    ] + [
        listing.Tab(
            label,
            listing.link(asked.values, status=status, error=""),
            listing.capped(*counts[status]) if status in counts else "",
            asked["status"] == status,
        )
        for status, label in badges.TABS
    ]


def _reasons(asked: Asked, found: Found) -> list[listing.Tab]:
    """In a state: the classes of errors with their numbers of e-mails, the most frequent first."""
    others = set(asked.values) - {"status", "sort", "error"}
    if not asked["status"] or others or asked.past is not None:
        return []
    return [
        listing.Tab(
            error_classes.LABELS[key],
            listing.link(asked.values, error="" if asked["error"] == key else key),
            listing.capped(number, found.window.more),
            asked["error"] == key,
        )
        for key, number in console_lists.errors_in(found.window).items()
    ]


def _filters(asked: Asked) -> list[tuple[str, str, list[listing.Choice]]]:
    """Name, label and values of each filter in the form."""
    types, sources, domains = cache.get(_OFFERED) or _offered()
    offered = {
        "error": list(error_classes.LABELS.items()),
        "type": [(one, one) for one in types],
        "source": [(one, one) for one in sources],
        "priority": [(one.value, one.value) for one in Priority],
        "age": [(key, label) for key, (label, _) in address.AGES.items()],
        "domain": [(one, one) for one in domains],
    }
    return [
        (name, address.LABELS[name], listing.choices(pairs, asked[name]))
        for name, pairs in offered.items()
    ]


def _offered() -> tuple[list[str], list[str], list[str]]:
    """Values of the newest rows: SELECT DISTINCT would read the whole table."""
    found = (
        selectors.recent_values("email_type"),
        selectors.recent_values("source_app"),
        selectors.recent_domains(),
    )
    cache.set(_OFFERED, found, _OFFERED_SECONDS)
    return found
