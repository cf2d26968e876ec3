"""The states of a run, what triggered it, and what happens to missed due times."""

from enum import StrEnum


class RunStatus(StrEnum):
    """The states of one run: two before its end, and seven ends."""

    DUE = "due"  # a scheduler has claimed its due time; its process has not begun yet
    RUNNING = "running"
    COMPLETED = "completed"  # every item was processed
    PARTIAL = "partial"  # some items failed, the others were processed
    FAILED = "failed"  # an error ended it early; what was queued before stays
    STOPPED = "stopped"  # SIGTERM or Ctrl-C; what was queued before stays
    LOST = "lost"  # its lock expired or was taken by force before it ended; or it never began
    REFUSED = "refused"  # another process was running the job
    OMITTED = "omitted"  # due on a day on which the job is not to run


class Trigger(StrEnum):
    """What started a run."""

    SCHEDULE = "schedule"
    COMMAND_LINE = "command line"
    RUN_NOW = "run now"


class Missed(StrEnum):
    """What to do about due times that passed while no scheduler ran."""

    RUN_ONCE = "run once"  # one run for all of them together
    SKIP = "skip"  # none; wait for the next due time
