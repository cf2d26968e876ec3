"""The tables and materialised views of the school."""

from postroom.web.systems.school.models.analytics import CachedSummary, ViewRefresh
from postroom.web.systems.school.models.school import Lesson, Progress, Student, Teacher, Tutor
from postroom.web.systems.school.models.views import (
    StudentSummary,
    SubjectMonth,
    TeacherWeek,
    TutorWeek,
)

__all__ = [
    "CachedSummary",
    "Lesson",
    "Progress",
    "Student",
    "StudentSummary",
    "SubjectMonth",
    "Teacher",
    "TeacherWeek",
    "Tutor",
    "TutorWeek",
    "ViewRefresh",
]
