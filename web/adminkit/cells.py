"""Shows one value in a narrow column of a list."""

from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

_UNITS: Final = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def shorten(text: str, *, narrow: bool = False) -> SafeString:
    """Text cut to the column's width, full text on hover."""
    name = "email-cut email-narrow" if narrow else "email-cut"
    return format_html('<span class="{}" title="{}">{}</span>', name, text, text)


def two_lines(text: str) -> SafeString:
    """Text in full; on a telephone, where rows have one height, only two lines."""
    return format_html('<span class="email-two" title="{}">{}</span>', text, text)


def with_time(text: str, moment: datetime) -> SafeString:
    """A short text, with the exact time on hover."""
    exact = f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}"
    return format_html('<span class="email-nowrap" title="{}">{}</span>', exact, text)


def exact_time(moment: datetime) -> SafeString:
    """Date and time to the second, in one line."""
    return with_time(f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}", moment)


def span_since(moment: datetime) -> str:
    """Time since `moment`, rounded down to one unit: `3 min`."""
    return _span(timezone.now() - moment)


def span_until(moment: datetime) -> str:
    """Time until `moment`, rounded down to one unit: `3 min`."""
    return _span(moment - timezone.now())


def _span(span: timedelta) -> str:
    # Not negative where this host's clock differs from the database's.
    seconds = max(0, round(span.total_seconds()))
    for name, size in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {name}"
    return "0 s"
