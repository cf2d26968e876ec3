"""The tables and materialised views of reports."""

from postroom.web.reports.models.analytics import CachedSummary, ViewRefresh
from postroom.web.reports.models.execution import ReportDelivery, ReportScheduleExecution
from postroom.web.reports.models.recipient import ReportScheduleRecipient
from postroom.web.reports.models.schedule import ReportSchedule
from postroom.web.reports.models.school import Lesson, Progress, Student, Teacher, Tutor
from postroom.web.reports.models.views import StudentSummary, SubjectMonth, TeacherWeek, TutorWeek

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
