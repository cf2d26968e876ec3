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
    """Executions, newest first, as bars from left to right in time.

    `parts` are rectangles from the bottom up, of 100 in height and width.
    """
    highest = max((one.total for one in executions), default=0) or 1
    return [
        {
            "row": one,
            "parts": _parts(one, highest),
            # A report that was not built has no e-mails, but must be visible.
            "broken": bool(one.error),
        }
        for one in reversed(executions)
    ]


def _parts(execution: Any, highest: int) -> list[dict[str, Any]]:
    parts, top = [], 100
    for kind in ("successful", "pending", "failed"):
        height = round(getattr(execution, kind) / highest * 100)
        top -= height
        parts.append({"kind": kind, "y": top, "height": height})
    return parts
