"""The queries of the jobs; read-only."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from postroom.web.systems.club.models import (
    AdHocDay,
    DutyAssignment,
    Flight,
    Logsheet,
    MaintenanceIssue,
    Member,
    MemberRole,
    StudentProgressReport,
)

# Rows in memory at once, however many the table has.
CHUNK: Final = 500


def with_role(*roles: MemberRole.Role) -> QuerySet[Member]:
    """Active members who hold at least one of these offices, each once."""
    holders = MemberRole.objects.filter(role__in=roles).values("member")
    return Member.objects.filter(active=True, pk__in=holders).order_by("name", "pk")


def unfinished_logsheets(until: date) -> Iterator[tuple[Member | None, Iterator[Logsheet]]]:
    """(duty officer, their logsheets up to `until` that are not final), oldest first.

    As with `itertools.groupby`, read the logsheets of one officer before the next one. Each has
    `flight_count`.
    """
    rows = (
        Logsheet.objects.filter(final=False, date__lte=until)
        .select_related("duty_officer")
        .annotate(flight_count=_count(Flight.objects.filter(logsheet=OuterRef("pk")), "logsheet"))
        .order_by("duty_officer_id", "date", "pk")
    )
    return groupby(rows.iterator(chunk_size=CHUNK), key=attrgetter("duty_officer"))


def duties_on(day: date) -> QuerySet[DutyAssignment]:
    """The duties on a day, with their members."""
    return DutyAssignment.objects.filter(date=day).select_related("member").order_by("pk")


def duty_officers_on(day: date) -> QuerySet[Member]:
    """The active members who are duty officers on a day, each once."""
    jobs = DutyAssignment.objects.filter(date=day, duty=DutyAssignment.Duty.DUTY_OFFICER)
    officers = jobs.exclude(member=None).values("member")
    return Member.objects.filter(active=True, pk__in=officers).order_by("name", "pk")


def ad_hoc_day(day: date) -> AdHocDay | None:
    """The ad-hoc day on this date, unless it has expired."""
    return AdHocDay.objects.filter(date=day).exclude(status=AdHocDay.Status.EXPIRED).first()


def is_called_off(day: date) -> bool:
    """Whether an ad-hoc day on this date has expired, so that nobody flies."""
    return AdHocDay.objects.filter(date=day, status=AdHocDay.Status.EXPIRED).exists()


def unconfirmed_days(tomorrow: date, today: date) -> QuerySet[AdHocDay]:
    """The ad-hoc days to expire: tomorrow's, and those over that no run expired in time."""
    days = Q(date=tomorrow) | Q(date__lt=today)
    waiting = AdHocDay.objects.filter(days, status=AdHocDay.Status.UNCONFIRMED)
    return waiting.select_related("proposed_by").order_by("date", "pk")


def concerned_by(day: AdHocDay) -> QuerySet[Member]:
    """Active members who proposed an ad-hoc day, are interested in it or are on duty then."""
    interested = AdHocDay.interested.through.objects.filter(adhocday=day).values("member")
    on_duty = DutyAssignment.objects.filter(date=day.date, member__isnull=False).values("member")
    everyone = Q(pk__in=interested) | Q(pk__in=on_duty) | Q(pk=day.proposed_by_id)
    return Member.objects.filter(everyone, active=True).order_by("name", "pk")


def owed_reports(due_until: date) -> Iterator[StudentProgressReport]:
    """Progress reports due up to a day and not submitted, oldest first."""
    owed = StudentProgressReport.objects.filter(submitted_on=None, due_date__lte=due_until)
    people = owed.select_related("student", "instructor", "supervisor")
    return people.order_by("due_date", "pk").iterator(chunk_size=CHUNK)


def open_issues() -> QuerySet[MaintenanceIssue]:
    """Open issues: grounded aircraft first, then oldest first."""
    issues = MaintenanceIssue.objects.filter(resolved_on=None).select_related("reported_by")
    return issues.order_by("-grounded", "reported_on", "pk")


def resolved_issues(since: date, until: date) -> QuerySet[MaintenanceIssue]:
    """Issues resolved on these days, both included."""
    issues = MaintenanceIssue.objects.filter(resolved_on__range=(since, until))
    return issues.order_by("resolved_on", "pk")


def flying_members(since: date, until: date) -> Iterator[Any]:
    """Active members who flew on these days (both included): `flight_count`, `duty_count`."""
    days = (since, until)
    flights = Flight.objects.filter(pilot=OuterRef("pk"), logsheet__date__range=days)
    duties = DutyAssignment.objects.filter(member=OuterRef("pk"), date__range=days)
    members = Member.objects.filter(active=True).annotate(
        flight_count=_count(flights, "pilot"), duty_count=_count(duties, "member")
    )
    flown = members.filter(flight_count__gt=0).order_by("-flight_count", "name", "pk")
    return flown.iterator(chunk_size=CHUNK)


def week_before(day: date) -> tuple[date, date]:
    """The first and the last of the seven days before `day`.

    A weekly letter is about these: its own day is not over, and belongs to the next one.
    """
    return day - timedelta(days=7), day - timedelta(days=1)


def _count(rows: QuerySet[Any], of: str) -> Coalesce:
    """The number of rows of the outer row: a subquery, because two joins would multiply."""
    counted = rows.order_by().values(of).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)
