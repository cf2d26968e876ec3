"""The admin pages of reports; importing this package registers them."""

from postroom.web.reporting.admin.execution import ExecutionAdmin
from postroom.web.reporting.admin.schedule import ScheduleAdmin

__all__ = ["ExecutionAdmin", "ScheduleAdmin"]
