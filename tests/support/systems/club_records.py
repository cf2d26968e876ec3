"""Makes the club's records for tests."""

from datetime import date
from typing import Any

from postroom.web.systems.club.models import (
    DutyAssignment,
    Logsheet,
    Member,
    MemberRole,
    StudentProgressReport,
)

Duty = DutyAssignment.Duty
Role = MemberRole.Role


def member(name: str, *roles: Role, **fields: Any) -> Member:
    """A member `ann@example.org` called Ann, with these offices."""
    made = Member.objects.create(**{"name": name, "email": f"{name.lower()}@example.org"} | fields)
    MemberRole.objects.bulk_create(MemberRole(member=made, role=role) for role in roles)
    return made


def logsheet(day: date, officer: Member | None = None, **fields: Any) -> Logsheet:
    """A logsheet that is not final."""
    return Logsheet.objects.create(
        **{"date": day, "airfield": "Riverside", "duty_officer": officer} | fields
    )


def report(due: date, instructor: Member | None, **fields: Any) -> StudentProgressReport:
    """A progress report owed to one student of the club."""
    student, _ = Member.objects.get_or_create(name="Student", email="student@example.org")
    return StudentProgressReport.objects.create(
        **{"student": student, "lesson": "Stalls", "due_date": due, "instructor": instructor}
        | fields
    )
