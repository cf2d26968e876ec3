"""The colour of each state, and how long a run took."""

from typing import Final

from postroom.web.jobs.models import JobRun
from postroom.web.jobs.status import RunStatus

# Colours of `look.badge`; "" is grey.
RUN_COLOURS: Final[dict[str, str]] = {
    RunStatus.DUE: "info",
    RunStatus.RUNNING: "primary",
    RunStatus.COMPLETED: "success",
    RunStatus.PARTIAL: "warning",
    RunStatus.FAILED: "danger",
    RunStatus.STOPPED: "",
    RunStatus.LOST: "danger",
    RunStatus.REFUSED: "",
    RunStatus.OMITTED: "",
}
JOB_COLOURS: Final = {"enabled": "success", "disabled": "", "gone": "warning"}
LOCK_COLOURS: Final = {"held": "primary", "expired": "warning"}


def took(run: JobRun) -> str:
    """`1.2 s`, or `running`, or `not started`."""
    if run.finished_at is None:
        return "running" if run.status == RunStatus.RUNNING else "not started"
    seconds = max(0.0, (run.finished_at - run.started_at).total_seconds())
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
