"""The admin pages of jobs; importing this registers them."""

from web.jobs.admin.lock import TaskLockAdmin
from web.jobs.admin.run import JobRunAdmin
from web.jobs.admin.scheduled import ScheduledJobAdmin

__all__ = ["JobRunAdmin", "ScheduledJobAdmin", "TaskLockAdmin"]
