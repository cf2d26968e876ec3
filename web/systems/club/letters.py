"""The variables of the e-mails: plain data for the templates in `postroom_templates/club/`."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from django.utils.dateformat import format as format_date

from postroom.web.conf import conf
from postroom.web.dates import in_full
from postroom.web.systems.club.escalation import Audience, Step
from postroom.web.systems.club.models import (
    AdHocDay,
    DutyAssignment,
    Logsheet,
    MaintenanceIssue,
    StudentProgressReport,
)

# An e-mail is for reading: of a longer list it shows the beginning and the number of the rest.
LONGEST_LIST: Final = 50


def aging_logsheets(logsheets: Iterable[Any], today: date) -> dict[str, Any]:
    """The logsheets of one duty officer, oldest first, each with `flight_count`."""
    rows = [_logsheet(sheet, today) for sheet in logsheets]
    return {
        "site_name": conf.site_name,
        "count": len(rows),
        "oldest_days": rows[0]["days_old"],
        **_capped("logsheets", rows, beyond="beyond"),
    }


def duty_preop(
    day: date,
    today: date,
    crew: Sequence[DutyAssignment],
    grounding: Sequence[MaintenanceIssue],
    ad_hoc: AdHocDay | None,
) -> dict[str, Any]:
    """A day of operations, for one of its crew."""
    people = [
        {"duty": job.get_duty_display(), "name": job.member.name if job.member else ""}
        for job in crew
    ]
    grounded = [{"aircraft": i.aircraft, "description": i.description} for i in grounding]
    return {
        "site_name": conf.site_name,
        "date": with_weekday(day),
        "when": _when(day, today),
        "ad_hoc": ad_hoc.get_status_display().lower() if ad_hoc else "",
        **_capped("crew", people),
        **_capped("grounded", grounded),
    }


def ad_hoc_expired(day: AdHocDay, today: date) -> dict[str, Any]:
    """An ad-hoc day that does not take place."""
    return {
        "site_name": conf.site_name,
        "date": with_weekday(day.date),
        "when": _when(day.date, today),
        "proposed_by": day.proposed_by.name if day.proposed_by else "",
        "note": day.note,
    }


def late_report(
    report: StudentProgressReport, step: Step, today: date, copies: Iterable[Audience]
) -> dict[str, Any]:
    """One late progress report, in the tone of its step; `copies`: who actually receives one."""
    return {
        "site_name": conf.site_name,
        "step": step.value,
        "copies": [who.value for who in copies],
        "instructor": report.instructor.name if report.instructor else "",
        "student": report.student.name,
        "supervisor": report.supervisor.name if report.supervisor else "",
        "lesson": report.lesson,
        "due_date": in_full(report.due_date),
        "days_overdue": (today - report.due_date).days,
    }


def maintenance_digest(
    issues: Sequence[MaintenanceIssue],
    resolved: Sequence[MaintenanceIssue],
    since: date,
    today: date,
) -> dict[str, Any]:
    """The week from `since` to `today`; `issues` are open, grounded aircraft first."""
    rows = [
        {
            "aircraft": issue.aircraft,
            "description": issue.description,
            "grounded": issue.grounded,
            "is_new": issue.reported_on >= since,
            "days_open": (today - issue.reported_on).days,
            "reported_by": issue.reported_by.name if issue.reported_by else "",
        }
        for issue in issues
    ]
    fixed = [{"aircraft": i.aircraft, "description": i.description} for i in resolved]
    return {
        "site_name": conf.site_name,
        "date": in_full(today),
        "open_count": len(rows),
        "new_count": sum(row["is_new"] for row in rows),
        "grounded_count": len({row["aircraft"] for row in rows if row["grounded"]}),
        "resolved_count": len(fixed),
        **_capped("open", rows),
        **_capped("resolved", fixed),
    }


def duty_delinquents(
    flights: Sequence[tuple[str, int]], since: date, until: date, min_flights: int
) -> dict[str, Any]:
    """(name, flights) of every member who flew from `since` to `until` and did no duty."""
    return {
        "site_name": conf.site_name,
        "count": len(flights),
        "since": in_full(since),
        "until": in_full(until),
        "min_flights": min_flights,
        **_capped("members", [{"name": n, "flights": f} for n, f in flights], beyond="beyond"),
    }


def with_weekday(day: date) -> str:
    """`Monday 5 January 2026`."""
    return format_date(day, "l j F Y")


def _when(day: date, today: date) -> str:
    """A run for tomorrow that starts late, after midnight, writes "today"."""
    return "tomorrow" if day > today else "today"


def _logsheet(sheet: Logsheet, today: date) -> dict[str, Any]:
    return {
        "date": format_date(sheet.date, "D j M Y"),  # in a narrow column
        "airfield": sheet.airfield,
        "flights": sheet.flight_count,  # type: ignore[attr-defined]
        "days_old": (today - sheet.date).days,
    }


def _capped(name: str, rows: Sequence[Any], *, beyond: str = "") -> dict[str, Any]:
    left = max(0, len(rows) - LONGEST_LIST)
    return {name: list(rows[:LONGEST_LIST]), beyond or f"{name}_beyond": left}
