"""Times and numbers in the words of pages and messages: one form each."""

from datetime import datetime

from django.utils import timezone
from django.utils.dateformat import format as as_date


def spoken(moment: datetime) -> str:
    """`29 Nov 2026, 16:50:03 CET`, in the current time zone."""
    return as_date(timezone.localtime(moment), "j M Y, H:i:s e")


def many(count: int, one: str = "e-mail") -> str:
    """`1 e-mail`, `25 000 e-mails`: groups of three from 10 000 on."""
    figures = f"{count:,}".replace(",", "\u202f") if count >= 10_000 else str(count)
    return f"{figures} {one}{'' if count == 1 else 's'}"
