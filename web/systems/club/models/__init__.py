"""The club's records."""

from postroom.web.systems.club.models.duty import AdHocDay, DutyAssignment
from postroom.web.systems.club.models.flying import Flight, Logsheet
from postroom.web.systems.club.models.maintenance import MaintenanceIssue
from postroom.web.systems.club.models.member import Member, MemberRole
from postroom.web.systems.club.models.training import StudentProgressReport

__all__ = [
    "AdHocDay",
    "DutyAssignment",
    "Flight",
    "Logsheet",
    "MaintenanceIssue",
    "Member",
    "MemberRole",
    "StudentProgressReport",
]
