"""The tables of the job engine."""

from postroom.web.jobs.models.deleted import DeletedRuns
from postroom.web.jobs.models.lock import TaskLock
from postroom.web.jobs.models.run import JobRun
from postroom.web.jobs.models.scheduled import ScheduledJob

__all__ = ["DeletedRuns", "JobRun", "ScheduledJob", "TaskLock"]
