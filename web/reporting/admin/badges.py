"""The colours of frequencies and states, and the chart of the history."""

from typing import Any, Final

from django.utils import timezone

from postroom.web.dates import number

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


_FEW: Final = 6  # bars that each have room for a date


def chart(executions: list[Any]) -> dict[str, Any]:
    """Executions, newest first, as bars from left to right in time, with both axes.

    `parts` of a bar are rectangles from the bottom up, of 100 in height and width. `axis`: what
    is written beside it, from the most e-mails of a run to 0, with half of them where that is a
    whole number. `times`: what is written below, of the first and the last bar, or of each if they
    are `few`; `clock`: with the time of day, because all have one date.
    """
    rows = executions[::-1]
    top = max((one.total for one in rows), default=0) or 1
    times = [timezone.localtime(one.started_at) for one in rows]
    few = len(times) <= _FEW
    return {
        "bars": [
            {
                "row": one,
                "parts": _parts(one, top),
                # A report that was not built has no e-mails, but must be visible.
                "broken": bool(one.error),
            }
            for one in rows
        ],
        "axis": [number(one) for one in ((top, top // 2, 0) if top % 2 == 0 else (top, 0))],
        "times": times if few else [times[0], times[-1]],
        "few": few,
        "clock": len(times) > 1 and times[0].date() == times[-1].date(),
    }


def _parts(execution: Any, highest: int) -> list[dict[str, Any]]:
    parts, top = [], 100
    for kind in ("successful", "pending", "failed"):
        height = round(getattr(execution, kind) / highest * 100)
        top -= height
        parts.append({"kind": kind, "y": top, "height": height})
    return parts
