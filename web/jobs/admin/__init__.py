"""The admin pages of jobs; importing this package registers them."""

from postroom.web.jobs.admin.lock import TaskLockAdmin
from postroom.web.jobs.admin.run import JobRunAdmin
from postroom.web.jobs.admin.scheduled import ScheduledJobAdmin

__all__ = ["JobRunAdmin", "ScheduledJobAdmin", "TaskLockAdmin"]
