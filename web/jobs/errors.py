"""The errors of the job engine.

    JobEngineError
    ├── CronError        not a cron expression, or one that is never due
    ├── JobError         a job is declared wrongly
    ├── LockLostError    the lock of a run expired or was taken by force
    ├── SkipDaysError    a calendar of days to skip cannot be used
    └── WebhookError     a webhook did not take the outcome of a run

CronError, JobError and SkipDaysError are ValueErrors as well.
"""


class JobEngineError(Exception):
    """The base of all."""


class CronError(JobEngineError, ValueError):
    """The text is not a cron expression, or it is never due."""


class JobError(JobEngineError, ValueError):
    """A job is declared wrongly; the message names it and says what to change."""


class LockLostError(JobEngineError):
    """This process no longer holds the lock: it expired, or was taken by force."""


class SkipDaysError(JobEngineError, ValueError):
    """A calendar of days to skip cannot be used; the message names it and says why."""


class WebhookError(JobEngineError):
    """The webhook did not take the text; the message says why, without the URL."""
