"""The colours of frequencies and states, and the bars of the history."""

from typing import Any, Final

# Colours of `look.badge`: green, blue, purple.
FREQUENCY_COLOURS: Final = {
    "daily": "success",
    "weekly": "info",
    "monthly": "primary",
    "cron": "warning",
}
STATE_COLOURS: Final = {"active": "success", "inactive": "danger", "stuck": "warning"}
STATUS_COLOURS: Final = {
    "started": "info",
    "completed": "success",
    "partial": "warning",
    "failed": "danger",
}


def bars(executions: list[Any]) -> list[dict[str, Any]]:
    """Executions, newest first, as bars from left to right in time; heights are 0 to 100."""
    highest = max((one.total for one in executions), default=0) or 1
    return [
        {
            "row": one,
            "sent": round(one.successful / highest * 100),
            "failed": round(one.failed / highest * 100),
            "pending": round(one.pending / highest * 100),
            # A report that was not built has no e-mails, but must be visible.
            "broken": bool(one.error),
        }
        for one in reversed(executions)
    ]
