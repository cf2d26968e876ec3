"""The tables and materialised views of reports."""

from web.reports.models.analytics import CachedSummary, ViewRefresh
from web.reports.models.execution import ReportDelivery, ReportScheduleExecution
from web.reports.models.recipient import ReportScheduleRecipient
from web.reports.models.schedule import ReportSchedule
from web.reports.models.school import Lesson, Progress, Student, Teacher, Tutor
from web.reports.models.views import StudentSummary, SubjectMonth, TeacherWeek, TutorWeek

__all__ = [
    "CachedSummary",
    "Lesson",
    "Progress",
    "ReportDelivery",
    "ReportSchedule",
    "ReportScheduleExecution",
    "ReportScheduleRecipient",
    "Student",
    "StudentSummary",
    "SubjectMonth",
    "Teacher",
    "TeacherWeek",
    "Tutor",
    "TutorWeek",
    "ViewRefresh",
]
