"""The e-mails of the club."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from dev.judging.people import Values
from postroom.web.letter_words import answers
from postroom.web.systems.club import letters
from postroom.web.systems.club.escalation import Audience, Step
from postroom.web.systems.club.models import (
    AdHocDay,
    DutyAssignment,
    Logsheet,
    MaintenanceIssue,
    Member,
    StudentProgressReport,
)

_TODAY = date(2026, 11, 22)
_DAY = timedelta(days=1)


def mails(values: Values, case: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Template and context of each."""
    reply = bool(answers())
    for template, context in _mails(values, case):
        yield template, {"name": values.name, "can_reply": reply, **context}


def _mails(values: Values, case: str) -> Iterator[tuple[str, dict[str, Any]]]:
    least = case == "least"
    member = Member(pk=1, name=values.name, email="ann@example.org")
    other = Member(pk=2, name=values.other_name, email="zoe@example.org")
    yield "club/duty_preop", _preop(values, least, member)
    yield "club/aging_logsheets", _logsheets(least, member)
    day = AdHocDay(date=_TODAY + _DAY, note="" if least else values.note)
    day.proposed_by = None if least else other
    yield "club/ad_hoc_expired", letters.ad_hoc_expired(day, _TODAY)
    yield from _late(values, least, member, other)
    issues = [
        MaintenanceIssue(
            aircraft=f"G-CKL{n}",
            description=values.title,
            grounded=not n,
            reported_on=_TODAY - n * 9 * _DAY,
            reported_by=None if least else other,
        )
        for n in range(1 if least else 3)
    ]
    digest = letters.maintenance_digest(issues, issues[1:], _TODAY - 7 * _DAY, _TODAY)
    yield "club/maintenance_digest", digest
    flights = [(values.other_name, 1), (values.name, 41)][: 1 if least else 2]
    since = date(2025, 11, 1)
    yield "club/duty_delinquents", letters.duty_delinquents(flights, since, _TODAY, 2)


def _preop(values: Values, least: bool, member: Member) -> dict[str, Any]:
    day = _TODAY + _DAY
    crew = [DutyAssignment(date=day, duty=DutyAssignment.Duty.DUTY_OFFICER, member=member)]
    grounding: list[MaintenanceIssue] = []
    ad_hoc = None
    if not least:
        crew.append(DutyAssignment(date=day, duty=DutyAssignment.Duty.TOW_PILOT))
        grounding.append(MaintenanceIssue(aircraft="G-CKLM", description=values.title))
        ad_hoc = AdHocDay(date=day, status=AdHocDay.Status.CONFIRMED)
    return letters.duty_preop(day, _TODAY, crew, grounding, ad_hoc)


def _logsheets(least: bool, member: Member) -> dict[str, Any]:
    sheets = []
    for n in range(1 if least else 3):
        sheet: Any = Logsheet(pk=n + 1, date=_TODAY - (7 + n) * _DAY, airfield="Riverside")
        sheet.duty_officer, sheet.flight_count = member, n + 1
        sheets.append(sheet)
    return letters.aging_logsheets(reversed(sheets), _TODAY)


def _late(
    values: Values, least: bool, member: Member, other: Member
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each step with its copies, and a report that no instructor owes."""
    copies: dict[Audience, list[str]] = {}
    more = [None, Audience.SUPERVISOR, Audience.CHIEF_INSTRUCTOR, Audience.BOARD]
    for step, days, who in zip(
        (Step.FRIENDLY, Step.GENTLE, Step.FIRM, Step.URGENT, Step.FINAL),
        (8, 20, 22, 26, 31),
        (*more, Audience.LEADERSHIP),
        strict=True,
    ):
        if who and not least:
            copies[who] = ["other@example.org"]
        report = StudentProgressReport(
            pk=8,
            student=Member(name="Ben Carter" if least else values.name),
            lesson=values.title,
            due_date=_TODAY - days * _DAY,
            instructor=member,
            supervisor=None if least else other,
        )
        yield "club/late_spr", letters.late_report(report, step, _TODAY, copies)
    report.instructor = None
    yield "club/late_spr", {"name": ""} | letters.late_report(report, step, _TODAY, copies)
