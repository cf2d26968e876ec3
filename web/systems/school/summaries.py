"""The summaries of the school's reports in words, in the active language: figures to a Summary."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.utils.dateformat import format as format_date
from django.utils.translation import npgettext, pgettext

from postroom.web.dates import in_full
from postroom.web.reporting.report import Bar, Summary
from postroom.web.reporting.weeks import decimal, number, percent, score, share

POOR: Final = 0.75  # attendance below which a student counts as poor


def of_students(figures: Mapping[str, Any], bars: list[Bar]) -> Summary:
    """Of the student report. `figures`: students, lessons, came, absent, average, poor."""
    rate = share(figures["came"], figures["came"] + figures["absent"])
    said = {"number": number(figures["students"]), "rate": percent(rate)}
    if rate is None:
        words = npgettext(
            "school",
            "%(number)s active student, and no lessons yet.",
            "%(number)s active students, and no lessons yet.",
            figures["students"],
        )
        return Summary(headline=words % said)
    words = npgettext(
        "school",
        "%(number)s active student attended %(rate)s of the lessons.",
        "%(number)s active students attended %(rate)s of their lessons.",
        figures["students"],
    )
    below = pgettext("school", "Below %(rate)s attendance") % {"rate": percent(POOR)}
    return Summary(
        headline=words % said,
        facts=[
            (pgettext("school", "Students"), number(figures["students"])),
            (pgettext("school", "Lessons"), number(figures["lessons"])),
            (pgettext("school", "Attendance"), percent(rate)),
            (pgettext("school", "Average score"), score(figures["average"])),
            (below, number(figures["poor"])),
        ],
        chart=pgettext("school", "Attendance, the last six months") if bars else "",
        bars=bars,
    )


def of_teachers(figures: Mapping[str, Any], bars: list[Bar]) -> Summary:
    """Of the teachers' week. `figures`: teachers, lessons, attended, missed, cancelled, minutes."""
    if not figures["teachers"]:
        return Summary(headline=pgettext("school", "No lessons were planned for this week."))
    rate = share(figures["attended"], figures["attended"] + figures["missed"])
    return Summary(
        headline=taught(figures["teachers"], figures["attended"], figures["cancelled"]),
        facts=[
            (pgettext("school", "Teachers"), number(figures["teachers"])),
            (pgettext("school", "Lessons planned"), number(figures["lessons"])),
            (pgettext("school", "Hours taught"), number(round(figures["minutes"] / 60))),
            (pgettext("school", "Attendance"), percent(rate)),
            (pgettext("school", "Cancelled"), number(figures["cancelled"])),
        ],
        chart=pgettext("school", "Most hours taught"),
        bars=bars,
    )


def of_tutors(figures: Mapping[str, Any], bars: list[Bar]) -> Summary:
    """Of the tutors' week. `figures`: tutors, students, lessons, attended, missed, average."""
    rate = share(figures["attended"], figures["attended"] + figures["missed"])
    if rate is None:
        return Summary(headline=pgettext("school", "No lessons were held in this week."))
    words = npgettext(
        "school",
        "%(number)s tutor's students attended %(rate)s of their lessons.",
        "%(number)s tutors' students attended %(rate)s of their lessons.",
        figures["tutors"],
    )
    return Summary(
        headline=words % {"number": number(figures["tutors"]), "rate": percent(rate)},
        facts=[
            (pgettext("school", "Tutors"), number(figures["tutors"])),
            (pgettext("school", "Students with lessons"), number(figures["students"])),
            (pgettext("school", "Lessons"), number(figures["lessons"])),
            (pgettext("school", "Attendance"), percent(rate)),
            (pgettext("school", "Average score"), score(figures["average"])),
        ],
        chart=pgettext("school", "Most lessons missed, by tutor"),
        bars=bars,
    )


def taught(teachers: int, given: int, cancelled: int) -> str:
    """`1 teacher gave 2 lessons; 1 was cancelled.`"""
    return pgettext("school", "%(teachers)s gave %(lessons)s; %(cancelled)s.") % {
        "teachers": _counted(teachers, "%(number)s teacher", "%(number)s teachers"),
        "lessons": _counted(given, "%(number)s lesson", "%(number)s lessons"),
        "cancelled": _counted(cancelled, "%(number)s was cancelled", "%(number)s were cancelled"),
    }


def as_of(day: date) -> str:
    """`as of 22 November 2026`."""
    return pgettext("school", "as of %(day)s") % {"day": in_full(day)}


def month(day: date) -> str:
    """`Nov 2026`, below a bar."""
    return format_date(day, "M Y")


def hours(minutes: int) -> str:
    """`12.5 h`, beside a bar."""
    return f"{decimal(minutes / 60)} h"


def _counted(count: int, one: str, several: str) -> str:
    return npgettext("school", one, several, count) % {"number": number(count)}
