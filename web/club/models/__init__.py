"""The club's records."""

from postroom.web.club.models.duty import AdHocDay, DutyAssignment
from postroom.web.club.models.flying import Flight, Logsheet
from postroom.web.club.models.maintenance import MaintenanceIssue
from postroom.web.club.models.member import Member, MemberRole
from postroom.web.club.models.training import StudentProgressReport

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
