"""The reader's time zone: the browser reports it once in a cookie; the reader may choose UTC."""

from datetime import UTC, tzinfo
from typing import Final
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

REPORTED: Final = "postroom_zone"  # set by console.js
CHOSEN: Final = "postroom_zone_choice"
_YEAR: Final = 31_536_000  # seconds
_LONGEST: Final = 64  # characters of a zone's name


def zone_of(request: HttpRequest) -> tzinfo:
    """UTC if the reader chose it, else the browser's zone, else the site's."""
    if request.COOKIES.get(CHOSEN) == "UTC":
        return UTC
    return _named(unquote(request.COOKIES.get(REPORTED, ""))) or timezone.get_default_timezone()


def is_utc_chosen(request: HttpRequest) -> bool:
    """Whether the reader switched to UTC."""
    return request.COOKIES.get(CHOSEN) == "UTC"


def choose(response: HttpResponse, request: HttpRequest, zone: str) -> None:
    """Remember the choice: "UTC", or anything else for the browser's own zone."""
    if zone == "UTC":
        response.set_cookie(
            CHOSEN, "UTC", max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure()
        )
    else:
        response.delete_cookie(CHOSEN)


def _named(name: str) -> tzinfo | None:
    if not name or len(name) > _LONGEST:
        return None
    try:
        return ZoneInfo(name)
    except (LookupError, OSError, ValueError):  # not found, or not the name of a zone
        return None
