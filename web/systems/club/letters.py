"""The variables of the e-mails: plain data for the templates in `postroom_templates/club/`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from django.utils.translation import pgettext

from postroom.shared.addresses import comparison_key
from postroom.web.conf import conf
from postroom.web.dates import in_full, in_short, with_weekday
from postroom.web.letter_words import page, written_for
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


@written_for("club/aging_logsheets")
def aging_logsheets(logsheets: Iterable[Any], today: date) -> dict[str, Any]:
    """The logsheets of one duty officer, oldest first, each with `flight_count`."""
    sheets = list(logsheets)
    rows = [_logsheet(sheet, today) for sheet in sheets]
    return {
        "site_name": conf.site_name,
        "url": _page_of_logsheets(sheets),
        "count": len(rows),
        "oldest_days": rows[0]["days_old"],
        **_capped("logsheets", rows, beyond="beyond"),
    }


@written_for("club/duty_preop")
def duty_preop(
    day: date,
    today: date,
    crew: Sequence[DutyAssignment],
    grounding: Sequence[MaintenanceIssue],
    ad_hoc: AdHocDay | None,
) -> dict[str, Any]:
    """A day of operations, for one of its crew."""
    people = [
        {"duty": str(job.get_duty_display()), "name": job.member.name if job.member else ""}
        for job in crew
    ]
    grounded = [{"aircraft": i.aircraft, "description": i.description} for i in grounding]
    return {
        "site_name": conf.site_name,
        "date": with_weekday(day),
        "when": _when(day, today),
        "ad_hoc": str(ad_hoc.get_status_display()).lower() if ad_hoc else "",
        "url": page(
            "admin:postroom_club_dutyassignment_changelist",
            date__gte=day,
            date__lt=day + timedelta(days=1),
        ),
        **_capped("crew", people),
        **_capped("grounded", grounded),
    }


@written_for("club/ad_hoc_expired")
def ad_hoc_expired(day: AdHocDay, today: date) -> dict[str, Any]:
    """An ad-hoc day that does not take place."""
    return {
        "site_name": conf.site_name,
        "date": with_weekday(day.date),
        "when": _when(day.date, today),
        "proposed_by": day.proposed_by.name if day.proposed_by else "",
        "note": day.note,
    }


@written_for("club/late_spr")
def late_report(
    report: StudentProgressReport,
    step: Step,
    today: date,
    copies: Mapping[Audience, Sequence[str]],
) -> dict[str, Any]:
    """One late progress report, in the tone of its step; `copies`: the addresses by audience.

    Named as receiving a copy are only those among whom is somebody other than the instructor.
    """
    return {
        "site_name": conf.site_name,
        "step": step.value,
        "copies": list(_others(report, copies)),
        "answered_by": _helper(report, copies),
        "url": page("admin:postroom_club_studentprogressreport_change", report.pk),
        "instructor": report.instructor.name if report.instructor else "",
        "student": report.student.name,
        "supervisor": report.supervisor.name if report.supervisor else "",
        "lesson": report.lesson,
        "due_date": in_full(report.due_date),
        "days_overdue": (today - report.due_date).days,
    }


def answers_about(
    report: StudentProgressReport, copies: Mapping[Audience, Sequence[str]]
) -> dict[str, Any]:
    """The argument `reply_to` of a late report: those who can help; {} leaves it to the office."""
    found = _others(report, copies).get(_helper(report, copies), [])
    return {"reply_to": found} if found else {}


@written_for("club/maintenance_digest")
def maintenance_digest(
    issues: Sequence[MaintenanceIssue],
    resolved: Sequence[MaintenanceIssue],
    since: date,
    today: date,
) -> dict[str, Any]:
    """`issues` are open, grounded aircraft first, and new if reported from `since` on."""
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
        "url": page("admin:postroom_club_maintenanceissue_changelist", resolved_on__isempty=1),
        "resolved_count": len(fixed),
        **_capped("open", rows),
        **_capped("resolved", fixed),
    }


@written_for("club/duty_delinquents")
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


def _others(
    report: StudentProgressReport, copies: Mapping[Audience, Sequence[str]]
) -> dict[str, list[str]]:
    """The addresses in copy by audience, without the instructor's own."""
    own = comparison_key(report.instructor.email) if report.instructor else ""
    others = {
        who.value: [one for one in found if comparison_key(one) != own]
        for who, found in copies.items()
    }
    return {who: found for who, found in others.items() if found}


def _helper(report: StudentProgressReport, copies: Mapping[Audience, Sequence[str]]) -> str:
    """Who can help the instructor: the chief instructor if in copy, else the supervisor, or ''."""
    others = _others(report, copies)
    for who in (Audience.CHIEF_INSTRUCTOR, Audience.SUPERVISOR):
        if who.value in others:
            return who.value
    return ""


def _when(day: date, today: date) -> str:
    """A run for tomorrow that starts late, after midnight, writes "today"."""
    return pgettext("club", "tomorrow") if day > today else pgettext("club", "today")


def _page_of_logsheets(sheets: Sequence[Logsheet]) -> str:
    """The one logsheet, or the list of those that their officer has to finish."""
    if len(sheets) == 1:
        return page("admin:postroom_club_logsheet_change", sheets[0].pk)
    officers = {sheet.duty_officer_id for sheet in sheets}
    whose = {"duty_officer__id__exact": officers.pop()} if len(officers) == 1 else {}
    return page(
        "admin:postroom_club_logsheet_changelist",
        final__exact=0,
        **{name: pk for name, pk in whose.items() if pk},
    )


def _logsheet(sheet: Logsheet, today: date) -> dict[str, Any]:
    return {
        "date": in_short(sheet.date),
        "airfield": sheet.airfield,
        "flights": sheet.flight_count,  # type: ignore[attr-defined]
        "days_old": (today - sheet.date).days,
    }


def _capped(name: str, rows: Sequence[Any], *, beyond: str = "") -> dict[str, Any]:
    left = max(0, len(rows) - LONGEST_LIST)
    return {name: list(rows[:LONGEST_LIST]), beyond or f"{name}_beyond": left}
