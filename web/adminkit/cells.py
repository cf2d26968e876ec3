"""How one value stands in a narrow column of a list."""

from datetime import datetime, timedelta
from typing import Final

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

_UNITS: Final = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def shorten(text: str, *, narrow: bool = False) -> SafeString:
    """Text cut to the column's width, whole for who points at it."""
    name = "email-cut email-narrow" if narrow else "email-cut"
    return format_html('<span class="{}" title="{}">{}</span>', name, text, text)


def two_lines(text: str) -> SafeString:
    """Text in full; on a telephone, where rows have one height, two lines of it."""
    return format_html('<span class="email-two" title="{}">{}</span>', text, text)


def badge(text: str, colour: str) -> SafeString:
    """A coloured label on a page; in a list `display(label=...)` makes the same of a pair."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def with_time(text: str, moment: datetime) -> SafeString:
    """A short text, and the exact time for who points at it."""
    exact = f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S %Z}"
    return format_html('<span class="email-nowrap" title="{}">{}</span>', exact, text)


def exact_time(moment: datetime) -> SafeString:
    """Date and time to the second, in one line."""
    return with_time(f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}", moment)


def span_since(moment: datetime) -> str:
    """`3 min`: how long ago."""
    return _span(timezone.now() - moment)


def span_until(moment: datetime) -> str:
    """`3 min`: how long still."""
    return _span(moment - timezone.now())


def _span(span: timedelta) -> str:
    # A clock behind the database's must not show "-1 s".
    seconds = max(0, round(span.total_seconds()))
    for name, size in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {name}"
    return "0 s"
