"""The admin pages of reports; importing this registers them."""

from web.reports.admin.execution import ExecutionAdmin
from web.reports.admin.schedule import ScheduleAdmin
from web.reports.admin.school import LessonAdmin, ProgressAdmin, StudentAdmin

__all__ = ["ExecutionAdmin", "LessonAdmin", "ProgressAdmin", "ScheduleAdmin", "StudentAdmin"]
