"""Dates as people read them, the same in e-mails, reports and notices.

Here: what the engine and several systems share. What one system alone needs is not here.
"""

from datetime import date

from django.utils.dateformat import format as format_date


def in_full(day: date) -> str:
    """`5 January 2026`."""
    return format_date(day, "j F Y")
