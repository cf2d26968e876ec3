"""The admin pages of reports; importing this registers them."""

from postroom.web.reports.admin.execution import ExecutionAdmin
from postroom.web.reports.admin.schedule import ScheduleAdmin
from postroom.web.reports.admin.school import LessonAdmin, ProgressAdmin, StudentAdmin

__all__ = ["ExecutionAdmin", "LessonAdmin", "ProgressAdmin", "ScheduleAdmin", "StudentAdmin"]
