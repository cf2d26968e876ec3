"""Postroom: gets notification e-mail out of a Django site and never loses one.

The names in `__all__` are the public ones. Each is imported when it is first used, so that
`import postroom` needs no configured Django; most of the names themselves do.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from postroom.shared.version import VERSION as __version__
    from postroom.web.emails.attachment import Attachment
    from postroom.web.emails.batch import EmailBatch
    from postroom.web.emails.errors import EmailRequestError, IdempotencyConflictError
    from postroom.web.emails.service import email_service
    from postroom.web.jobs.command import JobCommand
    from postroom.web.jobs.registry import Job
    from postroom.web.notifications.declaration import notify_on_change
    from postroom.web.reporting.report import ReportType

__all__ = [
    "Attachment",
    "EmailBatch",
    "EmailRequestError",
    "IdempotencyConflictError",
    "Job",
    "JobCommand",
    "ReportType",
    "__version__",
    "email_service",
    "notify_on_change",
]

# Module and name of each; a test compares it with the imports above.
_PLACES: Final = {
    "Attachment": ("postroom.web.emails.attachment", "Attachment"),
    "EmailBatch": ("postroom.web.emails.batch", "EmailBatch"),
    "EmailRequestError": ("postroom.web.emails.errors", "EmailRequestError"),
    "IdempotencyConflictError": ("postroom.web.emails.errors", "IdempotencyConflictError"),
    "Job": ("postroom.web.jobs.registry", "Job"),
    "JobCommand": ("postroom.web.jobs.command", "JobCommand"),
    "ReportType": ("postroom.web.reporting.report", "ReportType"),
    "__version__": ("postroom.shared.version", "VERSION"),
    "email_service": ("postroom.web.emails.service", "email_service"),
    "notify_on_change": ("postroom.web.notifications.declaration", "notify_on_change"),
}

# A checkout without symbolic links (Git on Windows) has small text files in their place; the
# folders that they name lie above.
if (Path(__file__).parent / "shared").is_file():
    __path__.append(str(Path(__file__).parents[1]))


def __getattr__(name: str) -> Any:
    try:
        module, attribute = _PLACES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = globals()[name] = getattr(import_module(module), attribute)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
