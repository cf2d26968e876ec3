"""The errors of report schedules.

    ReportingError
    ├── RecipientError        this user cannot become a recipient
    ├── ReportsFailedError    some reports of a run could not be built
    └── TestNotSentError      a test e-mail could not be sent

RecipientError is a ValueError as well, ReportsFailedError a CommandError.
"""

from django.core.management.base import CommandError


class ReportingError(Exception):
    """The base of all."""


class RecipientError(ReportingError, ValueError):
    """This user cannot be added; the message says why."""


class ReportsFailedError(ReportingError, CommandError):
    """Some reports could not be built; the e-mails of all others are queued."""


class TestNotSentError(ReportingError):
    """The test could not be sent; the message says why, for the user."""
