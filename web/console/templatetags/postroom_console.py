"""Times, lengths, numbers and badges, in the one form that `formats` and `badges` give them."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from postroom.web.console import badges, formats
from postroom.web.emails.models import EmailQueue

register = template.Library()
register.filter("span", formats.length)  # `length` is Django's
register.filter("number", formats.number)


@register.filter
def time(moment: datetime | None) -> SafeString | str:
    """`29 Nov 2026, 16:50:03 CET` as a `<time>` element."""
    if not moment:
        return ""
    return format_html(
        '<time datetime="{}">{}</time>', formats.machine_time(moment), formats.time(moment)
    )


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """`28 min ago`, with the exact time on hover."""
    return _relative(moment, f"{formats.since(moment)} ago")


@register.filter
def since(moment: datetime | None) -> SafeString | str:
    """`28 min`, with the exact time on hover."""
    return _relative(moment, formats.since(moment))


@register.filter
def until(moment: datetime | None) -> SafeString | str:
    """`in 28 min`, with the exact time on hover."""
    return _relative(moment, f"in {formats.until(moment)}")


@register.filter
def age(seconds: float) -> str:
    """`28 min`, for how long something waits: in whole seconds at least, as the home's sentence."""
    return formats.length(int(seconds))


@register.filter
def milliseconds(value: int | None) -> str:
    """A length that is stored in milliseconds."""
    return formats.length(None if value is None else timedelta(milliseconds=value))


@register.filter
def counted(value: int, words: str) -> str:
    """`{{ n|counted:"e-mail" }}`; `"entry,entries"` where a plural has no plain s."""
    one, _, many = words.partition(",")
    return formats.counted(value, one, many)


@register.simple_tag
def badge(row: Any, field: str = "status", text: str = "") -> SafeString:
    """The coloured label of a row's `status` or `outcome`; `text` instead of its usual word."""
    value = getattr(row, field)
    is_email = isinstance(row, EmailQueue)
    text = text or (badges.WORDS[value] if is_email else getattr(row, f"get_{field}_display")())
    return format_html('<span class="badge is-{}">{}</span>', badges.colour(value), text)


def _relative(moment: datetime | None, text: str) -> SafeString | str:
    if not moment:
        return ""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        formats.machine_time(moment), formats.time(moment), text,
    )  # fmt: skip


@register.filter
def due(moment: datetime | None) -> SafeString | str:
    """`due now`, or `in 28 min`."""
    if moment is None:
        return ""
    if formats.until(moment) == "0 s":
        return _relative(moment, f"due for {formats.since(moment)}")
    return until(moment)
