"""Each job of the club with nothing, and with ten thousand rows."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from postroom.web.jobs.models import JobRun
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
from tests.support.job_runs import TODAY, queued, run_job
from tests.support.systems.club_records import Duty, Role

pytestmark = pytest.mark.django_db
MANY, PEOPLE = 10_000, 100
DAY = timedelta(days=1)
JOBS = (
    "notify_aging_logsheets", "send_duty_preop_emails", "expire_ad_hoc_days", "notify_late_sprs",
    "send_maintenance_digest", "report_duty_delinquents",
)  # fmt: skip


def people(count: int = PEOPLE, *roles: Role, every: int = 1) -> list[Member]:
    """Members; one of `every` so many has an address."""
    made = Member.objects.bulk_create(
        Member(name=f"Member {n}", email="" if n % every else f"m{n}@example.org")
        for n in range(count)
    )
    MemberRole.objects.bulk_create(MemberRole(member=m, role=r) for m in made for r in roles)
    return made


def many_logsheets() -> None:
    officers = people()
    Logsheet.objects.bulk_create(
        Logsheet(date=TODAY - (7 + n % 300) * DAY, airfield="A", duty_officer=officers[n % PEOPLE])
        for n in range(MANY)
    )


def many_duty_officers() -> None:
    DutyAssignment.objects.bulk_create(
        DutyAssignment(date=TODAY + DAY, duty=Duty.DUTY_OFFICER, member=member)
        for member in people(MANY, every=100)
    )


def many_interested_members() -> None:
    day = AdHocDay.objects.create(date=TODAY + DAY)
    day.interested.set(people(MANY, every=100))


def many_reports() -> None:
    instructors = people(MANY, every=100)
    StudentProgressReport.objects.bulk_create(
        StudentProgressReport(
            student=instructors[0], lesson="L", due_date=TODAY - 7 * DAY, instructor=instructor
        )
        for instructor in instructors
    )


def many_issues() -> None:
    people(PEOPLE, Role.MAINTENANCE)
    MaintenanceIssue.objects.bulk_create(
        MaintenanceIssue(aircraft=f"G-{n}", description="Worn", reported_on=TODAY)
        for n in range(MANY)
    )


def many_delinquents() -> None:
    people(PEOPLE, Role.BOARD)
    sheet = Logsheet.objects.create(date=TODAY - DAY, airfield="A", final=True)
    Flight.objects.bulk_create(
        Flight(logsheet=sheet, pilot=pilot, aircraft="G-X", minutes=9)
        for pilot in people(MANY, every=MANY)
    )


@pytest.mark.parametrize("job", JOBS)
def test_empty_club_sends_nothing(job: str) -> None:
    run_job(job)
    assert queued() == []
    assert (JobRun.objects.get().status, JobRun.objects.get().found) == ("completed", 0)


@pytest.mark.parametrize(
    ("job", "fill"),
    [*zip(JOBS, (
        many_logsheets, many_duty_officers, many_interested_members, many_reports, many_issues,
        many_delinquents,
    ), strict=True)],
)  # fmt: skip
def test_ten_thousand_rows_reach_the_hundred_people_with_an_address(
    job: str, fill: Callable[[], None]
) -> None:
    fill()
    run_job(job)
    run = JobRun.objects.get()
    assert (run.status, run.queued, run.failed) == ("completed", PEOPLE, 0)
    assert run.found in (MANY, 1)  # one ad-hoc day, ten thousand of everything else
    assert len(queued()) == PEOPLE
