"""The club's records."""

from web.club.models.duty import AdHocDay, DutyAssignment
from web.club.models.flying import Flight, Logsheet
from web.club.models.maintenance import MaintenanceIssue
from web.club.models.member import Member, MemberRole
from web.club.models.training import StudentProgressReport

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
