"""The tables of the job engine."""

from web.jobs.models.lock import TaskLock
from web.jobs.models.run import JobRun
from web.jobs.models.scheduled import ScheduledJob

__all__ = ["JobRun", "ScheduledJob", "TaskLock"]
