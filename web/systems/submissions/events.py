"""What is known about an event beside its name: SUBMISSION_EVENT_DETAILS.

    {"Open day": {"starts": "2026-12-05T10:00", "zone": "Europe/Berlin",
                  "place": "Town hall, Main Street 1", "seats": "granted"}}

Each of the four may be left out. `zone` is where the event takes place, by default TIME_ZONE.
`seats` says whether a registration grants its seats: `granted`, or `pending` until the organisers
decide.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings

_KNOWN: Final = {"starts", "zone", "place", "seats"}
_LONGEST_PLACE: Final = 200


@dataclass(frozen=True, slots=True)
class EventDetails:
    """`starts` is aware, in the event's zone; None or '' if it is not known."""

    starts: datetime | None = None
    place: str = ""
    granted: bool = False


def details_of(event: str) -> EventDetails:
    """What is known about the event.

    Raises:
        ValueError: its details cannot be used; says why.
    """
    given = _all().get(event, {})
    if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
        raise ValueError(f"{event!r} must have texts, as in {{'place': 'Town hall'}}")
    if unknown := given.keys() - _KNOWN:
        names = ", ".join(sorted(_KNOWN))
        raise ValueError(f"{event!r} has {', '.join(sorted(unknown))}; it may have {names}")
    if (seats := given.get("seats", "pending")) not in ("granted", "pending"):
        raise ValueError(f"{event!r}: seats is {seats!r}, neither 'granted' nor 'pending'")
    place = given.get("place", "")
    if len(place) > _LONGEST_PLACE or not place.isprintable():
        raise ValueError(f"{event!r}: place is not one line of at most {_LONGEST_PLACE} characters")
    return EventDetails(_starts(event, given), place, seats == "granted")


def problems() -> Iterator[str]:
    """What is wrong with SUBMISSION_EVENT_DETAILS, event by event."""
    for event in _all():
        if event not in settings.SUBMISSION_EVENTS:
            yield f"{event!r} is not among SUBMISSION_EVENTS"
        try:
            details_of(event)
        except ValueError as error:
            yield str(error)


def _all() -> dict[str, Any]:
    found: dict[str, Any] = getattr(settings, "SUBMISSION_EVENT_DETAILS", {})
    return found


def _starts(event: str, given: dict[str, Any]) -> datetime | None:
    zone_name = given.get("zone", settings.TIME_ZONE)
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{event!r}: {zone_name!r} is not a time zone") from error
    if not (text := given.get("starts", "")):
        return None
    try:
        starts = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{event!r}: starts is {text!r}, not like 2026-12-05T10:00") from error
    return starts.astimezone(zone) if starts.tzinfo else starts.replace(tzinfo=zone)
