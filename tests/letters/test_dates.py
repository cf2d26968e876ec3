"""Dates, times and numbers as readers of a language write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from postroom.web import dates

_DAY = date(2026, 3, 6)
_NOW = datetime(2026, 3, 6, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "full", "weekday", "short", "span"),
    [
        ("en", "6 March 2026", "Friday 6 March 2026", "Fri 6 Mar 2026", "6 to 8 March 2026"),
        ("en-us", "6 March 2026", "Friday 6 March 2026", "Fri 6 Mar 2026", "6 to 8 March 2026"),
        ("de", "6. März 2026", "Freitag, 6. März 2026", "Fr, 6. März 2026", "6. bis 8. März 2026"),
    ],
)
def test_days(language: str, full: str, weekday: str, short: str, span: str) -> None:
    with override(language):
        assert dates.in_full(_DAY) == full
        assert dates.with_weekday(_DAY) == weekday
        assert dates.in_short(_DAY) == short
        assert dates.span(_DAY, date(2026, 3, 8)) == span


@pytest.mark.parametrize(
    ("first", "last", "en", "de"),
    [
        (date(2026, 2, 27), _DAY, "27 February to 6 March 2026", "27. Februar bis 6. März 2026"),
        (date(2025, 12, 31), _DAY, "31 December 2025 to 6 March 2026",
         "31. Dezember 2025 bis 6. März 2026"),
    ],
)  # fmt: skip
def test_span_names_what_differs(first: date, last: date, en: str, de: str) -> None:
    for language, words in (("en", en), ("de", de)):
        with override(language):
            assert dates.span(first, last) == words


@pytest.mark.parametrize(
    ("language", "zone", "words"),
    [
        ("en", "Europe/Berlin", "6 March 2026 at 14:05 (CET)"),
        ("de", "Europe/Berlin", "6. März 2026 um 14:05 Uhr (MEZ)"),
        ("en", "America/Sao_Paulo", "6 March 2026 at 10:05 (UTC-3)"),
        ("en", "Asia/Kathmandu", "6 March 2026 at 18:50 (UTC+5:45)"),
        ("en", "UTC", "6 March 2026 at 13:05 (UTC)"),
    ],
)
def test_moments_name_their_zone(language: str, zone: str, words: str) -> None:
    with override(language):
        assert dates.moment(_NOW, ZoneInfo(zone)) == words


@pytest.mark.parametrize(
    ("language", "number", "decimal", "percent"),
    [("en", "12,345", "71.4", "91%"), ("de", "12.345", "71,4", "91\N{NO-BREAK SPACE}%")],
)
def test_numbers(language: str, number: str, decimal: str, percent: str) -> None:
    with override(language):
        assert dates.number(12345) == number
        assert dates.number(71.4, 1) == decimal
        assert dates.percent(0.91) == percent
