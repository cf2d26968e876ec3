"""Logs what the system checks of Postroom find, in processes that Django itself does not check."""

from typing import Final

from django.core import checks

from postroom.shared.telemetry.logs import logger

log = logger("postroom.web.checks")

# Checks with this tag are cheap: they load no pages and query no database.
TAG: Final = "postroom"


def log_findings() -> None:
    """Log each finding; never stops a process, and never raises."""
    try:
        found = checks.run_checks(tags=[TAG])
    except Exception:
        log.exception("system_checks_failed")
        return
    for message in found:
        report = log.error if message.is_serious() else log.warning
        report("system_check", id=message.id, problem=message.msg, hint=message.hint)
