"""The report types of the school, one module each; nothing else lives here."""

from postroom.web.systems.school.builders import student, teacher_weekly, tutor_weekly

REPORTS = (student.REPORT, teacher_weekly.REPORT, tutor_weekly.REPORT)
